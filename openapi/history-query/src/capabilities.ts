/** What a history server can do beyond QuantumLeap. Asked once; a server that does not know the question is a QuantumLeap. */

import { isAxiosError } from 'axios';
import type { Connection } from './connection.js';
import { RequestError } from './request-error.js';

export interface Capabilities {
  /** Sent twice is told once. */
  readonly idempotent: boolean;
  /** Earlier values are kept and can be asked for. */
  readonly revisions: boolean;
  /** Buckets of any time zone, and periods and methods of `periods` and `methods`. */
  readonly zones: boolean;
  /** Sums and differences of decimals as integers of the last digit. */
  readonly exactSums: boolean;
  /** POST /v2/query. */
  readonly scopes: boolean;
  /** POST /v2/op/query tells when each value was observed. */
  readonly lastValues: boolean;
  readonly periods: readonly string[];
  readonly methods: readonly string[];
  readonly formats: readonly string[];
}

export const QUANTUMLEAP: Capabilities = {
  ...{ idempotent: false, revisions: false, zones: false, exactSums: false, scopes: false, lastValues: false },
  periods: ['year', 'month', 'day', 'hour', 'minute', 'second'],
  methods: ['count', 'sum', 'avg', 'min', 'max'],
  formats: ['json'],
};

/** Asks again only when nobody answered. */
export function capabilitiesOf({ basePath, axios }: Connection): () => Promise<Capabilities> {
  let known: Promise<Capabilities> | undefined;
  return () => {
    known ??= axios
      .get<Partial<Capabilities>>(`${basePath}/capabilities`)
      .then(({ data }) => (isFields(data) ? { ...QUANTUMLEAP, ...data } : QUANTUMLEAP))
      .catch((error: unknown) => {
        if (statusOf(error) === 404) return QUANTUMLEAP;
        known = undefined;
        throw error;
      });
    return known;
  };
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof RequestError) return error.status;
  return isAxiosError(error) ? error.response?.status : undefined;
}

function isFields(data: unknown): boolean {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
