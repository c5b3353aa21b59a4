/**
 * The device registry that replicas share: a journal in the database, and all of it in memory, so that reading asks nobody. While the database is
 * away reading goes on with what is known, and writing is refused.
 */

import { type Clock, type ContorError, type Logger, ProtocolError, type Random, type Timer } from '@contor/kit';
import { type DeviceRecord, keyOfDevice } from '../device.js';
import { type DeviceGroup, groupKey } from '../group.js';
import type { DeviceRegistry, GroupRegistry, RegistryChange } from '../registry.js';
import { Roster } from '../roster.js';
import { type Change, Journal, type JournalLimits } from './journal.js';
import type { SharedStore } from './store.js';

export interface MongoRegistryOptions {
  readonly store: SharedStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly limits?: Partial<JournalLimits>;
}

/** What others have changed is known after so long. */
const POLL_MS = 1_000;
/** A kilobyte or two a device, in memory. */
const MOST_DEVICES = 500_000;
/** An import of ten thousand devices at once, twice. */
const MOST_WAITING = 20_000;
/** One change of the journal, far below the 16 MiB of a document. */
const BATCH_WRITES = 500;
const BATCH_CHARACTERS = 2 * 2 ** 20;
const LONGEST_RECORD = 2 ** 20;
/** Others may have the next word this often in a row; with twenty replicas that all write, the odds are below one in a million. */
const MOST_TRIES = 100;

const DEVICE = 'device';
const GROUP = 'group';

interface Write {
  readonly change: Change;
  readonly characters: number;
  /** Whether it is still to be done, the thing being there or not. */
  readonly isDue: (isThere: boolean) => boolean;
  readonly settle: (isDone: boolean) => void;
  readonly fail: (error: unknown) => void;
}

export async function openMongoRegistry(options: MongoRegistryOptions): Promise<MongoRegistry> {
  const registry = new MongoRegistry(options);
  await registry.open();
  return registry;
}

export class MongoRegistry implements DeviceRegistry {
  readonly groups: GroupRegistry;
  readonly #options: MongoRegistryOptions;
  readonly #roster = new Roster();
  readonly #journal: Journal;
  readonly #waiting: Write[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;
  #isAway = false;
  #isClosed = false;

