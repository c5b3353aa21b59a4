/** What a handler of the API is given: the question, and the house that answers it. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Backups } from '../backups.js';
import type { Role } from '../deviations.js';
import type { HistoryStore } from '../store/history-store.js';
import type { Retention } from '../store/retention.js';
import type { Query } from './parameters.js';

export interface Asked {
  readonly tenant: string;
  /** Service paths as prefixes; undefined or '' among them: everywhere. */
  readonly paths: readonly string[] | undefined;
  readonly query: Query;
  readonly path: Readonly<Record<string, string | undefined>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array | undefined;
  readonly arrivalMs: number;
}

export interface House {
  readonly store: HistoryStore;
  readonly retention: Retention;
  readonly backups: Backups;
  readonly defaultLimit: number;
  readonly role: Role;
}
