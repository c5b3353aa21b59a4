/**
 * History as the front sees it: what is ingested is in the durable log when the promise resolves; what is asked sees
 * everything ingested before. The columnar store is derived and catches up from the log after a crash.
 */

import { assert, type Clock, ContorError, type DurableLog, type Logger } from '@contor/kit';
import { type Checked, value } from '../fault.js';
import { type EntityUpdate, parseNotification } from '../notify/notification.js';
import { Applier, type ErasureOrder, type Task } from './applier.js';
import { HistoryBusyError } from './busy.js';
import { Catalogue, isPresent, type Table } from './catalogue.js';
import type { Columnar, ColumnarResult, SetAside } from './columnar.js';
import { LogKeeper } from './log-keeper.js';
import {
  type EntityNewest,
  type EntitySeries,
  entitiesOf,
  newestQuestion,
  type Selection,
  type SeriesQuestion,
  tableQuestions,
  tablesOf,
  toSeries,
} from './questions.js';
import { decodeRecord, encodeRecord, type HistoryRecord } from './records.js';

export interface HistoryStoreOptions {
  readonly log: DurableLog;
  readonly columnar: Columnar;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly applyEveryMs: number;
  readonly checkpointEveryMs: number;
  /** Log kept behind the last checkpoint, from which a lost database can be derived again. */
  readonly keepLogBytes: number;
  /** Acknowledged bytes that may wait for the columnar store before further ones are refused. */
  readonly maxBacklogBytes: number;
  readonly onFatal: (error: Error) => void;
}

export interface IngestRequest {
  readonly tenant: string;
  readonly arrivalMs: number;
  readonly timeIndexAttribute: string | undefined;
  readonly body: Uint8Array;
  readonly updates: readonly EntityUpdate[];
}

export class HistoryStore {
  /** What could not be recovered or read, in a sentence for the operator; undefined when nothing is missing. */
  missing: string | undefined;
  readonly catalogue: Catalogue;
  readonly #options: HistoryStoreOptions;
  readonly #applier: Applier;
  readonly #keeper: LogKeeper;
  #acknowledged: number;

  private constructor(
    options: HistoryStoreOptions,
    catalogue: Catalogue,
    applied: number,
    missing: string | undefined,
  ) {
    this.#options = options;
    this.catalogue = catalogue;
    this.missing = missing;
    this.#acknowledged = options.log.head;
    this.#applier = new Applier({ ...options, catalogue, appliedSequence: applied });
    this.#keeper = new LogKeeper(options);
  }

  /** Resolves when the tail of the log has been applied: nothing acknowledged is invisible afterwards. */
  static async open(options: HistoryStoreOptions): Promise<HistoryStore> {
    const { log, columnar, logger } = options;
    const opened = await columnar.open();
    let applied = opened.appliedSequence;
    if (applied > log.head) {
      logger.warn({ applied, head: log.head }, 'The log is behind the database: it was lost or begun again.');
      applied = log.head;
      await columnar.rebase(applied);
    }
    const missing = missingSentence(log, applied, opened.setAside);
    if (opened.setAside !== undefined) {
      logger.warn({ ...opened.setAside }, `${asideSentence(opened.setAside)}; what the log holds is derived again.`);
    }
    if (missing !== undefined) {
      logger.error({ applied, tail: log.tail, head: log.head }, missing);
    }
    const store = new HistoryStore(options, Catalogue.from(opened), applied, missing);
    await store.#recover(applied);
    return store;
  }

  get figures(): Readonly<Record<string, number>> {
    const { hotRows, lateRows, repeatedCells, uncastableCells } = this.#applier.staging.counts;
    const { log } = this.#options;
    return {
      ...{ hotRows, lateRows, repeatedCells, uncastableCells },
      acknowledgedSequence: this.#acknowledged,
      appliedSequence: this.#applier.appliedSequence,
      backlogBytes: this.#applier.backlogBytes,
      logBytes: log.bytes,
      tables: this.catalogue.tables.length,
      lateRowsStored: this.catalogue.tables.reduce((sum, table) => sum + table.late.rows, 0),
    };
  }

