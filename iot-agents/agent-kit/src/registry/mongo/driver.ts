/** The shared store over the `mongodb` driver, which is loaded only where a database is configured: it takes time and memory that one machine need not spend. */

import { ConfigError, isLoopback, type Logger } from '@contor/kit';
import type { Collection as DriverCollection, MongoClientOptions, MongoOptions as MongoOptionsRead } from 'mongodb';
import { COLLECTIONS, type Collection, databaseAway, type SharedStore, type StoredDocument } from './store.js';

export interface MongoStoreOptions {
  /** `mongodb://…` or `mongodb+srv://…`; names the database, else it is `contor`. */
  readonly url: string;
  /** Before the names of the collections: agents that share a database do not share devices. */
  readonly prefix: string;
  readonly log: Logger;
}

interface Row {
  _id: string;
  text: string;
  atMs: number;
}

const DATABASE = 'contor';
const URL_FORM = /^mongodb(\+srv)?:\/\//;
/** Half of a lease: whoever waits longer for an answer has lost it meanwhile. */
const ANSWER_MS = 4_000;
/** The loops of one replica are three, and writing is batched. */
const MOST_CONNECTIONS = 5;
const DUPLICATE_KEY = 11_000;

/** In every spelling the driver understands: it looks at neither case. */
const LAX = /[?&](tlsInsecure|tlsAllowInvalid(Certificates|Hostnames))=/i;

/**
 * Writes count when a majority has them on disk, so that no election takes a lease back. The driver does not repeat a write by itself: servers of
 * others cannot tell the second from the first, and our own repeating is harmless because an id is taken once.
 */
const OPTIONS: MongoClientOptions = {
  appName: 'contor',
  retryWrites: false,
  readPreference: 'primary',
  writeConcern: { w: 'majority', journal: true, wtimeoutMS: ANSWER_MS },
  serverSelectionTimeoutMS: ANSWER_MS,
  connectTimeoutMS: ANSWER_MS,
  socketTimeoutMS: ANSWER_MS,
  maxPoolSize: MOST_CONNECTIONS,
};

export async function openMongoStore({ url, prefix, log }: MongoStoreOptions): Promise<SharedStore> {
  if (!URL_FORM.test(url)) throw wrongUrl('is not an address of MongoDB');
  const { MongoClient } = await import('mongodb');
  const client = understood(() => new MongoClient(url, OPTIONS));
  checkProtected(url, client.options);
  const database = client.db(client.options.dbName === 'test' ? DATABASE : client.options.dbName);
  const rows = Object.fromEntries(COLLECTIONS.map((name) => [name, database.collection<Row>(`${prefix}_${name}`)]));
  const of = (name: Collection) => rows[name] as DriverCollection<Row>;
  const asking = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw databaseAway(error);
    }
  };
  try {
    await client.connect();
    await database.command({ ping: 1 });
  } catch (error) {
    await client.close().catch(() => undefined);
    throw databaseAway(error);
  }
  log.info({ prefix }, 'Devices are shared with other replicas through a database.');
  return {
    async insert(collection, { id, text, atMs }) {
      try {
        await of(collection).insertOne({ _id: id, text, atMs });
        return true;
      } catch (error) {
        if (isDuplicate(error)) return false;
        throw databaseAway(error);
      }
    },
    get: (collection, id) => asking(async () => toDocument(await of(collection).findOne({ _id: id }))),
    newest: (collection) => asking(async () => toDocument(await of(collection).findOne({}, { sort: { _id: -1 } }))),
    list: (collection, from, limit) =>
      asking(async () => {
        const found = await of(collection)
          .find({ _id: { $gte: from } }, { sort: { _id: 1 }, limit })
          .toArray();
        return found.map((row) => document(row));
      }),
    remove: (collection, id) => asking(async () => void (await of(collection).deleteOne({ _id: id }))),
    removeBelow: (collection, id) => asking(async () => void (await of(collection).deleteMany({ _id: { $lt: id } }))),
    removeOlder: (collection, atMs) =>
      asking(async () => void (await of(collection).deleteMany({ atMs: { $lt: atMs } }))),
    close: () => client.close(),
  };
}

/** Outside loopback only over TLS, and only to a server whose certificate was looked at: devices stand there with their API keys. */
function checkProtected(url: string, { tls, hosts, srvHost, rejectUnauthorized }: MongoOptionsRead): void {
  if (rejectUnauthorized === false || LAX.test(url))
    throw wrongUrl('asks not to verify the certificate of the database');
  const isNear = srvHost === undefined && hosts.every(({ host, socketPath }) => socketPath ?? isLoopback(host ?? ''));
  if (!tls && !isNear) throw wrongUrl('names another machine without TLS');
}

/** The driver's own message may repeat the address, and with it a password. */
function understood<T>(make: () => T): T {
  try {
    return make();
  } catch {
    throw wrongUrl('cannot be understood');
  }
}

function isDuplicate(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === DUPLICATE_KEY;
}

function wrongUrl(what: string): ConfigError {
  return new ConfigError([
    {
      code: 'config.mongodb-url',
      message: `MONGODB_URL ${what}.`,
      fix: 'Write it as mongodb://host:port/database?tls=true, with user and password before the host.',
    },
  ]);
}

function toDocument(row: Row | null): StoredDocument | undefined {
  return row === null ? undefined : document(row);
}

function document({ _id, text, atMs }: Row): StoredDocument {
  return { id: _id, text, atMs };
}
