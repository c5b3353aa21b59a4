/**
 * Secrets that the platform must be able to show to a meter: its keys and passwords, each wrapped, under a reference. A folder of up to 256
 * small files, by the hash of the reference, each replaced as a whole: several processes read while one writes, and nobody has to
 * be stopped. Writing and reading are two things here: who may put a secret (the gateway, the command line) is not handed what reads one.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../checkpoint.js';
import type { Clock } from '../clock.js';
import type { Disk } from '../disk.js';
import { ConfigError, DamagedFileError, WireError } from '../errors.js';
import { type DirectoryLock, lockDirectory } from '../lock-directory.js';
import type { SettingsTable } from '../settings.js';
import { type Keyring, wrappedBy } from './keyring.js';

/** The row of everybody who puts or uses secrets. The platform of one machine shares one folder. */
export const SECRETS_SETTINGS = {
  secretsFolder: {
    name: 'CONTOR_SECRETS',
    kind: 'path',
    optional: true,
    about:
      'Folder of the wrapped keys and passwords of meters, shared by gateway and agents. Default: in the data folder',
  },
} as const satisfies SettingsTable;

/** What everybody with the right to look may know of a secret. */
export interface SecretEntry {
  readonly reference: string;
  readonly keyId: string;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

export interface SecretStore {
  /** Durable when it resolves. */
  put(reference: string, value: Uint8Array): Promise<void>;
  /** Many at once: each file is written once. */
  putAll(secrets: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** False when there was none. */
  remove(reference: string): Promise<boolean>;
  /** By reference. Never a value. */
  list(): Promise<readonly SecretEntry[]>;
  /** Wraps everything with the newest key; the number of secrets that had an older one. */
  rewrap(): Promise<number>;
}

/** For agents only: the one place where a value comes out. */
export interface SecretReader {
  use(reference: string): Promise<Uint8Array | undefined>;
}

export interface SecretStoreOptions {
  readonly folder: string;
  readonly keyring: Keyring;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Keeps other writers away. Default: the lock of a folder of its own below `folder`. */
  readonly lock?: () => Promise<DirectoryLock>;
}

const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
/** Keys are 16 to 64 bytes, a private key in PEM a few thousand. */
export const MOST_SECRET_BYTES = 16 * 1024;
const FORMAT = 1;
const SHARDS = 256;
const SUFFIX = '.secrets';
/** Somebody else writes for a few milliseconds at most, or wraps a large store anew for a few seconds. */
const LOCK_TRIES = 500;
const LOCK_PAUSE_MS = 20;
/** A changed secret is used after so long at most; an agent with a thousand meters does not read a file for each frame. */
const CACHED_FOR_MS = 5_000;

interface Kept {
  readonly sealed: string;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}
type Shard = Map<string, Kept>;

export function openSecretStore(options: SecretStoreOptions): SecretStore {
  const { folder, keyring, disk, clock } = options;
  const takeLock = options.lock ?? (() => lockDirectory(join(folder, 'writing')));
  let queue: Promise<unknown> = Promise.resolve();

  /** One writer at a time: here by the queue, between processes by the lock. */
  function writing<T>(work: () => Promise<T>): Promise<T> {
    const mine = queue.then(async () => {
      await disk.makeDirectory(folder);
      const lock = await patiently(takeLock, clock);
      try {
        return await work();
      } finally {
        await lock.release();
      }
    });
    queue = mine.catch(() => undefined);
    return mine;
  }

  async function change(shard: string, edit: (kept: Shard) => boolean): Promise<void> {
    const file = fileOf(disk, folder, shard);
    const kept = await readShard(file);
    if (edit(kept)) await file.write(encode(kept));
  }

  function putAll(secrets: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const [reference, value] of secrets) check(reference, value);
    const shards = new Map<string, [string, Uint8Array][]>();
    for (const secret of secrets) {
      const shard = shardOf(secret[0]);
      const together = shards.get(shard);
      if (together === undefined) shards.set(shard, [secret]);
      else together.push(secret);
    }
    return writing(async () => {
      const nowMs = clock.nowMs();
      for (const [shard, together] of shards)
        await change(shard, (kept) => {
          for (const [reference, value] of together) {
            const createdAtMs = kept.get(reference)?.createdAtMs ?? nowMs;
            kept.set(reference, { sealed: keyring.wrap(nameOf(reference), value), createdAtMs, changedAtMs: nowMs });
          }
          return true;
        });
    });
  }

