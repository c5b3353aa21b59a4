/**
 * A question for entities, as a URL (GS CIM 009, 6.4.3.2) or a document (5.2.23) asks it, in one form: whom it names, what it filters by,
 * which page, and how the answer is to look. What is not known here is refused by name.
 */

import { shortName } from './names.js';
import { REPRESENTATIONS, type Representation } from './representation.js';

export interface Selector {
  readonly ids: readonly string[] | undefined;
  readonly idPattern: string | undefined;
  /** Short names, any of which will do; none: every type. */
  readonly types: readonly string[];
}

export interface View {
  readonly representation: Representation;
  readonly sysAttrs: boolean;
}

export interface EntityQuestion {
  /** Alternatives. */
  readonly selectors: readonly Selector[];
  readonly q: string | undefined;
  /** Other members of a query document, as they go on to the broker. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly isLocal: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly wantsCount: boolean;
  readonly view: View;
}

export type Asked =
  | { readonly kind: 'value'; readonly question: EntityQuestion }
  | { readonly kind: 'refused'; readonly detail: string };

/** The broker's own (6.3.10). */
const DEFAULT_LIMIT = 20;
const MOST_SELECTORS = 100;
const MOST_IDS = 10_000;
const LISTS = ['attrs', 'pick', 'omit', 'datasetId'] as const;
const DOCUMENT_MEMBERS: ReadonlySet<string> = new Set([
  ...['type', '@context', 'entities', 'q', 'geoQ', 'scopeQ', 'lang', 'ordering'],
  ...LISTS,
]);

/** The URL's parameters have been checked: each stands once, limit and offset are numbers. */
export function readQuery(parameters: URLSearchParams): Asked {
  const view = readView(parameters);
  if (view === undefined)
    return refused("'options' and 'format' are normalized, concise, simplified, keyValues or sysAttrs.");
  const [georel, orderBy] = [parameters.get('georel'), parameters.get('orderBy')];
  const lists = LISTS.flatMap((name) => {
    const text = parameters.get(name);
    return text === null ? [] : [[name, text.split(/[,|]/).map((part) => part.trim())]];
  });
  const texts = ['scopeQ', 'lang'].flatMap((name) => {
    const text = parameters.get(name);
    return text === null ? [] : [[name, text]];
  });
  const members = {
    ...Object.fromEntries([...lists, ...texts]),
    ...(georel === null ? {} : { geoQ: geoOf(georel, parameters) }),
    ...(orderBy === null ? {} : { ordering: { orderBy: orderBy.split(',') } }),
  };
  const selector: Selector = {
    ids: parameters
      .get('id')
      ?.split(',')
      .map((id) => id.trim()),
    idPattern: parameters.get('idPattern') ?? undefined,
    types: typesOf(parameters.get('type') ?? '*'),
  };
  return question([selector], parameters.get('q') ?? undefined, members, parameters, view);
}

/** `body` is what somebody sent; page and look are in the URL (6.23). */
export function readDocument(body: unknown, parameters: URLSearchParams): Asked {
  const view = readView(parameters);
  if (view === undefined)
    return refused("'options' and 'format' are normalized, concise, simplified, keyValues or sysAttrs.");
  if (!isFields(body) || body.type !== 'Query') return refused("The body is an object of type 'Query' (5.2.23).");
  const unknown = Object.keys(body).find((name) => !DOCUMENT_MEMBERS.has(name));
  if (unknown !== undefined) return refused(`A query has no member '${unknown.slice(0, 40)}' here.`);
  const { entities = [{}], q, ...rest } = body;
  if (q !== undefined && typeof q !== 'string') return refused("'q' is a text.");
  if (!Array.isArray(entities) || entities.length === 0 || entities.length > MOST_SELECTORS)
    return refused(`'entities' is a list of 1 to ${MOST_SELECTORS} selectors.`);
  const selectors = entities.map(readSelector);
  const wrong = selectors.find((selector) => typeof selector === 'string');
  if (typeof wrong === 'string') return refused(wrong);
  const { type: _type, '@context': _context, ...members } = rest;
  return question(selectors as readonly Selector[], q, members, parameters, view);
}

function question(
  selectors: readonly Selector[],
  q: string | undefined,
  members: Readonly<Record<string, unknown>>,
  parameters: URLSearchParams,
  view: View,
): Asked {
  const limit = Number(parameters.get('limit') ?? DEFAULT_LIMIT);
  const wantsCount = parameters.get('count') === 'true';
  if (limit === 0 && !wantsCount) return refused('limit=0 needs count=true (6.3.13).');
  const page = { limit, offset: Number(parameters.get('offset') ?? 0), wantsCount };
  const isLocal = parameters.get('local') === 'true';
  return { kind: 'value', question: { selectors, q, members, isLocal, ...page, view } };
}

/** `format` has the last word (6.3.7). */
export function readView(parameters: URLSearchParams): View | undefined {
  let view: View = { representation: 'normalized', sysAttrs: false };
  const words = [...(parameters.get('options')?.split(',') ?? []), ...(parameters.get('format')?.split(',') ?? [])];
  for (const word of words) {
    const representation = word === 'keyValues' ? 'simplified' : REPRESENTATIONS.find((known) => known === word);
    if (word === 'sysAttrs') view = { ...view, sysAttrs: true };
    else if (representation === undefined) return undefined;
    else view = { ...view, representation };
  }
  return view;
}

function geoOf(georel: string, parameters: URLSearchParams): Readonly<Record<string, unknown>> {
  const [geometry, coordinates] = [parameters.get('geometry'), parameters.get('coordinates')];
  const geoproperty = parameters.get('geoproperty');
  return {
    georel,
    ...(geometry === null ? {} : { geometry }),
    ...(coordinates === null ? {} : { coordinates }),
    ...(geoproperty === null ? {} : { geoproperty }),
  };
}

function readSelector(json: unknown): Selector | string {
  if (!isFields(json)) return 'A selector is an object.';
  const { id, idPattern, type = '*', ...others } = json;
  const [other] = Object.keys(others);
  if (other !== undefined) return `A selector has no member '${other.slice(0, 40)}'.`;
  const ids = id === undefined ? undefined : [id].flat();
  if (typeof type !== 'string') return "'type' is a text.";
  if (idPattern !== undefined && typeof idPattern !== 'string') return "'idPattern' is a text.";
  if (ids !== undefined && (ids.length > MOST_IDS || !ids.every((one) => typeof one === 'string')))
    return `'id' is a URI or a list of at most ${MOST_IDS}.`;
  // 5.2.33: id takes precedence over idPattern.
  return {
    ids: ids as string[] | undefined,
    idPattern: ids === undefined ? idPattern : undefined,
    types: typesOf(type),
  };
}

/** 4.17: alternatives by `,` or `|`. Of `(A;B)` an entity would need both; ours have one type each, so it stands for none. */
export function typesOf(selection: string): readonly string[] {
  if (selection.trim() === '*') return [];
  return selection.split(/[,|]/).map((type) => shortName(type.trim().replace(/^\(([^;]*)\)$/, '$1')));
}

function refused(detail: string): Asked {
  return { kind: 'refused', detail };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
