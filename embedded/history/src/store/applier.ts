/**
 * Acknowledged records on their way into the columnar store: in the order of the log, many per transaction, never two
 * transactions at once. Questions wait until everything acknowledged before them is in.
 */

import type { Clock, Timer } from '@contor/kit';
import { assert, toError } from '@contor/kit';
import type { EntityUpdate } from '../notify/notification.js';
import type { Catalogue, Entity, Table } from './catalogue.js';
import type { Columnar } from './columnar.js';
import { isFull } from './room.js';
import { Staging } from './staging.js';

export interface ErasureOrder {
  readonly type: string;
  readonly id: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export type Task = { readonly sequence: number; readonly tenant: string; readonly bytes: number } & (
  | { readonly kind: 'notification'; readonly updates: readonly EntityUpdate[] }
  | { readonly kind: 'erasure'; readonly order: ErasureOrder }
);

export interface ApplierOptions {
  readonly catalogue: Catalogue;
  readonly columnar: Columnar;
  readonly clock: Clock;
  readonly appliedSequence: number;
  /** Longest time an acknowledged row waits for company. */
  readonly applyEveryMs: number;
  readonly onFatal: (error: Error) => void;
  /** Called once: nothing more is applied here. What waited is still in the log. */
  readonly onFull: (error: Error) => void;
}

/** Rows in one transaction: enough to amortise its fsync, few enough that questions are not kept waiting. */
const MAX_BATCH_ROWS = 20_000;

export class Applier {
  readonly staging: Staging;
  readonly #options: ApplierOptions;
  readonly #early = new Map<number, Task>();
  #queue: Task[] = [];
  #queuedBytes = 0;
  #nextSequence: number;
  #applied: number;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;
  #halted: Error | undefined;
  #waiting: { readonly sequence: number; readonly resolve: () => void }[] = [];

  constructor(options: ApplierOptions) {
    this.#options = options;
    this.staging = new Staging(options.catalogue);
    this.#applied = options.appliedSequence;
    this.#nextSequence = options.appliedSequence + 1;
  }

  get appliedSequence(): number {
    return this.#applied;
  }

  /** Why nothing more is applied: the disk is full, and memory is ahead of the tables. */
  get halted(): Error | undefined {
    return this.#halted;
  }

  /** Bytes acknowledged but not yet applied. */
  get backlogBytes(): number {
    return this.#queuedBytes;
  }

  /** Everything before this sequence was set aside by the log: it will not come. */
  skipTo(sequence: number): void {
    this.#nextSequence = Math.max(this.#nextSequence, sequence);
  }

  add(task: Task): void {
    assert(task.sequence >= this.#nextSequence, 'a log record is applied twice', { sequence: task.sequence });
    this.#queuedBytes += task.bytes;
    this.#early.set(task.sequence, task);
    for (
      let next = this.#early.get(this.#nextSequence);
      next !== undefined;
      next = this.#early.get(this.#nextSequence)
    ) {
      this.#early.delete(this.#nextSequence);
      this.#queue.push(next);
      this.#nextSequence += 1;
    }
    this.#timer ??= this.#options.clock.after(this.#options.applyEveryMs, () => this.#start());
  }

  /** Resolves when the record of this sequence is visible to questions, or `halted` says why it will not be. */
  reached(sequence: number): Promise<void> {
    if (this.#applied >= sequence || this.#halted !== undefined) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting.push({ sequence, resolve });
      this.#start();
    });
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#halted !== undefined) {
      return;
    }
    this.#running ??= this.#run()
      .catch((error: unknown) => this.#failed(toError(error)))
      .finally(() => {
        this.#running = undefined;
        if (this.#queue.length > 0) {
          this.#start();
        }
      });
  }

  #failed(error: Error): void {
    if (!isFull(error)) {
      this.#options.onFatal(error);
      return;
    }
    this.#halted = error;
    this.#options.onFull(error);
    this.#release(Number.POSITIVE_INFINITY);
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const [first] = this.#queue;
      const done = first?.kind === 'erasure' ? await this.#erase() : await this.#apply();
      this.#queuedBytes -= done.bytes;
      this.#applied = done.sequence;
      this.#release(done.sequence);
    }
  }

  /** Lets those go on who waited for this sequence or an earlier one. */
  #release(sequence: number): void {
    const ready = this.#waiting.filter((waiting) => waiting.sequence <= sequence);
    this.#waiting = this.#waiting.filter((waiting) => waiting.sequence > sequence);
    for (const { resolve } of ready) {
      resolve();
    }
  }

  async #apply(): Promise<{ bytes: number; sequence: number }> {
    let bytes = 0;
    let sequence = this.#applied;
    let taken = 0;
    for (const task of this.#queue) {
      if (task.kind !== 'notification' || this.staging.rows >= MAX_BATCH_ROWS) {
        break;
      }
      for (const update of task.updates) {
        this.staging.add(task.tenant, update);
      }
      bytes += task.bytes;
      sequence = task.sequence;
      taken += 1;
    }
    this.#queue = this.#queue.slice(taken);
    await this.#options.columnar.apply(this.staging.take(sequence));
    return { bytes, sequence };
  }

  async #erase(): Promise<{ bytes: number; sequence: number }> {
    const task = this.#queue.shift();
    assert(task?.kind === 'erasure', 'an erasure was expected at the head of the queue');
    const { catalogue, columnar } = this.#options;
    const table = catalogue.table(task.tenant, task.order.type);
    const entities = table === undefined ? [] : entitiesToErase(table, task.order);
    if (table === undefined || entities.length === 0) {
      await columnar.apply(this.staging.take(task.sequence));
      return task;
    }
    const { fromMs, toMs } = task.order;
    const numbers = entities.map((entity) => entity.entity);
    const erased = await columnar.erase({
      sequence: task.sequence,
      table: table.table,
      entities: numbers,
      fromMs,
      toMs,
    });
    table.late = { ...erased.late, arrival: Math.max(table.late.arrival, erased.late.arrival) };
    for (const { entity, newestMs } of erased.newest) {
      const known = table.entities[entity];
      if (known !== undefined) {
        known.watermarkMs = newestMs ?? Number.NEGATIVE_INFINITY;
        // What was erased may be sent again and is then no repetition.
        known.seen.length = 0;
      }
    }
    return task;
  }
}

export function entitiesToErase(table: Table, order: ErasureOrder): readonly Entity[] {
  const entities = order.id === undefined ? table.entities : [table.entityById.get(order.id)];
  return entities.filter((entity) => entity !== undefined);
}