  return {
    put: (reference, value) => putAll(new Map([[reference, value]])),
    putAll,
    async remove(reference) {
      let wasThere = false;
      await writing(() =>
        change(shardOf(reference), (kept) => {
          wasThere = kept.delete(reference);
          return wasThere;
        }),
      );
      return wasThere;
    },
    async list() {
      const entries: SecretEntry[] = [];
      for (const shard of await shardsIn(disk, folder))
        for (const [reference, { sealed, createdAtMs, changedAtMs }] of await readShard(fileOf(disk, folder, shard)))
          entries.push({ reference, keyId: wrappedBy(sealed) ?? '', createdAtMs, changedAtMs });
      return entries.sort((a, b) => (a.reference < b.reference ? -1 : 1));
    },
    rewrap: () =>
      writing(async () => {
        let renewed = 0;
        for (const shard of await shardsIn(disk, folder))
          await change(shard, (kept) => {
            const before = renewed;
            for (const [reference, secret] of kept) {
              const sealed = keyring.rewrap(nameOf(reference), secret.sealed);
              if (sealed === secret.sealed) continue;
              kept.set(reference, { ...secret, sealed });
              renewed += 1;
            }
            return renewed > before;
          });
        return renewed;
      }),
  };
}

export function openSecretReader({ folder, keyring, disk, clock }: SecretStoreOptions): SecretReader {
  const cache = new Map<string, { readonly untilMs: number; readonly kept: Promise<Shard> }>();
  return {
    async use(reference) {
      if (!REFERENCE.test(reference)) return undefined;
      const shard = shardOf(reference);
      const cached = cache.get(shard);
      const isFresh = cached !== undefined && cached.untilMs > clock.monotonicMs();
      const kept = isFresh ? cached.kept : readShard(fileOf(disk, folder, shard));
      if (!isFresh) {
        cache.set(shard, { kept, untilMs: clock.monotonicMs() + CACHED_FOR_MS });
        kept.catch(() => cache.delete(shard));
      }
      const sealed = (await kept).get(reference)?.sealed;
      return sealed === undefined ? undefined : keyring.unwrap(nameOf(reference), sealed);
    },
  };
}

/** What a caller may send as the name of a secret. */
export function isSecretReference(text: string): boolean {
  return REFERENCE.test(text);
}

function check(reference: string, value: Uint8Array): void {
  if (!REFERENCE.test(reference))
    throw new WireError(
      'secret.reference',
      'A reference is up to 128 letters, digits, dots, colons, hyphens, underscores.',
    );
  if (value.byteLength === 0 || value.byteLength > MOST_SECRET_BYTES)
    throw new WireError('secret.size', `A secret has 1 to ${MOST_SECRET_BYTES} bytes.`, { bytes: value.byteLength });
}

function nameOf(reference: string): string {
  return `secret ${reference}`;
}

function shardOf(reference: string): string {
  const [first = 0] = createHash('sha256').update(reference).digest();
  return (first % SHARDS).toString(16).padStart(2, '0');
}

async function shardsIn(disk: Disk, folder: string): Promise<readonly string[]> {
  const names = await disk.list(folder);
  return names.flatMap((name) => (/^[0-9a-f]{2}\.secrets$/.test(name) ? [name.slice(0, -SUFFIX.length)] : []));
}

function fileOf(disk: Disk, folder: string, shard: string): Checkpoint {
  return openCheckpoint({ disk, path: join(folder, shard + SUFFIX) });
}

async function readShard(file: Checkpoint): Promise<Shard> {
  const bytes = await file.read();
  if (bytes === undefined) return new Map();
  const { format, secrets } = JSON.parse(new TextDecoder().decode(bytes)) as {
    readonly format: number;
    readonly secrets: Readonly<Record<string, Kept>>;
  };
  if (format !== FORMAT)
    throw new DamagedFileError('secret.format', `Secrets of format ${format} are of a newer version of this program.`);
  return new Map(Object.entries(secrets));
}

function encode(kept: Shard): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: FORMAT, secrets: Object.fromEntries(kept) }));
}

async function patiently(take: () => Promise<DirectoryLock>, clock: Clock): Promise<DirectoryLock> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await take();
    } catch (error) {
      const isBusy = error instanceof ConfigError && error.code === 'config.in-use';
      if (!isBusy || tries >= LOCK_TRIES) throw error;
      await clock.sleep(LOCK_PAUSE_MS);
    }
  }
}
