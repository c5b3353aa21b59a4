/**
 * Which query parameters go through, and how much they may ask for (T32). What is not listed is refused by name, so that a
 * parameter that widens a query can never slip past the rules that will narrow it by site.
 */

export interface ParameterRules {
  readonly allowed: ReadonlySet<string>;
  /** Largest whole number, by parameter. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Beyond it a page is no page. */
const PAGE_LIMIT = 1_000;
/** QuantumLeap's own page of points: a day of readings every ten seconds is 8,640. Columns of numbers, not entities. */
const POINTS_LIMIT = 10_000;
/** Deeper pages are a query that should have been narrower. */
const OFFSET_LIMIT = 1_000_000;
const LONGEST_VALUE = 2_048;

/** GS CIM 009, 6.4.3.2 (query entities), 6.5.3.1 (retrieve), 6.25 (types). */
export const NGSI_LD_PARAMETERS: ParameterRules = {
  allowed: new Set([
    ...['id', 'type', 'idPattern', 'attrs', 'pick', 'omit', 'q', 'scopeQ', 'datasetId', 'lang', 'orderBy'],
    ...['georel', 'geometry', 'coordinates', 'geoproperty', 'geometryProperty'],
    ...['limit', 'offset', 'count', 'options', 'format', 'details', 'local'],
  ]),
  limits: { limit: PAGE_LIMIT, offset: OFFSET_LIMIT },
};

/** QuantumLeap 1.0, "Queries". */
export const QUANTUMLEAP_PARAMETERS: ParameterRules = {
  allowed: new Set([
    ...['id', 'type', 'idPattern', 'attrs', 'fromDate', 'toDate', 'lastN', 'limit', 'offset', 'options'],
    ...['aggrMethod', 'aggrPeriod', 'aggrScope', 'georel', 'geometry', 'coords'],
  ]),
  limits: { limit: POINTS_LIMIT, lastN: POINTS_LIMIT, offset: OFFSET_LIMIT },
};

export type Checked =
  | { readonly kind: 'value'; readonly query: string }
  | { readonly kind: 'refused'; readonly detail: string };

export function checkParameters(query: string, { allowed, limits }: ParameterRules): Checked {
  const seen = new Set<string>();
  const passed = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!allowed.has(name)) return refused(`The parameter ${quoted(name)} is not known here.`);
    if (seen.has(name)) return refused(`The parameter ${quoted(name)} stands twice.`);
    if (value.length > LONGEST_VALUE) return refused(`The parameter ${quoted(name)} is too long.`);
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
    if (limit !== undefined && !isUpTo(value, limit)) {
      return refused(`The parameter ${quoted(name)} must be a whole number up to ${limit}.`);
    }
    seen.add(name);
    passed.append(name, value);
  }
  const text = passed.toString();
  return { kind: 'value', query: text === '' ? '' : `?${text}` };
}

function isUpTo(value: string, limit: number): boolean {
  return /^\d{1,9}$/.test(value) && Number(value) <= limit;
}

function refused(detail: string): Checked {
  return { kind: 'refused', detail };
}

function quoted(name: string): string {
  return `'${name.slice(0, 40)}'`;
}
