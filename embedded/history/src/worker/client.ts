/** The columnar port as seen from the HTTP thread: requests numbered, answers matched, blocks moved instead of copied. */

import { Worker } from 'node:worker_threads';
import { ConfigError, ContorError, DiskFullError } from '@contor/kit';
import { buffersOf } from '../store/blocks.js';
import type {
  Batch,
  Columnar,
  ColumnarResult,
  Erased,
  Moved,
  OpenedColumnar,
  Sizes,
  Survey,
} from '../store/columnar.js';
import type { Answer, Reply, Request, WorkerSettings } from './protocol.js';

export class ColumnarError extends ContorError {}

export interface ColumnarWorkerOptions extends WorkerSettings {
  /** Where an unreadable database file goes, beside the data. */
  readonly setAsideName: string;
  /** The database thread died, or the database refuses to go on: exit and recover from the log. */
  readonly onFatal: (error: Error) => void;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

export function columnarWorker({ setAsideName, onFatal, ...settings }: ColumnarWorkerOptions): Columnar {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { name: 'history-columns' });
  const waiting = new Map<number, Waiting>();
  let number = 0;
  let opens = 0;
  let isClosing = false;

  worker.on('message', (reply: Reply) => {
    const asked = waiting.get(reply.number);
    waiting.delete(reply.number);
    if (reply.kind === 'done') {
      asked?.resolve(reply.answer);
      return;
    }
    const error = toError(reply, settings.path);
    asked?.reject(error);
    if (reply.code === 'broken') {
      onFatal(error);
    }
  });
  worker.on('error', (cause) => {
    onFatal(new ColumnarError('columns.thread', 'The database thread failed.', {}, cause));
  });
  worker.on('exit', (code) => {
    const error = new ColumnarError('columns.exit', 'The database thread has ended.', { code });
    for (const asked of waiting.values()) {
      asked.reject(error);
    }
    waiting.clear();
    if (!isClosing) {
      onFatal(error);
    }
  });

  function ask<T extends Answer>(request: Request, move: ArrayBuffer[] = []): Promise<T> {
    number += 1;
    const envelope = { number, request };
    return new Promise((resolve, reject) => {
      waiting.set(envelope.number, { resolve: (answer) => resolve(answer as T), reject });
      worker.postMessage(envelope, move);
    });
  }

  return {
    open() {
      opens += 1;
      const name = opens === 1 ? setAsideName : `${setAsideName}-${opens}`;
      return ask<OpenedColumnar>({ kind: 'open', settings, setAsideName: name });
    },
    apply: (batch) => ask<undefined>({ kind: 'apply', batch }, buffersOfBatch(batch)),
    erase: (erasure) => ask<Erased>({ kind: 'erase', erasure }),
    query: (sql) => ask<ColumnarResult>({ kind: 'query', sql }),
    survey: (table, beforeMonth) => ask<Survey>({ kind: 'survey', table, beforeMonth }),
    seal: (sealing) => ask<Moved>({ kind: 'seal', sealing }),
    archive: (archiving) => ask<Moved>({ kind: 'archive', archiving }),
    discard: () => ask<undefined>({ kind: 'discard' }),
    backUp: (folder) => ask<undefined>({ kind: 'backUp', folder }),
    sizes: () => ask<Sizes>({ kind: 'sizes' }),
    checkpoint: () => ask<undefined>({ kind: 'checkpoint' }),
    rebase: (sequence) => ask<undefined>({ kind: 'rebase', sequence }),
    async close() {
      isClosing = true;
      await ask<undefined>({ kind: 'close' });
      await worker.terminate();
    },
  };
}

function buffersOfBatch(batch: Batch): ArrayBuffer[] {
  return batch.tables.flatMap(({ hot, late }) => [hot, late].flatMap((block) => (block ? buffersOf(block) : [])));
}

function toError(reply: Extract<Reply, { kind: 'failed' }>, path: string): ContorError {
  switch (reply.code) {
    case 'locked':
      return new ConfigError([
        {
          code: 'config.in-use',
          message: `${path} is open in another program (${reply.message}).`,
          fix: 'Close that program, or give this server another data folder.',
        },
      ]);
    case 'newer':
      return new ConfigError([
        {
          code: 'history.newer-file',
          message: `${path} was written by a newer version (${reply.message}).`,
          fix: 'Start the version that wrote it, or a newer one.',
        },
      ]);
    case 'full':
      return new DiskFullError(reply.message);
    default:
      return new ColumnarError(`columns.${reply.code}`, reply.message);
  }
}
