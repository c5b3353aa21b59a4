/**
 * Acknowledged records on their way into the columnar store: in the order of the log, many per transaction, never two
 * transactions at once. Questions wait until everything acknowledged before them is in.
 */

import { createHash } from 'node:crypto';
import type { Clock, Timer } from '@contor/kit';
import { assert, toError } from '@contor/kit';
import type { EntityUpdate } from '../notify/notification.js';
import type { Catalogue, Entity, Table } from './catalogue.js';
import type { Columnar, Moved } from './columnar.js';
import { isBelow } from './paths.js';
import { isFull } from './room.js';
import { Staging } from './staging.js';

export interface ErasureOrder {
  readonly type: string;
  readonly id: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Service paths, as prefixes; undefined or none: all of them. */
  readonly paths?: readonly string[] | undefined;
  /** Forget the type altogether. */
  readonly isDrop?: boolean | undefined;
}

export type Task = { readonly sequence: number; readonly tenant: string; readonly bytes: number } & (
  | { readonly kind: 'notification'; readonly updates: readonly EntityUpdate[] }
  | { readonly kind: 'erasure'; readonly arrivalMs: number; readonly order: ErasureOrder }
);

/** Moves rows of a table between two transactions, when nothing of it is staged, and says what it is like then. */
interface Interlude {
  readonly table: Table;
  readonly move: () => Promise<Moved>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

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
/** A table that gets rows takes memory for each of its columns until the next checkpoint, however few they are. */
const MAX_BATCH_TABLES = 64;

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
  #interludes: Interlude[] = [];
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

  /** Resolves when the rows were moved; questions asked meanwhile are answered from before or after. */
  between(table: Table, move: () => Promise<Moved>): Promise<void> {
    if (this.#halted !== undefined) {
      return Promise.reject(this.#halted);
    }
    return new Promise((resolve, reject) => {
      this.#interludes.push({ table, move, resolve, reject });
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
        if (this.#hasWork) {
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
    for (const { reject } of this.#interludes.splice(0)) {
      reject(error);
    }
    this.#options.onFull(error);
    this.#release(Number.POSITIVE_INFINITY);
  }

  async #run(): Promise<void> {
    while (this.#hasWork) {
      await this.#interlude();
      const [first] = this.#queue;
      if (first === undefined) {
        continue;
      }
      const done = first.kind === 'erasure' ? await this.#erase() : await this.#apply();
      this.#queuedBytes -= done.bytes;
      this.#applied = done.sequence;
      this.#release(done.sequence);
    }
  }

  get #hasWork(): boolean {
    return this.#queue.length > 0 || this.#interludes.length > 0;
  }

  /** One at a time: what was acknowledged does not wait for a whole month to be moved. */
  async #interlude(): Promise<void> {
    const interlude = this.#interludes.shift();
    if (interlude === undefined) {
      return;
    }
    const { table, move, resolve, reject } = interlude;
    try {
      await whileMoving(table, async () => settle(table, await move()));
      resolve();
    } catch (error) {
      reject(toError(error));
      if (isFull(error)) {
        throw error;
      }
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
      if (
        task.kind !== 'notification' ||
        this.staging.rows >= MAX_BATCH_ROWS ||
        this.staging.tables >= MAX_BATCH_TABLES
      ) {
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
    const { id, fromMs, toMs, isDrop = false } = task.order;
    if (table === undefined || (entities.length === 0 && !isDrop)) {
      await columnar.apply(this.staging.take(task.sequence));
      return task;
    }
    const numbers = entities.map((entity) => entity.entity);
    const erased = await whileMoving(table, async () => {
      const done = await columnar.erase({
        ...{ sequence: task.sequence, atMs: task.arrivalMs, table: table.table, entities: numbers, fromMs, toMs },
        subject: id === undefined ? undefined : subjectOf(id),
        isDrop,
      });
      table.erasures += 1;
      settle(table, done);
      if (isDrop) {
        catalogue.drop(table);
      }
      return done;
    });
    await columnar.discard();
    for (const { entity, newestMs } of erased.newest) {
      const known = table.entities[entity];
      if (known !== undefined) {
        known.watermarkMs = newestMs ?? Number.NEGATIVE_INFINITY;
        // What was erased may be sent again and is then no repetition.
        known.seen.length = 0;
        known.rawSeen = undefined;
      }
    }
    return task;
  }
}

/** What proves an erasure does not name whom it was about; whoever knows the id finds it. */
export function subjectOf(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

/** Questions wait meanwhile: some of the rows are neither here nor there, as seen from outside. */
async function whileMoving<T>(table: Table, work: () => Promise<T>): Promise<T> {
  let over = (): void => undefined;
  table.moving = new Promise((resolve) => {
    over = resolve;
  });
  table.moves += 1;
  try {
    return await work();
  } finally {
    table.moving = undefined;
    over();
  }
}

function settle(table: Table, { late, kept, hotFromMs }: Moved): void {
  table.late = { ...late, arrival: Math.max(table.late.arrival, late.arrival) };
  table.kept = kept;
  table.hotFromMs = hotFromMs;
}

export function entitiesToErase(table: Table, order: ErasureOrder): readonly Entity[] {
  const entities = order.id === undefined ? table.entities : (table.entitiesById.get(order.id) ?? []);
  return entities.filter(({ path }) => isBelow(path, order.paths));
}
