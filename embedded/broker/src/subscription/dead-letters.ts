/**
 * Dead letters: changes that could not be delivered, kept on disk until somebody has them sent again or deletes them. An
 * append-only log with a CRC in each frame holds them; memory has one short line for each. The log is bounded: when it is
 * full the oldest letters go, counted and named in the log, because a subscriber that nobody looks after must not cost the
 * others their disk.
 */

import { join } from 'node:path';
import { type Clock, type Disk, type DurableLog, LogFullError, type Logger, openDurableLog } from '@contor/kit';
import {
  type Cause,
  decodeDead,
  encodeChange,
  encodeLetters,
  LETTERS_KIND,
  LETTERS_VERSION,
  type LetterState,
  type LettersRecord,
  type NewLetters,
  numbersOf,
  type Owner,
  tellingsOf,
} from './dead-letter-records.js';
import type { Telling } from './model.js';

export interface DeadLettersOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dataFolder: string;
  readonly maxBytes: number;
  readonly onFatal: (error: Error) => void;
}

/** What memory knows of a letter. */
export interface Letter {
  readonly number: number;
  readonly position: number;
  readonly entity: string;
  readonly changedAtMs: number;
  readonly diedAtMs: number;
  readonly cause: Cause;
  readonly reason: string;
  readonly notification: string | undefined;
  readonly bytes: number;
  state: LetterState;
  /** Where its record stands. */
  sequence: number;
}

export type Burial = Omit<NewLetters, 'numbers' | 'state'>;

interface Shelf extends Owner {
  readonly letters: Map<number, Letter>;
}

/** One line in memory is about 300 bytes, so this is 30 MB. */
const MAX_LETTERS = 100_000;
/** The log gives room back by the segment. */
const SEGMENTS = 16;
/** When the oldest go, this part of the room is made. */
const MADE_ROOM = 8;
/** Letters moved at a time while the log is tidied. */
const MOVED_AT_ONCE = 500;

