/**
 * History as the front sees it: what is ingested is in the durable log when the promise resolves; what is asked sees
 * everything ingested before. The columnar store is derived and catches up from the log after a crash.
 */

import { type Clock, ContorError, DiskFullError, type DurableLog, type Logger, toError } from '@contor/kit';
import type { Dialect } from '../dialect.js';
import type { EntityUpdate } from '../notify/notification.js';
import type { ErasureOrder, Task } from './applier.js';
import { type BackupCipher, type Manifest, makeBackup } from './backup.js';
import { HistoryBusyError } from './busy.js';
import type { Catalogue } from './catalogue.js';
import type { Columnar, ColumnarResult, Sizes } from './columnar.js';
import { Derivation } from './derivation.js';
import { ERASURES_SQL, type ErasureProof, toProofs } from './erasures.js';
import { LogKeeper } from './log-keeper.js';
import { entitiesOf } from './questions.js';
import { Reader } from './reader.js';
import { encodeRecord, type HistoryRecord } from './records.js';
import type { Retention } from './retention.js';
import { isFull, Room } from './room.js';
import { type Round, Upkeep, type UpkeepOptions } from './upkeep.js';

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
  readonly retention: Pick<Retention, 'keptFrom'>;
  readonly upkeep: Pick<UpkeepOptions, 'everyMs' | 'sealAfterMs' | 'archiveAfterMs'>;
  /** Free space of the disk. */
  readonly freeBytes?: () => Promise<number>;
  /** Ours when nothing is said. */
  readonly dialect?: Dialect;
  readonly onFatal: (error: Error) => void;
}

export interface IngestRequest {
  readonly tenant: string;
  readonly arrivalMs: number;
  readonly timeIndexAttribute: string | undefined;
  readonly servicePaths?: readonly string[] | undefined;
  readonly body: Uint8Array;
  readonly updates: readonly EntityUpdate[];
}

export class HistoryStore {
  /** Everything that is asked. */
  readonly reader: Reader;
  readonly #options: HistoryStoreOptions;
  readonly #room: Room;
  readonly #derivation: Derivation;
  readonly #keeper: LogKeeper;
  readonly #upkeep: Upkeep;
  /** A block of the database that a question met and that cannot be read. */
  #unreadable: string | undefined;
  #acknowledged: number;
  #copying: Promise<void> = Promise.resolve();

