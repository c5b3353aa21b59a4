/**
 * The credentials as the running broker sees them: read at start, read again when the file changes, passwords checked without
 * paying for scrypt twice.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Clock, Logger, Timer } from '@contor/kit';
import { Access } from './access.js';
import { type Credential, credentialsFile, readCredentials } from './credentials.js';
import { isPassword, type PasswordHash } from './password.js';

export interface Admitted {
  readonly credential: Credential;
  readonly access: Access;
}

/** A look at the file's stamp is all it takes, and it works on every file system; notifications do not. */
const LOOK_EVERY_MS = 500;
/** Checked against when the username is unknown, so that an unknown name takes as long to refuse as a known one. */
const NOBODY: PasswordHash = { kind: 'sha256', salt: '', digest: Buffer.alloc(32).toString('base64') };

export interface GatekeeperOptions {
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the usernames whose credential has changed or gone. */
  readonly onChanged: (usernames: ReadonlySet<string>) => void;
}

export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  /** Proofs of passwords that have passed scrypt once, worthless outside this process. */
  readonly #key = randomBytes(32);
  readonly #proofs = new Map<string, Buffer>();
  #admitted = new Map<string, Admitted>();
  #stamp = '';
  #timer: Timer | undefined;
  #isStopped = false;

  private constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  static async open(options: GatekeeperOptions): Promise<Gatekeeper> {
    const gatekeeper = new Gatekeeper(options);
    gatekeeper.#stamp = await stampOf(options.dataFolder);
    gatekeeper.#admitted = admit(await readCredentials(options.dataFolder));
    gatekeeper.#lookLater();
    return gatekeeper;
  }

  get size(): number {
    return this.#admitted.size;
  }

  find(username: string): Admitted | undefined {
    return this.#admitted.get(username);
  }

  async check(username: string, password: string): Promise<Admitted | undefined> {
    const admitted = this.#admitted.get(username);
    const hash = admitted?.credential.hash ?? NOBODY;
    const proof = createHmac('sha256', this.#key).update(password).digest();
    const known = this.#proofs.get(username);
    if (admitted !== undefined && known !== undefined && timingSafeEqual(known, proof)) return admitted;
    if (!(await isPassword(password, hash)) || admitted === undefined) return undefined;
    // The file may have changed while scrypt was at work.
    if (this.#admitted.get(username) !== admitted) return undefined;
    if (hash.kind === 'scrypt') this.#proofs.set(username, proof);
    return admitted;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => {
      this.#look().then(
        () => this.#lookLater(),
        (error: unknown) => {
          // The old credentials stay in force: a half-restored file must not lock out a city.
          this.#options.log.error(
            { error },
            'The credentials file cannot be read; the credentials read before stay in force.',
          );
          this.#lookLater();
        },
      );
    });
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.#options.dataFolder);
    if (stamp === this.#stamp) return;
    const before = this.#admitted;
    this.#stamp = stamp;
    const now = admit(await readCredentials(this.#options.dataFolder), before);
    this.#admitted = now;
    const changed = new Set([...before.keys()].filter((username) => before.get(username) !== now.get(username)));
    for (const username of changed) this.#proofs.delete(username);
    this.#options.log.info(
      { credentials: now.size, changed: changed.size },
      'The credentials file has been read again.',
    );
    if (changed.size > 0) this.#options.onChanged(changed);
  }
}

/** Unchanged credentials keep their object, so that "changed" is a comparison of identities. */
function admit(credentials: Map<string, Credential>, before = new Map<string, Admitted>()): Map<string, Admitted> {
  return new Map(
    [...credentials].map(([username, credential]) => {
      const known = before.get(username);
      const isSame = known !== undefined && JSON.stringify(known.credential) === JSON.stringify(credential);
      return [username, isSame ? known : { credential, access: new Access(credential.rules, credential) }];
    }),
  );
}

async function stampOf(dataFolder: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(credentialsFile(dataFolder));
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return 'none';
  }
}