export class DeadLetters {
  readonly #options: DeadLettersOptions;
  readonly #log: DurableLog;
  readonly #shelves = new Map<string, Shelf>();
  /** Of each subscription, everything that ever died as far as the log goes back: it must not die, or be told, twice. */
  #died = new Map<string, Set<number>>();
  #next = 1;
  #count = 0;
  #liveBytes = 0;
  #dropped = 0;
  /** Records up to here may be let go: what died in them is in the journal's sum. */
  #summedUp = 0;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(options: DeadLettersOptions, log: DurableLog) {
    this.#options = options;
    this.#log = log;
  }

  static async open(options: DeadLettersOptions): Promise<DeadLetters> {
    const { disk, clock, dataFolder, maxBytes, onFatal } = options;
    const log = await openDurableLog({
      ...{ disk, clock, onFatal, kind: LETTERS_KIND, version: LETTERS_VERSION },
      directory: join(dataFolder, 'dead-letters'),
      // Tidying writes what is left a second time before the first is let go.
      maxBytes: maxBytes * 2,
      segmentBytes: Math.max(4_096, Math.floor(maxBytes / SEGMENTS)),
    });
    const letters = new DeadLetters(options, log);
    await letters.#recover();
    return letters;
  }

  get figures(): {
    readonly deadLetters: number;
    readonly deadLetterBytes: number;
    readonly deadLettersDropped: number;
  } {
    return { deadLetters: this.#count, deadLetterBytes: this.#liveBytes, deadLettersDropped: this.#dropped };
  }

  /** Positions that died in an earlier life. */
  died(tenant: string, subscription: string): ReadonlySet<number> | undefined {
    return this.#died.get(keyOf(tenant, subscription));
  }

  /** Recovery is over: letters of subscriptions that are gone go too. */
  async begun(isThere: (owner: Owner) => boolean): Promise<void> {
    this.#died = new Map();
    for (const shelf of [...this.#shelves.values()]) if (!isThere(shelf)) await this.free(shelf);
  }

  /** In the order in which they died. */
  of(tenant: string, subscription: string): readonly Letter[] {
    return [...(this.#shelves.get(keyOf(tenant, subscription))?.letters.values() ?? [])];
  }

  countOf(tenant: string, subscription: string): number {
    return this.#shelves.get(keyOf(tenant, subscription))?.letters.size ?? 0;
  }

  /** On disk when it resolves with the numbers it gave; rejects with LogFullError or DiskFullError when there is no room. */
  bury(burial: Burial): Promise<readonly number[]> {
    return this.#inTurn(async () => {
      const numbers = burial.tellings.map((_telling, index) => this.#next + index);
      const letters: NewLetters = { ...burial, numbers };
      const payload = encodeLetters(letters);
      await this.#makeRoom(payload.byteLength, numbers.length);
      this.#next += numbers.length;
      const sequence = await this.#log.append(payload);
      this.#shelve(burial, numbers, burial.tellings, sequence, payload.byteLength, 'dead');
      return numbers;
    });
  }

  /** They have been told, or nobody wants them. */
  gone(owner: Owner, numbers: readonly number[]): Promise<void> {
    return this.#change('gone', owner, numbers);
  }

  mark(state: LetterState, owner: Owner, numbers: readonly number[]): Promise<void> {
    return this.#change(state, owner, numbers);
  }

  /** Everything of a subscription. */
  async free({ tenant, subscription }: Pick<Owner, 'tenant' | 'subscription'>): Promise<void> {
    const shelf = this.#shelves.get(keyOf(tenant, subscription));
    if (shelf !== undefined) await this.gone(shelf, [...shelf.letters.keys()]);
  }

  /** What the letters say, read from the disk. */
  async read(letters: readonly Letter[]): Promise<ReadonlyMap<number, Telling>> {
    const wanted = new Set(letters.map(({ number }) => number));
    const found = new Map<number, Telling>();
    for (const sequence of new Set(letters.map((letter) => letter.sequence))) {
      const record = await this.#recordAt(sequence);
      if (record === undefined) continue;
      const tellings = tellingsOf(record);
      for (const [index, number] of numbersOf(record).entries()) {
        const telling = tellings[index];
        if (telling !== undefined && wanted.has(number)) found.set(number, telling);
      }
    }
    return found;
  }

  /** To be handed back to `summedUp` when the journal has saved a sum that was begun now. */
  get head(): number {
    return this.#log.head;
  }

  summedUp(head: number): void {
    this.#summedUp = Math.max(this.#summedUp, head);
  }

  async close(): Promise<void> {
    await this.#queue.catch(() => undefined);
    await this.#log.close();
  }

  async #change(kind: 'gone' | LetterState, owner: Owner, numbers: readonly number[]): Promise<void> {
    const { letters } = this.#shelves.get(keyOf(owner.tenant, owner.subscription)) ?? {};
    const there = numbers.filter((number) => letters?.has(number));
    if (there.length === 0) return;
    await this.#inTurn(async () => {
      await this.#log.append(encodeChange(kind, owner, there));
      this.#apply(kind, owner, there);
      if (this.#count === 0) await this.#log.release(Math.min(this.#log.head, this.#summedUp));
    });
  }

  #apply(
    kind: 'gone' | LetterState,
    { tenant, subscription }: Pick<Owner, 'tenant' | 'subscription'>,
    numbers: readonly number[],
  ): void {
    const shelf = this.#shelves.get(keyOf(tenant, subscription));
    for (const number of numbers) {
      const letter = shelf?.letters.get(number);
      if (shelf === undefined || letter === undefined) continue;
      if (kind === 'gone') this.#forget(shelf, letter);
      else letter.state = kind;
    }
    if (shelf?.letters.size === 0) this.#shelves.delete(keyOf(tenant, subscription));
  }

  #forget(shelf: Shelf, letter: Letter): void {
    shelf.letters.delete(letter.number);
    this.#count -= 1;
    this.#liveBytes -= letter.bytes;
  }

  #shelve(
    { tenant, subscription, createdAt, diedAtMs, cause, reason, notification }: Omit<Burial, 'tellings'>,
    numbers: readonly number[],
    tellings: readonly Telling[],
    sequence: number,
    payloadBytes: number,
    state: LetterState,
  ): void {
    const key = keyOf(tenant, subscription);
    const shelf = this.#shelves.get(key) ?? { tenant, subscription, createdAt, letters: new Map<number, Letter>() };
    this.#shelves.set(key, shelf);
    const bytes = Math.ceil(payloadBytes / Math.max(1, numbers.length));
    for (const [index, number] of numbers.entries()) {
      const telling = tellings[index];
      if (telling === undefined) continue;
      const { position, atMs: changedAtMs, entity } = telling;
      if (!shelf.letters.has(number)) {
        this.#count += 1;
        this.#liveBytes += bytes;
      }
      shelf.letters.set(number, {
        ...{ number, position, entity: entity.id, changedAtMs, diedAtMs, cause, reason, notification },
        ...{ bytes: shelf.letters.get(number)?.bytes ?? bytes, state, sequence },
      });
    }
  }

  /** Letters one after the other: a record may only be written when it is known where the one before it stands. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#queue.then(work);
    this.#queue = mine.catch(() => undefined);
    return mine;
  }

  async #makeRoom(bytes: number, letters: number): Promise<void> {
    const { maxBytes } = this.#options;
    const isTight = (): boolean => this.#log.bytes + bytes > maxBytes;
    if (isTight() && this.#liveBytes < maxBytes / 2) await this.#tidy();
    for (let round = 0; round < SEGMENTS && (isTight() || this.#count + letters > MAX_LETTERS); round += 1) {
      if (this.#count === 0) await this.#log.release(Math.min(this.#log.head, this.#summedUp));
      else await this.#dropOldest(Math.max(bytes, maxBytes / MADE_ROOM), Math.max(letters, MAX_LETTERS / MADE_ROOM));
    }
    if (this.#log.bytes + bytes > maxBytes * 2) throw new LogFullError('The dead letters have reached their bound.');
  }

  /** The stated rule of a full room: the oldest go, of whichever subscription. */
  async #dropOldest(bytes: number, most: number): Promise<void> {
    const all = [...this.#shelves.values()].flatMap((shelf) =>
      [...shelf.letters.values()].map((letter) => ({ shelf, letter })),
    );
    all.sort((a, b) => a.letter.sequence - b.letter.sequence);
    let made = 0;
    let through = 0;
    const lost = new Map<Shelf, Letter[]>();
    for (const { shelf, letter } of all) {
      // Whole records: only then can the log let their segment go.
      const isEnough = made >= bytes || [...lost.values()].flat().length >= most;
      if (isEnough && letter.sequence !== through) break;
      made += letter.bytes;
      through = letter.sequence;
      lost.set(shelf, [...(lost.get(shelf) ?? []), letter]);
    }
    for (const [shelf, letters] of lost) await this.#drop(shelf, letters);
    await this.#log.release(Math.min(through, this.#summedUp));
  }

  async #drop(shelf: Shelf, letters: readonly Letter[]): Promise<void> {
    const numbers = letters.map(({ number }) => number).sort((a, b) => a - b);
    const { tenant, subscription } = shelf;
    await this.#log.append(encodeChange('gone', shelf, numbers));
    this.#apply('gone', shelf, numbers);
    this.#dropped += letters.length;
    this.#options.log.error(
      {
        ...{ code: 'dead-letters.dropped', tenant, subscription, letters: letters.length, dropped: this.#dropped },
        fix: 'Repair or delete this subscription, or raise BROKER_MAX_DEAD_LETTERS.',
      },
      'The dead letters are full: the oldest have gone for good.',
    );
  }

  /** Writes what is left once more, at the end, so that everything before it can go. */
  async #tidy(): Promise<void> {
    const before = this.#log.head;
    for (const shelf of [...this.#shelves.values()]) {
      const old = [...shelf.letters.values()].filter(({ sequence }) => sequence <= before);
      for (let at = 0; at < old.length; at += MOVED_AT_ONCE) await this.#move(shelf, old.slice(at, at + MOVED_AT_ONCE));
    }
    await this.#log.release(Math.min(before, this.#summedUp));
  }

  async #move(shelf: Shelf, letters: readonly Letter[]): Promise<void> {
    const said = await this.read(letters);
    // One record has one cause and one state.
    const groups = new Map<string, Letter[]>();
    for (const letter of letters) {
      const { cause, reason, diedAtMs, notification, state } = letter;
      const group = JSON.stringify([cause, reason, diedAtMs, notification, state]);
      groups.set(group, [...(groups.get(group) ?? []), letter]);
    }
    for (const group of groups.values()) {
      const there = group.filter(({ number }) => said.has(number));
      const [first] = there;
      if (first === undefined) continue;
      const { cause, reason, diedAtMs, notification, state } = first;
      const { tenant, subscription, createdAt } = shelf;
      const numbers = there.map(({ number }) => number);
      const tellings = there.flatMap(({ number }) => said.get(number) ?? []);
      const facts = { tenant, subscription, createdAt, cause, reason, diedAtMs, notification, state };
      const sequence = await this.#log.append(encodeLetters({ ...facts, numbers, tellings }));
      for (const letter of there) letter.sequence = sequence;
    }
  }

  async #recordAt(sequence: number): Promise<LettersRecord | undefined> {
    for await (const record of this.#log.read(sequence)) {
      if (record.sequence !== sequence) return undefined;
      const decoded = decodeDead(record.payload);
      return decoded.kind === 'letters' ? decoded : undefined;
    }
    return undefined;
  }

  async #recover(): Promise<void> {
    for await (const { payload, sequence } of this.#log.read(1)) {
      const record = decodeDead(payload);
      const numbers = numbersOf(record);
      if (record.kind !== 'letters') {
        this.#apply(record.kind, record, numbers);
        continue;
      }
      const tellings = tellingsOf(record);
      const key = keyOf(record.tenant, record.subscription);
      const died = this.#died.get(key) ?? new Set<number>();
      for (const { position } of tellings) died.add(position);
      this.#died.set(key, died);
      this.#shelve(record, numbers, tellings, sequence, payload.byteLength, record.state ?? 'dead');
      this.#next = Math.max(this.#next, ...numbers.map((number) => number + 1));
    }
    for (const shelf of this.#shelves.values()) sortShelf(shelf);
  }
}

/** Tidying moves records; the numbers still say what died first. */
function sortShelf({ letters }: Shelf): void {
  const sorted = [...letters].sort(([a], [b]) => a - b);
  letters.clear();
  for (const [number, letter] of sorted) letters.set(number, letter);
}

function keyOf(tenant: string, subscription: string): string {
  return `${tenant} ${subscription}`;
}
