/**
 * What lies under the chapters of the book: documents of one tenant over a durable log. One change at a time, so that a rule which
 * looks at several entries (the last administrator) is never true of two changes that are wrong together.
 */

import type { Clock, DocumentStore } from '@contor/kit';
import type { ConsentEntry, PartnerEntry, PersonEntry, Rights, RoleEntry } from './entries.js';

export type Outcome<Entry> = Done<Entry> | Refused;

export interface Done<Entry> {
  readonly kind: 'done';
  readonly entry: Entry;
  readonly before: Entry | undefined;
}

export interface Refused {
  readonly kind: 'refused';
  readonly code: BookRefusal;
  readonly detail?: string;
}

export type BookRefusal =
  | 'entry.unknown'
  | 'entry.changed'
  | 'entry.exists'
  | 'entry.limit'
  | 'role.unknown'
  | 'role.built-in'
  | 'role.in-use'
  | 'roles.follow-provider'
  | 'administrator.last'
  | 'client.taken';

/** What somebody who changes an entry must show: the revision they have read. `new`: there must be none yet. */
export type Expected = number | 'new';

export interface Ledger {
  readonly tenant: string;
  readonly clock: Clock;
  readonly people: Table<PersonEntry>;
  readonly roles: Table<RoleEntry>;
  readonly partners: Table<PartnerEntry>;
  readonly consents: Table<ConsentEntry>;
  inTurn<T>(step: () => Promise<T>): Promise<T>;
  /** Tells who is touched at once, and resolves when it is durable. */
  commit(written: Promise<void>, subjectIds: readonly string[]): Promise<void>;
  /** Told after each change, with the ids of the subjects it touches. */
  onChange(listener: (subjectIds: readonly string[]) => void): void;
  close(): Promise<void>;
}

export interface LedgerParts {
  readonly documents: DocumentStore;
  readonly tenant: string;
  readonly clock: Clock;
}

export function createLedger({ documents, tenant, clock }: LedgerParts): Ledger {
  const listeners: ((subjectIds: readonly string[]) => void)[] = [];
  const tell = (subjectIds: readonly string[]) => {
    for (const listener of listeners) listener(subjectIds);
  };
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const mine = last.then(step);
    last = mine.catch(() => undefined); // A step that fails is its caller's trouble, not the next one's.
    return mine;
  };
  return {
    ...{ tenant, clock, inTurn },
    people: new Table<PersonEntry>(documents, 'person', tenant),
    roles: new Table<RoleEntry>(documents, 'role', tenant),
    partners: new Table<PartnerEntry>(documents, 'partner', tenant),
    consents: new Table<ConsentEntry>(documents, 'consent', tenant),
    async commit(written, subjectIds) {
      tell(subjectIds); // Memory has changed already.
      try {
        await written;
      } catch (error) {
        tell(subjectIds); // The disk refused, so memory has changed back.
        throw error;
      }
    },
    onChange: (listener) => void listeners.push(listener),
    close: () => inTurn(() => documents.close()),
  };
}

/** One kind of entry, by name. */
export class Table<Entry extends { readonly revision: number }> {
  readonly #documents: DocumentStore;
  readonly #kind: string;
  readonly #prefix: string;

  constructor(documents: DocumentStore, kind: string, tenant: string) {
    this.#documents = documents;
    this.#kind = kind;
    this.#prefix = `${tenant}/`; // A gateway that changes its tenant must not find the rights of the other one.
  }

  get(name: string): Entry | undefined {
    return this.#documents.get(this.#kind, this.#prefix + name) as Entry | undefined;
  }

  all(): readonly Entry[] {
    const found: Entry[] = [];
    for (const { id, value } of this.#documents.all(this.#kind)) {
      if (id.startsWith(this.#prefix)) found.push(value as Entry);
    }
    return found;
  }

  put(name: string, entry: Entry): Promise<void> {
    return this.#documents.put({ kind: this.#kind, id: this.#prefix + name, value: entry });
  }

  remove(name: string): Promise<void> {
    return this.#documents.remove(this.#kind, this.#prefix + name);
  }

  /** The entry as its reader knows it, or why they must read it again. */
  read(name: string, expected: number): Entry | Refused {
    const entry = this.get(name);
    if (entry === undefined) return refused('entry.unknown');
    return entry.revision === expected ? entry : refused('entry.changed');
  }
}

export function isRefused<Entry extends object>(read: Entry | Refused): read is Refused {
  return 'kind' in read && read.kind === 'refused';
}

export function refused(code: BookRefusal, detail?: string): Refused {
  return { kind: 'refused', code, ...(detail === undefined ? {} : { detail }) };
}

export function done<Entry>(entry: Entry, before: Entry | undefined): Done<Entry> {
  return { kind: 'done', entry, before };
}

export function unknownRoleIn({ roles }: Ledger, rights: Rights): Refused | undefined {
  const unknown = rights.roles.find((name) => roles.get(name) === undefined);
  return unknown === undefined ? undefined : refused('role.unknown', `There is no role '${unknown}'.`);
}
