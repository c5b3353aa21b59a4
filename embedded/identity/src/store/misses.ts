/** Misses of the back-off as documents: those that make somebody wait are still there after a restart. */

import type { DocumentStore, Logger } from '@contor/kit';
import type { Misses, MissesKeeper } from '../back-off.js';

const KIND = 'misses';

export function missesIn(documents: DocumentStore, log: Logger): MissesKeeper {
  const complain = (error: unknown) =>
    log.warn({ error }, 'A miss could not be kept; it counts until the next restart.');
  return {
    load: () => [...documents.all(KIND)].map(({ id, value }) => [id, value as Misses] as const),
    keep: (id, value, expiresAtMs) => void documents.put({ kind: KIND, id, value, expiresAtMs }).catch(complain),
    forget: (id) => void documents.remove(KIND, id).catch(complain),
  };
}
