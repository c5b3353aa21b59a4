/**
 * A key for each person (or customer, or site) the trail holds something about, kept apart from the trail. Erasing somebody destroys their
 * key: the records stay, and the chain with them, but what identified that person can be read by nobody any more.
 *
 * The keys stand in small files by the hash of the subject, each replaced as a whole, so that a destroyed key is in no file
 * that we keep; each is wrapped by the master key, so that what a disk may still hold of a replaced file is not a key either.
 */

import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Checkpoint, type Disk, type Keyring, type Logger, openCheckpoint, wrappedBy } from '@contor/kit';

export interface SubjectKey {
  /** Tells a key from one that the same subject had before it was erased. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

export interface SubjectKeys {
  /** The key to write with; made, and durable, when there is none. */
  take(subject: string): Promise<SubjectKey>;
  /** The key to read with. `erased`: it was destroyed. `lost`: it is not there, and nobody asked for that. */
  find(subject: string, id: string): Promise<Uint8Array | 'erased' | 'lost'>;
  /** Destroyed, also on disk, when it resolves. False when there was no key. */
  erase(subject: string, atMs: number): Promise<boolean>;
  /** Wraps what an older master key wrapped with the newest; answers how many. */
  rewrap(): Promise<number>;
}

export interface SubjectKeysParts {
  readonly disk: Disk;
  readonly folder: string;
  readonly keyring: Keyring;
  readonly log: Logger;
}

/** For whoever reads a trail without being allowed to know who is in it. */
export const NO_KEYS: Pick<SubjectKeys, 'find'> = { find: () => Promise.resolve('lost') };

const SHARDS = 256;
const FORMAT = 1;
const KEY_BYTES = 32;
/** Names of keys, not secrets: enough that two of one subject are never the same. */
const ID_BYTES = 6;
/** Unwrapped keys in memory, some 200 bytes each: who was seen or listed of late. */
const MOST_CACHED = 2_000;

/** What a file holds of a subject. Where somebody was erased, that stays. */
interface Kept {
  readonly id?: string;
  readonly wrapped?: string;
  readonly erased?: readonly { readonly id: string; readonly atMs: number }[];
}
type Shard = Map<string, Kept>;

export async function openSubjectKeys({ disk, folder, keyring, log }: SubjectKeysParts): Promise<SubjectKeys> {
  await disk.makeDirectory(folder);
  const cache = new Map<string, SubjectKey>();
  let queue: Promise<unknown> = Promise.resolve();

  /** One at a time: a shard is read, changed and replaced. Keys are made once in the life of a subject. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = queue.then(work);
    queue = mine.catch(() => undefined);
    return mine;
  }

  function fileOf(shard: string): Checkpoint {
    const onDamaged = (keptAs: string) =>
      log.error(
        { keptAs },
        'Keys of the audit trail are damaged: restore them from a backup, or names stay unreadable.',
      );
    return openCheckpoint({ disk, path: join(folder, `${shard}.keys`), onDamaged });
  }

  function remember(subject: string, key: SubjectKey): SubjectKey {
    cache.delete(subject);
    cache.set(subject, key);
    const [oldest] = cache.keys();
    if (cache.size > MOST_CACHED && oldest !== undefined) cache.delete(oldest);
    return key;
  }

  async function load(subject: string): Promise<Kept | undefined> {
    const kept = (await readShard(fileOf(shardOf(subject)))).get(subject);
    if (kept?.wrapped === undefined || kept.id === undefined) return kept;
    remember(subject, { id: kept.id, bytes: keyring.unwrap(nameOf(subject), kept.wrapped) });
    return kept;
  }

  async function make(subject: string): Promise<SubjectKey> {
    const file = fileOf(shardOf(subject));
    const shard = await readShard(file);
    const key = { id: randomBytes(ID_BYTES).toString('hex'), bytes: new Uint8Array(randomBytes(KEY_BYTES)) };
    shard.set(subject, { ...shard.get(subject), id: key.id, wrapped: keyring.wrap(nameOf(subject), key.bytes) });
    await file.write(encode(shard));
    return remember(subject, key);
  }

  return {
    async take(subject) {
      return (
        cache.get(subject) ??
        inTurn(async () => {
          if (!cache.has(subject)) await load(subject);
          return cache.get(subject) ?? make(subject);
        })
      );
    },
    async find(subject, id) {
      const cached = cache.get(subject);
      if (cached?.id === id) return cached.bytes;
      return inTurn(async () => {
        const kept = await load(subject);
        if (kept?.id === id) return cache.get(subject)?.bytes ?? 'lost';
        return kept?.erased?.some((key) => key.id === id) ? 'erased' : 'lost';
      });
    },
    erase: (subject, atMs) =>
      inTurn(async () => {
        const file = fileOf(shardOf(subject));
        const shard = await readShard(file);
        const { id, erased = [] } = shard.get(subject) ?? {};
        if (id === undefined) return false;
        shard.set(subject, { erased: [...erased, { id, atMs }] });
        await file.write(encode(shard));
        cache.delete(subject);
        return true;
      }),
    rewrap: () =>
      inTurn(async () => {
        let renewed = 0;
        for (const name of await disk.list(folder)) {
          if (!/^[0-9a-f]{2}\.keys$/.test(name)) continue;
          const file = fileOf(name.slice(0, 2));
          const shard = await readShard(file);
          const older = [...shard].filter(
            ([, { wrapped }]) => wrapped !== undefined && wrappedBy(wrapped) !== keyring.keyId,
          );
          for (const [subject, kept] of older)
            shard.set(subject, { ...kept, wrapped: keyring.rewrap(nameOf(subject), kept.wrapped ?? '') });
          if (older.length > 0) await file.write(encode(shard));
          renewed += older.length;
        }
        return renewed;
      }),
  };
}

function shardOf(subject: string): string {
  const [first = 0] = createHash('sha256').update(subject).digest();
  return (first % SHARDS).toString(16).padStart(2, '0');
}

/** Authenticated with the wrapped key: it does not open under the name of another subject. */
function nameOf(subject: string): string {
  return `audit subject ${subject}`;
}

async function readShard(file: Checkpoint): Promise<Shard> {
  const bytes = await file.read();
  if (bytes === undefined) return new Map();
  const { format, keys } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
    format: number;
    keys: [string, Kept][];
  };
  return format === FORMAT ? new Map(keys) : new Map();
}

function encode(shard: Shard): Uint8Array {
  return Buffer.from(JSON.stringify({ format: FORMAT, keys: [...shard] }), 'utf8');
}