  private constructor(options: HistoryStoreOptions, room: Room, derivation: Derivation) {
    this.#options = options;
    this.#room = room;
    this.#derivation = derivation;
    this.#acknowledged = options.log.head;
    this.reader = new Reader({
      catalogue: () => this.catalogue,
      query: (sql) => this.#query(sql),
      caughtUp: () => this.#caughtUp(),
    });
    this.#keeper = new LogKeeper({
      ...options,
      onFull: (error) => derivation.ranOutOfRoom(error),
      mayCheckpoint: () => derivation.isFollowing,
    });
    this.#upkeep = new Upkeep({
      ...options,
      ...options.upkeep,
      caughtUp: () => this.#caughtUp(),
      catalogue: () => derivation.catalogue,
      between: (table, move) => derivation.between(table, move),
      erase: (tenant, order) => this.#erase(tenant, options.clock.nowMs(), order),
    });
  }

  /** Resolves when the tail of the log has been applied, unless the disk is full: nothing acknowledged is invisible then. */
  static async open(options: HistoryStoreOptions): Promise<HistoryStore> {
    const room = new Room(options);
    const derivation = await Derivation.open({ ...options, room });
    const store = new HistoryStore(options, room, derivation);
    await store.#keeper.recovered(derivation.appliedSequence);
    return store;
  }

  get catalogue(): Catalogue {
    return this.#derivation.catalogue;
  }

  /** What an operator must know, in a sentence; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#room.reason ?? this.#unreadable ?? this.#derivation.missing;
  }

  get figures(): Readonly<Record<string, number>> {
    const { hotRows, lateRows, repeatedCells, uncastableCells } = this.#derivation.counts;
    const { log } = this.#options;
    return {
      ...{ hotRows, lateRows, repeatedCells, uncastableCells },
      acknowledgedSequence: this.#acknowledged,
      appliedSequence: this.#derivation.appliedSequence,
      backlogBytes: this.#derivation.backlogBytes,
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
    // A backup must find the files that its copy of the database names.
    await this.#copying;
    return this.#erase(tenant, arrivalMs, order);
  }

  async #erase(tenant: string, arrivalMs: number, order: ErasureOrder): Promise<number> {
    await this.#caughtUp();
    this.#refuseWhileFull();
    const rows = await this.#rowsOf(tenant, order);
    if (rows === 0 && order.isDrop !== true) {
      return 0;
    }
    const body = new TextEncoder().encode(JSON.stringify(order));
    const record: HistoryRecord = { kind: 'erasure', tenant, arrivalMs, timeIndexAttribute: undefined, body };
    const sequence = await this.#append(record, (at, bytes) => ({
      ...{ kind: 'erasure', tenant, arrivalMs, sequence: at, bytes, order },
    }));
    await this.#derivation.caughtUp(sequence);
    this.#refuseWhileFull();
    return rows;
  }

  /** Seals, archives and forgets what is due, now and not at the next round. */
  tidy(): Promise<Round> {
    return this.#upkeep.run();
  }

  /** Everything acknowledged so far, in a folder that did not exist; see `backup`. */
  backUp(folder: string, others: readonly string[], cipher?: BackupCipher): Promise<Manifest> {
    const { columnar, clock } = this.#options;
    // No month moves meanwhile: the files that the copied database names are still there.
    return this.#upkeep.exclusively(async () => {
      await this.#caughtUp();
      this.#refuseWhileFull();
      let copied = (): void => undefined;
      this.#copying = new Promise((resolve) => {
        copied = resolve;
      });
      const archives = () =>
        this.catalogue.tables.flatMap(({ kept }) => kept.flatMap(({ archive }) => (archive ? [archive.file] : [])));
      const madeAt = new Date(clock.nowMs()).toISOString();
      return makeBackup({ columnar, archives, others, cipher }, folder, madeAt).finally(copied);
    });
  }

  async sizes(): Promise<Sizes> {
    await this.#caughtUp();
    return this.#options.columnar.sizes();
  }

  /** Newest first: when how much of what was erased. */
  async erasures(tenant: string): Promise<readonly ErasureProof[]> {
    await this.#caughtUp();
    return toProofs(await this.#query(ERASURES_SQL)).filter((proof) => proof.tenant === tenant);
  }

  async close(): Promise<void> {
    await this.#upkeep.stop();
    await this.#derivation.close(this.#acknowledged);
    await this.#keeper.close(this.#derivation.appliedSequence);
    await this.#options.columnar.close();
    await this.#options.log.close();
  }

  /** Read your writes: whatever was acknowledged before the question is in before it is answered, if there was room for it. */
  #caughtUp(): Promise<void> {
    return this.#derivation.caughtUp(this.#acknowledged);
  }

  /** What is to be erased may wait in the log: the order could not promise that it is gone. */
  #refuseWhileFull(): void {
    if (!this.#derivation.isFollowing) {
      throw new DiskFullError('The disk is full: nothing can be erased until there is room.');
    }
  }

  async #append(record: HistoryRecord, toTask: (sequence: number, bytes: number) => Task): Promise<number> {
    const { isFollowing, backlogBytes } = this.#derivation;
    // While the disk is full nothing waits in memory; the bound of the log is the bound then.
    if (isFollowing && backlogBytes > this.#options.maxBacklogBytes) {
      throw new HistoryBusyError(backlogBytes);
    }
    const payload = encodeRecord(record);
    const sequence = await this.#logged(payload);
    this.#acknowledged = Math.max(this.#acknowledged, sequence);
    this.#derivation.take(toTask(sequence, payload.length));
    this.#keeper.appended(payload.length, () => this.#derivation.appliedSequence);
    return sequence;
  }

  async #logged(payload: Uint8Array): Promise<number> {
    try {
      const sequence = await this.#options.log.append(payload);
      this.#room.served('log');
      return sequence;
    } catch (error) {
      if (isFull(error)) {
        this.#room.refused('log', toError(error));
      }
      throw error;
    }
  }

  async #query(sql: string): Promise<ColumnarResult> {
    try {
      return await this.#options.columnar.query(sql);
    } catch (error) {
      if (error instanceof ContorError && error.code === 'columns.damaged') {
        this.#unreadable ??= `Part of the database is unreadable (${error.message}): restore a backup to get it back.`;
      }
      throw error;
    }
  }

  async #rowsOf(tenant: string, order: ErasureOrder): Promise<number> {
    const { type, id, paths, fromMs, toMs } = order;
    const table = this.catalogue.table(tenant, type);
    if (table === undefined) {
      return 0;
    }
    const entities = entitiesOf(table, { ids: id === undefined ? undefined : [id], paths });
    return entities?.length === 0 ? 0 : (await this.reader.newest(table, entities, { fromMs, toMs })).size;
  }
}
