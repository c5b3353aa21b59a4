/** What history promises, as a plain map in memory: readings told, revised, asked for by window, by page and by bucket. */

export const TYPES = ['Meter', 'Gauge'] as const;
export const IDS = ['urn:a', 'urn:b', 'urn:c'] as const;
export const NAMES = ['energy', 'note', 'power'] as const;
export const STEP_MS = 900_000;
/** The clocks of Lord Howe go back on 5 April, those of Bucharest go forward on 29 March. */
export const START_MS = Date.UTC(2026, 2, 28, 20);
export const HOP_MS = Date.UTC(2026, 3, 4, 12);

interface Telling {
  readonly value: number | string;
  readonly version: number;
  readonly arrival: number;
}

export interface Sending {
  readonly type: string;
  readonly id: string;
  readonly ms: number;
  readonly recordedAtMs: number | undefined;
  readonly values: Readonly<Record<string, number | string>>;
}

export interface Row {
  readonly id: string;
  readonly ms: number;
  readonly said: Readonly<Record<string, number | string>>;
}

/** What history promises, without a database. */
export class Model {
  readonly #tellings = new Map<string, Map<string, Map<number, Map<string, Telling[]>>>>();
  #arrival = 0;

  take({ type, id, ms, recordedAtMs, values }: Sending): void {
    this.#arrival += 1;
    const cells = at(at(at(this.#tellings, type), id), ms);
    for (const [name, value] of Object.entries(values)) {
      const list = cells.get(name) ?? [];
      list.push({ value, version: recordedAtMs ?? -1, arrival: this.#arrival });
      cells.set(name, list);
    }
  }

  /** In the order in which they were first heard of, as the tables number them. */
  ids(type: string): readonly string[] {
    return [...(this.#tellings.get(type)?.keys() ?? [])];
  }

  /** Rows that say something of one of the attributes, by time and then by entity. */
  rows(type: string, names: readonly string[], asOfMs = Number.POSITIVE_INFINITY): readonly Row[] {
    const rows: Row[] = [];
    for (const [id, instants] of this.#tellings.get(type) ?? []) {
      for (const [ms, cells] of instants) {
        const said = names.flatMap((name) => {
          const known = (cells.get(name) ?? []).filter(({ version }) => version <= asOfMs);
          const newest = known.sort((a, b) => b.version - a.version || b.arrival - a.arrival)[0];
          return newest === undefined ? [] : [[name, newest.value] as const];
        });
        if (said.length > 0) rows.push({ id, ms, said: Object.fromEntries(said) });
      }
    }
    const order = this.ids(type);
    return rows.sort((a, b) => a.ms - b.ms || order.indexOf(a.id) - order.indexOf(b.id));
  }

  revisions(
    type: string,
    id: string,
    name: string,
  ): readonly (readonly [ms: number, version: number, value: unknown])[] {
    const told: [number, number, unknown][] = [];
    const instants = [...(this.#tellings.get(type)?.get(id) ?? [])].sort(([a], [b]) => a - b);
    for (const [ms, cells] of instants) {
      let last: Telling | undefined;
      for (const telling of [...(cells.get(name) ?? [])].sort(
        (a, b) => a.version - b.version || a.arrival - b.arrival,
      )) {
        if (last?.version !== telling.version || last.value !== telling.value)
          told.push([ms, telling.version, telling.value]);
        last = telling;
      }
    }
    return told;
  }
}

function at<K, I, V>(map: Map<K, Map<I, V>>, key: K): Map<I, V> {
  const found = map.get(key) ?? new Map<I, V>();
  map.set(key, found);
  return found;
}

export interface Question {
  readonly type: string;
  readonly names: readonly string[];
  readonly ids: readonly string[] | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly lastN: number | undefined;
  readonly limit: number | undefined;
  readonly offset: number | undefined;
  readonly asOfMs: number | undefined;
}

export interface Told {
  readonly id: string;
  readonly index: readonly number[];
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

/** LIMIT and OFFSET over the rows of a type, newest first when lastN is asked; told ascending, entity by entity. */
function windowed<T>(rows: readonly T[], { lastN, limit = 10_000, offset = 0 }: Question): readonly T[] {
  const ordered = lastN === undefined ? rows : [...rows].reverse();
  const page = ordered.slice(offset, offset + Math.min(lastN ?? limit, limit));
  return lastN === undefined ? page : [...page].reverse();
}

export function selected(model: Model, question: Question): readonly Row[] {
  const { type, names, ids, fromMs = -Infinity, toMs = Infinity, asOfMs } = question;
  return model
    .rows(type, names, asOfMs)
    .filter(({ id, ms }) => (ids?.includes(id) ?? true) && ms >= fromMs && ms <= toMs);
}

export function told(
  model: Model,
  question: Question,
  rows = windowed(selected(model, question), question),
): readonly Told[] {
  const present = question.names.filter((name) => hasColumn(model, question.type, name)).sort();
  return [...new Set(rows.map(({ id }) => id))].sort().map((id) => {
    const own = rows.filter((row) => row.id === id);
    return {
      id,
      index: own.map(({ ms }) => ms),
      columns: Object.fromEntries(present.map((name) => [name, own.map(({ said }) => said[name] ?? null)])),
    };
  });
}

function hasColumn(model: Model, type: string, name: string): boolean {
  return model.rows(type, [name]).length > 0;
}

export const METHODS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  count: (values) => values.length,
  sum: (values) => values.reduce((sum, value) => sum + Math.round(value * 1000), 0) / 1000,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  first: (values) => values[0] ?? Number.NaN,
  last: (values) => values.at(-1) ?? Number.NaN,
};

/** Of the energy of each entity. */
export function aggregated(model: Model, question: Question, method: string, startOf: (ms: number) => number) {
  const order = model.ids(question.type);
  const buckets = new Map<string, { id: string; start: number; values: number[] }>();
  for (const { id, ms, said } of selected(model, question)) {
    const start = startOf(ms);
    const bucket = buckets.get(`${id} ${start}`) ?? { id, start, values: [] };
    bucket.values.push(Number(said.energy));
    buckets.set(`${id} ${start}`, bucket);
  }
  const { lastN, limit = 10_000, offset = 0 } = question;
  const sign = lastN === undefined ? 1 : -1;
  const sorted = [...buckets.values()].sort(
    (a, b) => order.indexOf(a.id) - order.indexOf(b.id) || sign * (a.start - b.start),
  );
  const page = sorted.slice(offset, offset + Math.min(lastN ?? limit, limit));
  return [...new Set(page.map(({ id }) => id))].sort().map((id) => {
    const own = page.filter((bucket) => bucket.id === id).sort((a, b) => a.start - b.start);
    return { id, index: own.map(({ start }) => start), values: own.map(({ values }) => METHODS[method]?.(values)) };
  });
}
