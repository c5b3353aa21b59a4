/** QuantumLeap's answers in a few lines: what the client may count on, from what its code does and not from its document. */

import type { Answer, Asked } from './small-server.js';

export type Row = Readonly<Record<string, number | string | null>>;
/** Entity → [time, row], ascending. */
export type Rows = ReadonlyMap<string, readonly (readonly [timeMs: number, row: Row])[]>;

const PAGE = 10_000;

export function smallHistory(type: string, rows: Rows): (asked: Asked) => Answer {
  return ({ path, query }) => {
    const limit = Math.min(Number(query.get('limit') ?? PAGE), PAGE);
    const offset = Number(query.get('offset') ?? 0);
    const attrs = query.get('attrs')?.split(',') ?? [];
    const [, entityId, attrName] = /^\/v2\/entities\/([^/]+)(?:\/attrs\/([^/]+))?$/.exec(path) ?? [];
    if (path === '/v2/entities') {
      const all = [...rows].map(([id, list]) => ({ id, type, index: stamp(list.at(-1)?.[0] ?? 0) }));
      return { body: all.slice(offset, offset + limit) };
    }
    if (entityId !== undefined) {
      const id = decodeURIComponent(entityId);
      const found = within(rows.get(id) ?? [], query);
      const page = query.has('lastN') ? found.slice(-Number(query.get('lastN'))) : found.slice(offset, offset + limit);
      if (page.length === 0) return { body: [] };
      if (attrName === undefined) return { body: { id, type, ...columns(page, attrs) } };
      const valued = found
        .filter(([, row]) => row[attrName] !== null && row[attrName] !== undefined)
        .slice(-Number(query.get('lastN')));
      return {
        body: {
          id,
          type,
          attrName,
          index: valued.map(([ms]) => stamp(ms)),
          values: valued.map(([, row]) => row[attrName]),
        },
      };
    }
    if (path === `/v2/types/${type}`) {
      const wanted = query.get('id')?.split(',');
      const flat = [...rows]
        .filter(([id]) => wanted?.includes(id) ?? true)
        .flatMap(([id, list]) => within(list, query).map((row) => [id, row] as const));
      const page = flat.slice(offset, offset + limit);
      const ids = [...new Set(page.map(([id]) => id))];
      return {
        body: {
          type,
          entities: ids.map((id) => ({
            id,
            ...columns(
              page.flatMap(([other, row]) => (other === id ? [row] : [])),
              attrs,
            ),
          })),
        },
      };
    }
    return { status: 404, body: { error: 'Not Found', description: 'No records were found for such query.' } };
  };
}

/** Both ends are inclusive. */
function within(
  list: readonly (readonly [number, Row])[],
  query: URLSearchParams,
): readonly (readonly [number, Row])[] {
  const from = Date.parse(query.get('fromDate') ?? '0001-01-01');
  const to = Date.parse(query.get('toDate') ?? '9999-01-01');
  return list.filter(([ms]) => ms >= from && ms <= to);
}

/** Attributes come in the order of the alphabet, and those nobody has stay away. */
function columns(page: readonly (readonly [number, Row])[], attrs: readonly string[]) {
  const present = [...attrs].sort().filter((name) => page.some(([, row]) => name in row));
  return {
    index: page.map(([ms]) => stamp(ms)),
    attributes: present.map((attrName) => ({ attrName, values: page.map(([, row]) => row[attrName] ?? null) })),
  };
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+00:00');
}
