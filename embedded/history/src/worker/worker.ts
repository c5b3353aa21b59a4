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
  const answer = request.kind === 'query' ? question(request.sql) : inOrder(request);
  answer.then(
    (value) => send({ number, kind: 'done', answer: value }),
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      send({ number, kind: 'failed', code: failureCode(message, request.kind), message });
    },
  );
});

async function question(sql: string): Promise<Answer> {
  return opened().query(sql);
}

function inOrder(request: Exclude<Request, { kind: 'query' }>): Promise<Answer> {
  const next = writes.then(() => carryOut(request));
  writes = next.catch(() => undefined);
  return next;
}

async function carryOut(request: Exclude<Request, { kind: 'query' }>): Promise<Answer> {
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
