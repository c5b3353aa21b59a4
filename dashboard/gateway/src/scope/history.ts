/**
 * What lives in history alone: series (IntervalReading, ValidatedReading …) and entities the broker no longer has. Their ties are the
 * columns of the same names in the newest row that has them, which every server with QuantumLeap's API can be asked for.
 */

import type { TiedEntity } from '@contor/policy';
import type { Upstream } from '../upstream/upstream.js';

export interface Remembered {
  readonly id: string;
  readonly type: string;
}

export interface ScopeHistory {
  /** Everybody there ever was, in pages. */
  pages(): AsyncIterable<readonly Remembered[]>;
  /** What these were last tied to; one without ties is in the answer, too. */
  tiesOf(entities: readonly Remembered[]): Promise<readonly TiedEntity[]>;
}

/** QuantumLeap's own page. */
const PAGE = 10_000;
/** A body of some hundred kilobytes. */
const ASKED_AT_ONCE = 2_000;

export function createScopeHistory(history: Pick<Upstream, 'ask'>, ties: readonly string[]): ScopeHistory {
  /** All of them or 404 (QuantumLeap; ours says what there is): so a question that finds nothing is put in halves. */
  async function lastOf(entities: readonly Remembered[]): Promise<readonly TiedEntity[]> {
    const { status, body } = await history.ask({
      method: 'POST',
      path: '/v2/op/query?partial=true',
      body: { entities: entities.map(({ id, type }) => ({ id, type })), attrs: ties },
    });
    if (status === 200 && Array.isArray(body)) return body.filter(isRemembered).map((row) => toTied(row, ties));
    if (status !== 404) throw new Error(`History answered ${status} when asked for ties.`);
    if (entities.length < 2) return [];
    const middle = Math.ceil(entities.length / 2);
    return [...(await lastOf(entities.slice(0, middle))), ...(await lastOf(entities.slice(middle)))];
  }

  return {
    async *pages() {
      for (let offset = 0; ; offset += PAGE) {
        const path = `/v2/entities?limit=${PAGE}&offset=${offset}`;
        const { status, body } = await history.ask({ method: 'GET', path });
        const isNothing = status === 404 || (status === 200 && !Array.isArray(body));
        if (!isNothing && status !== 200) throw new Error(`History answered ${status} when asked who is there.`);
        const page = Array.isArray(body) ? body.filter(isRemembered) : [];
        yield page;
        if (!Array.isArray(body) || body.length < PAGE) return;
      }
    },
    async tiesOf(entities) {
      const found = new Map<string, TiedEntity>();
      for (let at = 0; at < entities.length; at += ASKED_AT_ONCE)
        for (const tied of await lastOf(entities.slice(at, at + ASKED_AT_ONCE))) found.set(tied.id, tied);
      return entities.map(({ id, type }) => found.get(id) ?? { id, type });
    },
  };
}

/** `{refDevice: {type: 'Text', value: 'urn:…'}}`: the value says what the attribute said, whatever kind it was. */
function toTied(row: Remembered & Readonly<Record<string, unknown>>, ties: readonly string[]): TiedEntity {
  const values = ties.flatMap((name) => {
    const cell = row[name];
    const value = typeof cell === 'object' && cell !== null && 'value' in cell ? cell.value : undefined;
    return value === undefined || value === null ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(values), id: row.id, type: row.type };
}

function isRemembered(row: unknown): row is Remembered & Readonly<Record<string, unknown>> {
  return (
    typeof row === 'object' &&
    row !== null &&
    'id' in row &&
    typeof row.id === 'string' &&
    'type' in row &&
    typeof row.type === 'string'
  );
}
