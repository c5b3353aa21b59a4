/**
 * The changes of a registry in the one order that all replicas see: each is a document whose id is the next number, so whoever puts it there first
 * has the next word, and a decision made on all changes before it (there is no such device yet) is still true when it stands. Now and then
 * the whole state is put beside them as a snapshot, and old changes go.
 */

import type { Clock, Logger, Random } from '@contor/kit';
import { idOf, type SharedStore, sequenceOf } from './store.js';

/** What happened at once; what they mean is the registry's business. */
export type Change = { readonly kind: string; readonly key: string; readonly value?: unknown };

export interface JournalOptions {
  readonly store: SharedStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** The state was replaced as a whole: at start, and after so long a pause that the changes in between are gone. */
  readonly reset: (state: readonly Change[]) => void;
  readonly apply: (change: Change) => void;
  /** The whole state, as changes that make it. */
  readonly state: () => Iterable<Change>;
  readonly limits?: Partial<JournalLimits>;
}

export interface JournalLimits {
  /** A snapshot after so many changes. Reading them one by one takes some seconds, which is what a start may take. */
  readonly snapshotEvery: number;
  /** Changes that stay behind a snapshot. Who was away for longer begins anew. */
  readonly kept: number;
}

const LIMITS: JournalLimits = { snapshotEvery: 1_000, kept: 1_000 };
/** A document may have 16 MiB; a change of this size is read in some milliseconds. */
const PART_CHANGES = 1_000;
const PART_CHARACTERS = 2 * 2 ** 20;
const PAGE = 100;
/** Whoever loads while others trim begins again; more than this never happens by chance. */
const MOST_LOADS = 5;

interface Entry {
  readonly by: string;
  readonly changes: readonly Change[];
}

interface SnapshotHead {
  readonly by: string;
  readonly parts: number;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #limits: JournalLimits;
  /** The last change we have seen. */
  #at = 0;
  #snapshotAt = 0;
  /** Our own last change, and whether we have seen it among all. */
  #asked: { readonly by: string; isThere: boolean } | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#limits = { ...LIMITS, ...options.limits };
  }

  get at(): number {
    return this.#at;
  }

  async load(): Promise<void> {
    for (let attempt = 1; attempt <= MOST_LOADS; attempt += 1) {
      const loaded = await this.#loadSnapshot();
      if (loaded === undefined) continue; // Somebody trimmed it while we read: there is a newer one.
      this.#at = loaded.at;
      this.#snapshotAt = loaded.at;
      this.#options.reset(loaded.state);
      await this.catchUp();
      return;
    }
    throw new RangeError('The registry is rewritten faster than it can be read.');
  }

  /** Reads what others have changed. */
  async catchUp(): Promise<void> {
    const { store } = this.#options;
    for (;;) {
      const isMore = (await store.get('changes', idOf(this.#at + 1))) !== undefined;
      const page = isMore ? await store.list('changes', idOf(this.#at + 1), PAGE) : [];
      if (await this.#isLeftBehind()) return this.load();
      if (!isMore) return;
      for (const { id, text } of page) {
        if (sequenceOf(id) !== this.#at + 1) break; // Not there yet for whoever listed: the next round finds it.
        this.#take(JSON.parse(text) as Entry);
      }
    }
  }

  /**
   * Makes the next change out of what is known: false when somebody else had the next word, whose change is then known, too. When the database did
   * not answer, asking again with the same `by` finds out whether it had happened.
   */
  async commit(by: string, changes: readonly Change[]): Promise<boolean> {
    const { store, clock } = this.#options;
    if (this.#asked?.by === by && this.#asked.isThere) return true;
    this.#asked = { by, isThere: false };
    const id = idOf(this.#at + 1);
    const entry: Entry = { by, changes };
    const isFirst = await store.insert('changes', { id, text: JSON.stringify(entry), atMs: clock.nowMs() });
    const there = isFirst ? entry : await this.#entryAt(id);
    // A replica that slept for long may find a number free because the change of that number was trimmed: its change is then none.
    if (await this.#isLeftBehind()) {
      if (isFirst) await store.remove('changes', id);
      await this.load();
      return false;
    }
    if (there?.by !== by) {
      await this.catchUp();
      return false;
    }
    this.#take(there);
    if (this.#at - this.#snapshotAt >= this.#limits.snapshotEvery) await this.#snapshot();
    return true;
  }

  #take({ by, changes }: Entry): void {
    this.#at += 1;
    if (this.#asked?.by === by) this.#asked.isThere = true;
    for (const change of changes) this.#options.apply(change);
  }

  async #entryAt(id: string): Promise<Entry | undefined> {
    const found = await this.#options.store.get('changes', id);
    return found && (JSON.parse(found.text) as Entry);
  }

  /**
   * Changes are trimmed only `kept` behind a snapshot that is complete. So what was seen at a number is true as long as, looked at afterwards, no
   * snapshot is farther ahead than that.
   */
  async #isLeftBehind(): Promise<boolean> {
    const head = await this.#options.store.newest('snapshots');
    if (head === undefined) return false;
    this.#snapshotAt = Math.max(this.#snapshotAt, sequenceOf(head.id));
    return sequenceOf(head.id) > this.#at + this.#limits.kept;
  }

  async #loadSnapshot(): Promise<{ readonly at: number; readonly state: readonly Change[] } | undefined> {
    const { store } = this.#options;
    const newest = await store.newest('snapshots');
    if (newest === undefined) return { at: 0, state: [] };
    const { by, parts } = JSON.parse(newest.text) as SnapshotHead;
    const state: Change[] = [];
    for (let part = 0; part < parts; part += 1) {
      const found = await store.get('parts', partId(newest.id, by, part));
      if (found === undefined) return undefined;
      state.push(...(JSON.parse(found.text) as Change[]));
    }
    return { at: sequenceOf(newest.id), state };
  }

  /** Whoever made the change that was one too many writes it. When that fails, the next change is one too many as well. */
  async #snapshot(): Promise<void> {
    const { store, clock, random, log, state } = this.#options;
    const id = idOf(this.#at);
    const by = Buffer.from(random.bytes(8)).toString('hex');
    const atMs = clock.nowMs();
    // All at once, before the first await: the state goes on changing.
    const texts = [...partsOf(state())];
    try {
      for (const [part, text] of texts.entries()) await store.insert('parts', { id: partId(id, by, part), text, atMs });
      const head: SnapshotHead = { by, parts: texts.length };
      const before = await store.newest('snapshots');
      if (!(await store.insert('snapshots', { id, text: JSON.stringify(head), atMs }))) return;
      this.#snapshotAt = sequenceOf(id);
      await store.removeBelow('changes', idOf(this.#snapshotAt - this.#limits.kept));
      if (before === undefined) return;
      await store.removeBelow('snapshots', before.id);
      await store.removeBelow('parts', before.id);
    } catch (error) {
      log.warn({ error }, 'The registry could not be summed up; the next change tries again.');
    }
  }
}

function partId(snapshot: string, by: string, part: number): string {
  return `${snapshot} ${by} ${idOf(part)}`;
}

function* partsOf(state: Iterable<Change>): Iterable<string> {
  let texts: string[] = [];
  let characters = 0;
  for (const change of state) {
    const text = JSON.stringify(change);
    texts.push(text);
    characters += text.length;
    if (texts.length < PART_CHANGES && characters < PART_CHARACTERS) continue;
    yield `[${texts.join(',')}]`;
    texts = [];
    characters = 0;
  }
  if (texts.length > 0) yield `[${texts.join(',')}]`;
}
