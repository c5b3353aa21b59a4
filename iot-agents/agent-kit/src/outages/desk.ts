/**
 * The desk where last words arrive: knows which devices are without supply, or behind a lost link, and puts into the ingest log one record for
 * each end of an event, however often it is said. What it knows is on disk before anybody is told "stored", and a crash in between makes it say the
 * same again, which changes nothing.
 */

import { join } from 'node:path';
import { type Clock, type Disk, type DocumentStore, type Logger, openDocuments, openDurableLog } from '@contor/kit';
import { meaningOf, outageChannel, PAIRS, type PairRow, type PairState, type Sign } from './pairing.js';

export interface OutageDeskOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dataFolder: string;
  readonly onFatal: (error: Error) => void;
}

export interface OutageFigures {
  /** Events that last now, of all kinds. */
  readonly outagesOpen: number;
  readonly outagesOpened: number;
  readonly outagesClosed: number;
  /** Last words said again. */
  readonly outageCopies: number;
}

export interface OutageDesk {
  readonly figures: OutageFigures;
  /** An event of this device lasts: each of its readings may be the end of it. */
  isOpen(device: string): boolean;
  /** Durable when it resolves. `store` puts a record of this channel into the ingest log. */
  settle(device: string, signs: readonly Sign[], store: (channel: string) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

interface Known extends PairState {
  /** Whether its beginning is in the ingest log for certain. */
  readonly isStored: boolean;
}

const FOLDER = 'outages';
const VERSION = 1;
/** Some hundred bytes an event: a hundred thousand devices without supply, several times over. */
const LOG_BYTES = 64 * 2 ** 20;
/** So long a copy of an ended event is still known as one. */
const REMEMBERED_MS = 24 * 3_600_000;

export async function openOutageDesk(options: OutageDeskOptions): Promise<OutageDesk> {
  const { disk, clock, log, dataFolder, onFatal } = options;
  const limits = { kind: 'outages', version: VERSION, maxBytes: LOG_BYTES, onFatal };
  const durable = await openDurableLog({ disk, clock, directory: join(dataFolder, FOLDER), ...limits });
  return new Desk(await openDocuments({ durable, clock, log }), clock);
}

class Desk implements OutageDesk {
  readonly #documents: DocumentStore;
  readonly #clock: Clock;
  /** Device → names of its events that last. */
  readonly #open = new Map<string, Set<string>>();
  /** One message of a device after the other: the second finds what the first has changed. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #counts = { outagesOpened: 0, outagesClosed: 0, outageCopies: 0 };

  constructor(documents: DocumentStore, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
    for (const { name } of PAIRS)
      for (const { id, value } of documents.all(name)) this.#note(id, name, (value as Known).endMs === undefined);
  }

  get figures(): OutageFigures {
    let outagesOpen = 0;
    for (const names of this.#open.values()) outagesOpen += names.size;
    return { outagesOpen, ...this.#counts };
  }

  isOpen(device: string): boolean {
    return this.#open.has(device) || this.#turns.has(device);
  }

  settle(device: string, signs: readonly Sign[], store: (channel: string) => Promise<void>): Promise<void> {
    const before = this.#turns.get(device) ?? Promise.resolve();
    const turn = before
      // Its own sender hears of a failure; who comes after begins anew.
      .catch(() => undefined)
      .then(async () => {
        for (const sign of signs) for (const row of PAIRS) await this.#settleOne(device, row, sign, store);
      });
    this.#turns.set(device, turn);
    return turn.finally(() => {
      if (this.#turns.get(device) === turn) this.#turns.delete(device);
    });
  }

  close(): Promise<void> {
    return this.#documents.close();
  }

  async #settleOne(device: string, row: PairRow, sign: Sign, store: (channel: string) => Promise<void>): Promise<void> {
    const known = this.#documents.get(row.name, device) as Known | undefined;
    const meaning = meaningOf(row, known, sign);
    if (meaning.kind === 'copy') {
      this.#counts.outageCopies += 1;
      // After a crash nobody knows whether the first one got as far as the log.
      if (known !== undefined && !known.isStored) await this.#begin(device, row, known, store);
    } else if (meaning.kind === 'opened') {
      await this.#begin(device, row, meaning.state, store);
      this.#counts.outagesOpened += 1;
    } else if (meaning.kind === 'closed') {
      await store(outageChannel(row.name, meaning.state));
      await this.#keep(device, row, { ...meaning.state, isStored: true });
      this.#counts.outagesClosed += 1;
    }
  }

  /** Its time is on disk first, because a copy after a crash may bring another. */
  async #begin(
    device: string,
    row: PairRow,
    { sinceMs, endMs }: PairState,
    store: (channel: string) => Promise<void>,
  ): Promise<void> {
    await this.#keep(device, row, { sinceMs, endMs, isStored: false });
    await store(outageChannel(row.name, { sinceMs, endMs: undefined }));
    await this.#keep(device, row, { sinceMs, endMs, isStored: true });
  }

  async #keep(device: string, row: PairRow, value: Known): Promise<void> {
    const expiry = value.endMs === undefined ? {} : { expiresAtMs: this.#clock.nowMs() + REMEMBERED_MS };
    await this.#documents.put({ kind: row.name, id: device, value, ...expiry });
    this.#note(device, row.name, value.endMs === undefined);
  }

  #note(device: string, name: string, isOpen: boolean): void {
    const names = this.#open.get(device) ?? new Set<string>();
    if (isOpen) names.add(name);
    else names.delete(name);
    if (names.size > 0) this.#open.set(device, names);
    else this.#open.delete(device);
  }
}
