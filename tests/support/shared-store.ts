/** The database of several replicas, in memory: unique ids, and nothing else that is decided once. A replica can be cut off, its writes can be lost or be done without an answer. */

import {
  type Collection,
  databaseAway,
  type SharedStore,
  type StoredDocument,
} from '@contor/agent-kit/registry/mongo/store.js';

export type Fault = 'none' | 'away' | 'lost' | 'unanswered';

export class FakeDatabase {
  readonly #collections = new Map<string, Map<string, StoredDocument>>();
  asked = 0;

  rows(collection: Collection): Map<string, StoredDocument> {
    const rows = this.#collections.get(collection) ?? new Map<string, StoredDocument>();
    this.#collections.set(collection, rows);
    return rows;
  }

  ids(collection: Collection): readonly string[] {
    return [...this.rows(collection).keys()].sort();
  }

  /** What one replica sees of it. `turn` is awaited before and after each step: there others may come between. */
  connect(fault: () => Fault = () => 'none', turn: () => Promise<void> = () => Promise.resolve()): SharedStore {
    const step = async <T>(work: () => T): Promise<T> => {
      this.asked += 1;
      await turn();
      const now = fault();
      if (now === 'away' || now === 'lost') throw databaseAway(undefined);
      const result = work();
      await turn();
      if (now === 'unanswered') throw databaseAway(undefined);
      return result;
    };
    const after = (collection: Collection, from: string, limit: number) =>
      this.ids(collection)
        .filter((id) => id >= from)
        .slice(0, limit)
        .flatMap((id) => this.rows(collection).get(id) ?? []);
    return {
      insert: (collection, document) =>
        step(() => {
          const rows = this.rows(collection);
          if (rows.has(document.id)) return false;
          rows.set(document.id, document);
          return true;
        }),
      get: (collection, id) => step(() => this.rows(collection).get(id)),
      newest: (collection) => step(() => this.rows(collection).get(this.ids(collection).at(-1) ?? '')),
      list: (collection, from, limit) => step(() => after(collection, from, limit)),
      remove: (collection, id) => step(() => void this.rows(collection).delete(id)),
      removeBelow: (collection, below) =>
        step(() => {
          for (const id of this.ids(collection)) if (id < below) this.rows(collection).delete(id);
        }),
      removeOlder: (collection, atMs) =>
        step(() => {
          for (const row of [...this.rows(collection).values()])
            if (row.atMs < atMs) this.rows(collection).delete(row.id);
        }),
      close: () => Promise.resolve(),
    };
  }
}
