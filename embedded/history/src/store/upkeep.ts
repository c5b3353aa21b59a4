/**
 * The life of old rows: months that are closed are sealed, sealed ones that are old become Parquet files, and what the
 * operator no longer keeps is erased. Step by step, behind everything that is asked or told.
 */

import type { Clock, Logger, Timer } from '@contor/kit';
import type { ErasureOrder } from './applier.js';
import type { Catalogue, Table } from './catalogue.js';
import type { Columnar, Moved } from './columnar.js';
import type { Retention } from './retention.js';
import { isFull } from './room.js';
import { openMonth, planArchiving, planSealing } from './upkeep-plan.js';

export interface UpkeepOptions {
  readonly columnar: Columnar;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retention: Pick<Retention, 'keptFrom'>;
  readonly everyMs: number;
  /** A month is sealed so long after its end: until then meters may deliver it in any order at no cost. */
  readonly sealAfterMs: number;
  /** A month becomes a file so long after its end. */
  readonly archiveAfterMs: number;
  /** Everything acknowledged is in the tables when it resolves. */
  readonly caughtUp: () => Promise<void>;
  readonly catalogue: () => Catalogue;
  readonly between: (table: Table, move: () => Promise<Moved>) => Promise<void>;
  readonly erase: (tenant: string, order: ErasureOrder) => Promise<number>;
}

/** What a round did; for the log, for tests and for whoever asked. */
export interface Round {
  sealedSteps: number;
  archivedMonths: number;
  erasedEntities: number;
}

export class Upkeep {
  readonly #options: UpkeepOptions;
  #timer: Timer | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#later();
  }

  /** One round now, behind one that is under way. */
  run(): Promise<Round> {
    return this.exclusively(() => this.#round());
  }

  /** While it works no file is written or removed. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#running.then(work);
    this.#running = next.catch(() => undefined);
    return next;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #later(): void {
    const { clock, everyMs, logger } = this.#options;
    this.#timer = clock.after(everyMs, () => {
      this.run()
        .catch((error: unknown) => {
          // Nothing is lost by it: the rows are where they were, and the next round tries again.
          if (!isFull(error)) logger.warn({ cause: String(error) }, 'Old rows could not be moved.');
        })
        .finally(() => {
          if (!this.#isStopped) this.#later();
        });
    });
  }

  async #round(): Promise<Round> {
    const { clock, logger } = this.#options;
    const round: Round = { sealedSteps: 0, archivedMonths: 0, erasedEntities: 0 };
    const startedMs = clock.monotonicMs();
    await this.#options.caughtUp();
    for (const table of this.#options.catalogue().tables) {
      if (this.#isStopped) break;
      await this.#forget(table, round);
      await this.#seal(table, round);
      await this.#archive(table, round);
    }
    if (round.sealedSteps + round.archivedMonths + round.erasedEntities > 0) {
      logger.info({ ...round, ms: Math.round(clock.monotonicMs() - startedMs) }, 'Old rows were put in order.');
    }
    return round;
  }

  async #forget(table: Table, round: Round): Promise<void> {
    const { retention, clock, erase } = this.#options;
    const toMs = retention.keptFrom(table, clock.nowMs());
    if (toMs === undefined) return;
    const order = { type: table.type, id: undefined, fromMs: undefined, toMs: toMs - 1 };
    round.erasedEntities += await erase(table.tenant, order);
  }

  async #seal(table: Table, round: Round): Promise<void> {
    const { columnar, clock, sealAfterMs, between } = this.#options;
    const survey = await columnar.survey(table.table, openMonth(clock.nowMs(), sealAfterMs));
    for (const sealing of planSealing(table.table, survey)) {
      if (this.#isStopped) return;
      await between(table, () => columnar.seal(sealing));
      await columnar.discard();
      round.sealedSteps += 1;
    }
  }

  async #archive(table: Table, round: Round): Promise<void> {
    const { columnar, clock, archiveAfterMs, between } = this.#options;
    for (const archiving of planArchiving(table.table, table.kept, clock.nowMs(), archiveAfterMs)) {
      if (this.#isStopped) return;
      await between(table, () => columnar.archive(archiving));
      round.archivedMonths += 1;
    }
  }
}