  /** Resolves after the log's fsync. */
  async ingest(request: IngestRequest): Promise<void> {
    const { tenant, updates } = request;
    await this.#append({ ...request, kind: 'notification' }, (sequence, bytes) => ({
      ...{ kind: 'notification', tenant, sequence, bytes, updates },
    }));
  }

  /** Resolves with how many rows there were; they are gone from disk and from every answer then. */
  async erase(tenant: string, arrivalMs: number, order: ErasureOrder): Promise<number> {
    await this.#caughtUp();
    const table = this.catalogue.table(tenant, order.type);
    const rows = table === undefined ? 0 : await this.#rowsOf(table, order);
    if (rows === 0) {
      return 0;
    }
    const body = new TextEncoder().encode(JSON.stringify(order));
    const record: HistoryRecord = { kind: 'erasure', tenant, arrivalMs, timeIndexAttribute: undefined, body };
    const sequence = await this.#append(record, (at, bytes) => ({
      kind: 'erasure',
      tenant,
      sequence: at,
      bytes,
      order,
    }));
    await this.#applier.reached(sequence);
    return rows;
  }

  async series(question: SeriesQuestion): Promise<Checked<readonly EntitySeries[]>> {
    await this.#caughtUp();
    const questions = tableQuestions(this.catalogue, question);
    if (questions.kind === 'fault') {
      return questions;
    }
    const answers = await Promise.all(
      questions.value.map(async (asked) => toSeries(asked, await this.#query(asked.sql))),
    );
    return value(answers.flat());
  }

  /** Newest first. */
  async entities(selection: Selection): Promise<readonly EntityNewest[]> {
    await this.#caughtUp();
    const found: EntityNewest[] = [];
    for (const table of tablesOf(this.catalogue, selection)) {
      const wanted = entitiesOf(table, selection);
      const newest = await this.#newestByEntity(table, selection);
      for (const entity of wanted ?? table.entities.filter(isPresent).map((present) => present.entity)) {
        const newestMs = newest.get(entity);
        const id = table.entities[entity]?.id;
        if (newestMs !== undefined && id !== undefined) {
          found.push({ id, type: table.type, newestMs });
        }
      }
    }
    return found.sort((a, b) => b.newestMs - a.newestMs || (a.id < b.id ? -1 : 1));
  }

  async typesOf(tenant: string, id: string): Promise<readonly string[]> {
    await this.#caughtUp();
    return this.catalogue.typesOf(tenant, id).map((table) => table.type);
  }

  async close(): Promise<void> {
    await this.#caughtUp();
    await this.#keeper.close(this.#applier.appliedSequence);
    await this.#options.columnar.close();
    await this.#options.log.close();
  }

  /** Read your writes: whatever was acknowledged before the question is in before it is answered. */
  #caughtUp(): Promise<void> {
    return this.#applier.reached(this.#acknowledged);
  }

  async #append(record: HistoryRecord, toTask: (sequence: number, bytes: number) => Task): Promise<number> {
    if (this.#applier.backlogBytes > this.#options.maxBacklogBytes) {
      throw new HistoryBusyError(this.#applier.backlogBytes);
    }
    const payload = encodeRecord(record);
    const sequence = await this.#options.log.append(payload);
    this.#acknowledged = Math.max(this.#acknowledged, sequence);
    this.#applier.add(toTask(sequence, payload.length));
    this.#keeper.appended(payload.length, () => this.#applier.appliedSequence);
    return sequence;
  }

  async #recover(applied: number): Promise<void> {
    const { log } = this.#options;
    let last = applied;
    for await (const { sequence, payload } of log.read(Math.max(applied + 1, log.tail))) {
      this.#applier.skipTo(sequence);
      this.#applier.add(toRecoveredTask(sequence, payload));
      last = sequence;
      if (this.#applier.backlogBytes > RECOVERY_BYTES) {
        await this.#applier.reached(sequence);
      }
    }
    await this.#applier.reached(last);
    this.#applier.skipTo(log.head + 1);
    await this.#keeper.recovered(this.#applier.appliedSequence);
  }

  async #query(sql: string): Promise<ColumnarResult> {
    try {
      return await this.#options.columnar.query(sql);
    } catch (error) {
      if (error instanceof ContorError && error.code === 'columns.damaged') {
        this.missing ??= `Part of the database is unreadable (${error.message}): restore a backup to get it back.`;
      }
      throw error;
    }
  }

  async #newestByEntity(table: Table, selection: Selection): Promise<ReadonlyMap<number, number>> {
    if (selection.fromMs === undefined && selection.toMs === undefined) {
      return new Map(table.entities.filter(isPresent).map((entity) => [entity.entity, entity.watermarkMs]));
    }
    const { rows, columns } = await this.#query(newestQuestion(table, selection));
    return new Map(Array.from({ length: rows }, (_, row) => [Number(columns[0]?.[row]), Number(columns[1]?.[row])]));
  }

  async #rowsOf(table: Table, order: ErasureOrder): Promise<number> {
    const newest = await this.#newestByEntity(table, {
      ...{ tenant: table.tenant, type: table.type, ids: undefined, matchesId: undefined },
      ...{ fromMs: order.fromMs, toMs: order.toMs },
    });
    if (order.id === undefined) {
      return newest.size;
    }
    const entity = table.entityById.get(order.id);
    return entity !== undefined && newest.has(entity.entity) ? 1 : 0;
  }
}

/** Records read ahead while the tail of the log is applied after a crash. */
const RECOVERY_BYTES = 16 * 1024 * 1024;

function toRecoveredTask(sequence: number, payload: Uint8Array): Task {
  const record = decodeRecord(payload);
  const body: unknown = JSON.parse(new TextDecoder().decode(record.body));
  const { tenant } = record;
  if (record.kind === 'erasure') {
    return { kind: 'erasure', sequence, tenant, bytes: payload.length, order: body as ErasureOrder };
  }
  const parsed = parseNotification(body, record);
  assert(parsed.kind === 'value', 'an acknowledged notification cannot be read again', { sequence });
  return { kind: 'notification', sequence, tenant, bytes: payload.length, updates: parsed.value };
}

/** A sentence for the operator when records are neither in the database nor in the log. */
function missingSentence(log: DurableLog, applied: number, setAside: SetAside | undefined): string | undefined {
  if (log.tail <= applied + 1) {
    return undefined;
  }
  const what = setAside === undefined ? 'The database is older than the log' : asideSentence(setAside);
  return `${what}, and records ${applied + 1} to ${log.tail - 1} are no longer in the log: restore a backup to get them back.`;
}

function asideSentence({ path, reason, isWhole }: SetAside): string {
  const what = isWhole ? 'The database' : 'The write-ahead log of the database';
  return `${what} was unreadable (${reason}) and was set aside in ${path}`;
}