  constructor(options: MongoRegistryOptions) {
    this.#options = options;
    const roster = this.#roster;
    this.#journal = new Journal({
      ...options,
      reset: (state) => this.#reset(state),
      apply: (change) => this.#apply(change),
      state: () => this.#state(),
    });
    this.groups = {
      get size() {
        return roster.groupCount;
      },
      find: (key) => roster.findGroup(key),
      all: () => roster.groups(),
      add: (group) => this.#write({ kind: GROUP, key: groupKey(group), value: group }, (isThere) => !isThere),
      put: async (group) => void (await this.#write({ kind: GROUP, key: groupKey(group), value: group }, () => true)),
      remove: (key) => this.#write({ kind: GROUP, key }, (isThere) => isThere),
    };
  }

  /** The database does not answer: what others change is not seen, and nothing can be changed. */
  get isAway(): boolean {
    return this.#isAway;
  }

  async open(): Promise<void> {
    await this.#journal.load();
    this.#pollLater();
  }

  get size(): number {
    return this.#roster.size;
  }

  find(key: string) {
    return this.#roster.find(key);
  }

  all() {
    return this.#roster.all();
  }

  recordOf(key: string) {
    return this.#roster.recordOf(key);
  }

  records() {
    return this.#roster.records();
  }

  groupOf(device: Pick<DeviceRecord, 'apiKey'>) {
    return this.#roster.groupOf(device);
  }

  add(record: DeviceRecord): Promise<boolean> {
    return this.#write({ kind: DEVICE, key: keyOfDevice(record), value: record }, (isThere) => !isThere);
  }

  async put(record: DeviceRecord): Promise<void> {
    await this.#write({ kind: DEVICE, key: keyOfDevice(record), value: record }, () => true);
  }

  remove(key: string): Promise<boolean> {
    return this.#write({ kind: DEVICE, key }, (isThere) => isThere);
  }

  onChange(listener: (change: RegistryChange) => void): () => void {
    return this.#roster.onChange(listener);
  }

  /** The store is its opener's. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#turn;
  }

  #write(change: Change, isDue: Write['isDue']): Promise<boolean> {
    const text = JSON.stringify(change);
    const refusal = this.#refusalOf(change, text.length);
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((settle, fail) => {
      this.#waiting.push({ change: JSON.parse(text) as Change, characters: text.length, isDue, settle, fail });
      if (this.#waiting.length === 1) void this.#inTurn(() => this.#writeAll());
    });
  }

  #refusalOf({ kind, key, value }: Change, characters: number): ContorError | undefined {
    if (this.#isClosed) return new ProtocolError('registry.closed', 'The registry has been closed.');
    if (characters > LONGEST_RECORD)
      return new ProtocolError('registry.too-large', 'A device is described at too great length.');
    if (this.#waiting.length >= MOST_WAITING)
      return new ProtocolError('registry.busy', 'Too many changes wait for the database.');
    const isNew = kind === DEVICE && value !== undefined && this.#roster.recordOf(key) === undefined;
    if (isNew && this.size >= MOST_DEVICES)
      return new ProtocolError('registry.full', 'The registry holds as many devices as it may.');
    return undefined;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#commit(batch);
      } catch (error) {
        this.#note(error);
        // Those behind it would wait as long, and for nothing.
        for (const { fail } of [...batch, ...this.#waiting.splice(0)]) fail(error);
      }
    }
  }

  #takeBatch(): readonly Write[] {
    let count = 0;
    for (let characters = 0; count < Math.min(BATCH_WRITES, this.#waiting.length); count += 1) {
      characters += this.#waiting[count]?.characters ?? 0;
      if (count > 0 && characters > BATCH_CHARACTERS) break;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(batch: readonly Write[]): Promise<void> {
    for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
      const due = this.#dueOf(batch);
      const changes = batch.filter((write) => due.has(write)).map(({ change }) => change);
      if (changes.length === 0 || (await this.#commitOnce(changes))) {
        for (const write of batch) write.settle(due.has(write));
        this.#note(undefined);
        return;
      }
    }
    throw new ProtocolError('registry.busy', 'Other replicas changed the registry all the time.');
  }

  /** Whether the database took it is found out by asking once more. When that fails, too, it may yet turn up, and is then told like a change by others. */
  async #commitOnce(changes: readonly Change[]): Promise<boolean> {
    const by = Buffer.from(this.#options.random.bytes(8)).toString('hex');
    try {
      return await this.#journal.commit(by, changes);
    } catch {
      await this.#journal.catchUp();
      return this.#journal.commit(by, changes);
    }
  }

  #dueOf(batch: readonly Write[]): ReadonlySet<Write> {
    const due = new Set<Write>();
    const there = new Map<string, boolean>();
    for (const write of batch) {
      const { kind, key, value } = write.change;
      const name = `${kind} ${key}`;
      if (!write.isDue(there.get(name) ?? this.#isThere(kind, key))) continue;
      due.add(write);
      there.set(name, value !== undefined);
    }
    return due;
  }

  #isThere(kind: string, key: string): boolean {
    return (kind === DEVICE ? this.#roster.recordOf(key) : this.#roster.findGroup(key)) !== undefined;
  }

  #apply({ kind, key, value }: Change): void {
    if (kind === DEVICE) {
      if (value === undefined) this.#roster.delete(key);
      else this.#roster.set(value as DeviceRecord);
    } else if (value === undefined) this.#roster.deleteGroup(key);
    else this.#roster.setGroup(value as DeviceGroup);
  }

  *#state(): Iterable<Change> {
    for (const group of this.#roster.groups()) yield { kind: GROUP, key: groupKey(group), value: group };
    for (const record of this.#roster.records()) yield { kind: DEVICE, key: keyOfDevice(record), value: record };
  }

  /** Only what differs is told. */
  #reset(state: readonly Change[]): void {
    const before = new Map([...this.#state()].map((change) => [`${change.kind} ${change.key}`, change]));
    for (const change of state) {
      const name = `${change.kind} ${change.key}`;
      if (JSON.stringify(before.get(name)?.value) !== JSON.stringify(change.value)) this.#apply(change);
      before.delete(name);
    }
    for (const { kind, key } of before.values()) this.#apply({ kind, key });
  }

  #pollLater(): void {
    if (this.#isClosed) return;
    this.#timer = this.#options.clock.after(POLL_MS, () => {
      void this.#inTurn(async () => {
        try {
          await this.#journal.catchUp();
          this.#note(undefined);
        } catch (error) {
          this.#note(error);
        }
      }).then(() => this.#pollLater());
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(work);
    this.#turn = turn;
    return turn;
  }

  #note(error: unknown): void {
    const isAway = error !== undefined;
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    if (isAway)
      this.#options.log.warn(
        { error },
        'The shared registry cannot be reached: what is known stays, nothing can be changed.',
      );
    else this.#options.log.info({ devices: this.size }, 'The shared registry answers again.');
  }
}
