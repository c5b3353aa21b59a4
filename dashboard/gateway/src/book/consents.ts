/** The chapter of consents: whether a site agrees to profiling, since when, by whom, and how that came about (T34). */

import { CONSENT_CHANGES, CONSENTS_LIMIT, type ConsentEntry } from './entries.js';
import { done, type Ledger, type Outcome, refused } from './ledger.js';

export interface Consents {
  /** `undefined`: nobody was ever asked, which is a no. */
  get(siteId: string): ConsentEntry | undefined;
  set(siteId: string, profiling: boolean, by: string): Promise<Outcome<ConsentEntry>>;
}

export function createConsents({ consents, inTurn, commit, tenant, clock }: Ledger): Consents {
  return {
    get: (siteId) => consents.get(siteId),
    set: (siteId, profiling, by) =>
      inTurn(async () => {
        const before = consents.get(siteId);
        if (before === undefined && consents.all().length >= CONSENTS_LIMIT) return refused('entry.limit');
        if (before?.profiling === profiling) return done(before, before);
        const atMs = clock.nowMs();
        const history = [...(before?.history ?? []), { profiling, atMs, by }].slice(-CONSENT_CHANGES);
        const revision = (before?.revision ?? 0) + 1;
        const after: ConsentEntry = { tenant, siteId, profiling, sinceMs: atMs, by, history, revision };
        await commit(consents.put(siteId, after), []);
        return done(after, before);
      }),
  };
}
