/**
 * Who may report over HTTP: one password for each device or hub, kept as a salted hash in the agent's data folder. Passwords are made here and
 * have 128 random bits, which no number of guesses reaches, so that a fast hash is enough and ten thousand meters come back in a second.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { type Clock, type Disk, type Logger, openCheckpoint, readWhole, realDisk, type Timer } from '@contor/kit';

export interface HttpCredential {
  readonly apiKey: string;
  /** The device id, or the name of a hub. */
  readonly username: string;
  /** Devices of the same api key a hub may speak for; absent: it is a device and speaks for itself. */
  readonly speaksFor?: readonly string[] | 'all' | undefined;
}

interface Kept extends HttpCredential {
  readonly salt: string;
  readonly digest: string;
}

export interface HttpCredentials {
  /** Undefined: nobody, or a wrong password. */
  find(apiKey: string, authorization: string | undefined): HttpCredential | undefined;
  close(): void;
}

const FILE = 'http-credentials';
const FORMAT = 1;
const PASSWORD_BYTES = 16;
const SALT_BYTES = 16;
/** A withdrawn password works so much longer at most. */
const LOOK_EVERY_MS = 5_000;
/** Base64 of a name and a password of ours, with room; nothing longer is decoded. */
const LONGEST_AUTHORIZATION = 400;
/** Compared with when there is no such name, so that names cannot be told apart by how long a refusal takes. */
const NOBODY: Kept = { apiKey: '', username: '', salt: '', digest: digestOf('', '').toString('base64') };

/** Adds credentials, or replaces those of the same name; a running agent takes them within seconds. The passwords, in order. */
export async function addHttpCredentials(
  dataFolder: string,
  wanted: readonly HttpCredential[],
  disk: Disk = realDisk(),
): Promise<readonly string[]> {
  await disk.makeDirectory(dataFolder);
  const file = openCheckpoint({ disk, path: join(dataFolder, FILE) });
  const all = readAll(await file.read());
  const passwords = wanted.map((credential) => {
    const password = randomBytes(PASSWORD_BYTES).toString('base64url');
    const salt = randomBytes(SALT_BYTES).toString('base64');
    const kept: Kept = { ...credential, salt, digest: digestOf(password, salt).toString('base64') };
    all.set(keyOf(credential), kept);
    return password;
  });
  await file.write(encode(all));
  return passwords;
}

/** True when there was one. */
export async function removeHttpCredential(
  dataFolder: string,
  credential: Pick<HttpCredential, 'apiKey' | 'username'>,
  disk: Disk = realDisk(),
): Promise<boolean> {
  const file = openCheckpoint({ disk, path: join(dataFolder, FILE) });
  const all = readAll(await file.read());
  const wasThere = all.delete(keyOf(credential));
  if (wasThere) await file.write(encode(all));
  return wasThere;
}

export async function openHttpCredentials(
  dataFolder: string,
  { disk, clock, log }: { readonly disk: Disk; readonly clock: Clock; readonly log: Logger },
): Promise<HttpCredentials> {
  const path = join(dataFolder, FILE);
  const file = openCheckpoint({ disk, path });
  let raw = await readWhole(disk, path);
  let known = readAll(await file.read());
  let timer: Timer | undefined;

  async function look(): Promise<void> {
    const now = await readWhole(disk, path);
    if (now === raw || (now !== undefined && raw !== undefined && Buffer.compare(now, raw) === 0)) return;
    known = readAll(await file.read());
    raw = now;
    log.info({ credentials: known.size }, 'The credentials of devices over HTTP were read anew.');
  }
  const lookRegularly = (): void => {
    timer = clock.after(LOOK_EVERY_MS, () => {
      look()
        .catch((error: unknown) => log.error({ error }, 'The credentials over HTTP cannot be read: the old ones stay.'))
        .finally(() => timer && lookRegularly());
    });
  };
  lookRegularly();

  return {
    find(apiKey, authorization) {
      const given = basic(authorization);
      const kept = given === undefined ? undefined : known.get(keyOf({ apiKey, username: given.username }));
      const { salt, digest } = kept ?? NOBODY;
      const isRight = timingSafeEqual(digestOf(given?.password ?? '', salt), Buffer.from(digest, 'base64'));
      return isRight ? kept : undefined;
    },
    close() {
      timer?.cancel();
      timer = undefined;
    },
  };
}

export function maySpeakFor({ username, speaksFor }: HttpCredential, deviceId: string): boolean {
  if (speaksFor === undefined) return username === deviceId;
  return speaksFor === 'all' || speaksFor.includes(deviceId);
}

/** RFC 7617. */
function basic(authorization = ''): { readonly username: string; readonly password: string } | undefined {
  if (authorization.length > LONGEST_AUTHORIZATION || !/^basic /i.test(authorization)) return undefined;
  const text = Buffer.from(authorization.slice('basic '.length), 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function digestOf(password: string, salt: string): Buffer {
  return createHash('sha256').update(salt).update(password).digest();
}

function keyOf({ apiKey, username }: Pick<HttpCredential, 'apiKey' | 'username'>): string {
  return `${apiKey}/${username}`;
}

function readAll(bytes: Uint8Array | undefined): Map<string, Kept> {
  if (bytes === undefined) return new Map();
  const { credentials } = JSON.parse(new TextDecoder().decode(bytes)) as { credentials: Kept[] };
  return new Map(credentials.map((kept) => [keyOf(kept), kept]));
}

function encode(all: ReadonlyMap<string, Kept>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, credentials: [...all.values()] }));
}
