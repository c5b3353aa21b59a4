/** Entry of the database thread: one request after the other for what writes, questions side by side. */

import assert from 'node:assert/strict';
import { parentPort } from 'node:worker_threads';
import { type Database, openDatabase } from './database.js';
import { failureCode } from './failure.js';
import type { Answer, Envelope, Reply, Request } from './protocol.js';

assert(parentPort !== null, 'the database thread needs a parent');
const port = parentPort;
let database: Database | undefined;
let writes: Promise<unknown> = Promise.resolve();

port.on('message', ({ number, request }: Envelope) => {
  const answer = isBeside(request) ? beside(request) : inOrder(request);
  answer.then(
    (value) => send({ number, kind: 'done', answer: value }),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      send({ number, kind: 'failed', code: failureCode(message, request.kind), message });
    },
  );
});

type Beside = Extract<Request, { kind: 'query' | 'backUp' | 'sizes' }>;

/** What only reads does not wait for what writes. */
function isBeside(request: Request): request is Beside {
  return request.kind === 'query' || request.kind === 'backUp' || request.kind === 'sizes';
}

async function beside(request: Beside): Promise<Answer> {
  switch (request.kind) {
    case 'query':
      return opened().query(request.sql);
    case 'backUp':
      return opened().backUp(request.folder);
    case 'sizes':
      return opened().sizes();
  }
}

function inOrder(request: Exclude<Request, Beside>): Promise<Answer> {
  const next = writes.then(() => carryOut(request));
  writes = next.catch(() => undefined);
  return next;
}

async function carryOut(request: Exclude<Request, Beside>): Promise<Answer> {
  switch (request.kind) {
    case 'open': {
      const before = database;
      database = undefined;
      await before?.close();
      const { database: made, opened: found } = await openDatabase(request.settings, request.setAsideName);
      database = made;
      return found;
    }
    case 'apply':
      return opened().apply(request.batch);
    case 'erase':
      return opened().erase(request.erasure);
    case 'survey':
      return opened().survey(request.table, request.beforeMonth);
    case 'seal':
      return opened().seal(request.sealing);
    case 'archive':
      return opened().archive(request.archiving);
    case 'discard':
      return opened().discard();
    case 'checkpoint':
      return opened().checkpoint();
    case 'rebase':
      return opened().rebase(request.sequence);
    case 'close':
      return database?.close();
  }
}

function opened(): Database {
  // Closed and not to be opened: only a full disk does that, and the question is asked again.
  if (database === undefined) {
    throw new Error('The database is closed: no space left on device.');
  }
  return database;
}

function send(reply: Reply): void {
  const buffers = reply.kind === 'done' ? movable(reply.answer) : [];
  port.postMessage(reply, buffers);
}

function movable(answer: Answer): ArrayBuffer[] {
  if (answer === undefined || !('columns' in answer)) {
    return [];
  }
  return answer.columns.flatMap((column) => (ArrayBuffer.isView(column) ? [column.buffer as ArrayBuffer] : []));
}
