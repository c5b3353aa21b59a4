/**
 * A @context document becomes two maps: term → IRI and IRI → term. NGSI-LD needs no more of JSON-LD than that (4.4,
 * 5.5.7), and a map costs a microsecond where a JSON-LD library costs hundreds.
 */

import { intern, isList, isObject, type Json, type JsonObject } from '../json.js';
import { badRequest } from '../problem.js';
import { CORE_PREFIXES, CORE_TERMS, CORE_URL, DEFAULT_VOCABULARY, isCoreUrl } from './core.js';
import { Definitions, type Term } from './terms.js';

/** A URL, an inline object, or an array of both: what `@context` or a Link header named. */
export type ContextSource = Json;

/** Contexts within contexts: a bomb is refused before it is compiled. */
export const MAX_CONTEXT_DEPTH = 5;
/** Distinct names one context has expanded or compacted; beyond it the work is done again each time. */
const MAX_CACHED_NAMES = 20_000;
const MAX_NAME = 1024;

/** 4.6.2: a short name begins with a letter and has letters, digits, `_` and `-`. */
const SHORT_NAME = /^\p{L}[\p{L}\p{N}_-]*$/u;
const COMPACT_OR_IRI = /^[A-Za-z][A-Za-z0-9+._-]*:[^\s\p{Cc}<>"'(){}|\\^`;=]+$/u;

/** How a name came to its IRI, for people who wonder. */
export interface Explanation {
  readonly iri: string;
  readonly by: 'core' | 'term' | 'prefix' | 'defaultVocabulary' | 'iri';
  /** The term or prefix that decided, where it is defined, and how. */
  readonly term?: string;
  readonly origin?: string;
  readonly definition?: Json;
}

export class Context {
  readonly source: ContextSource;
  /** What a Link header can name for it (6.3.6); undefined when nothing can be read there. */
  readonly reference: () => string | undefined;
  /** Definitions that were read to make it. */
  readonly weight: number;
  readonly #terms: ReadonlyMap<string, Term>;
  readonly #reverse = new Map<string, string>();
  readonly #prefixes: readonly (readonly [string, string])[];
  readonly #expanded = new Map<string, string>();
  readonly #compacted = new Map<string, string>();

  constructor(source: ContextSource, { terms, weight }: Definitions, reference: Context['reference']) {
    this.source = source;
    this.weight = weight;
    this.reference = reference;
    this.#terms = terms;
    const prefixes: [string, string][] = [];
    for (const [name, { iri, isPrefix, refusal }] of terms) {
      if (iri === undefined) continue;
      if (isPrefix) prefixes.push([name, iri]);
      if (refusal !== undefined || !isName(name)) continue;
      const known = this.#reverse.get(iri);
      if (known === undefined || isBefore(name, known)) this.#reverse.set(iri, name);
    }
    for (const [term, iri] of CORE_TERMS) this.#reverse.set(iri, term);
    this.#prefixes = [...prefixes, ...CORE_PREFIXES];
  }

  /** The IRI of an entity type or attribute name. Throws a Problem when it can be no name at all (4.6.2). */
  expand(name: string): string {
    const known = this.#expanded.get(name);
    if (known !== undefined) return known;
    checkName(name);
    const iri = intern(this.#lookUp(name));
    if (this.#expanded.size < MAX_CACHED_NAMES) this.#expanded.set(name, iri);
    return iri;
  }

  /** The shortest name that expands to this IRI again under this context. */
  compact(iri: string): string {
    const known = this.#compacted.get(iri);
    if (known !== undefined) return known;
    const name = this.#shorten(iri);
    if (this.#compacted.size < MAX_CACHED_NAMES) this.#compacted.set(iri, name);
    return name;
  }

  /** Why a name expands as it does. */
  explain(name: string): Explanation {
    checkName(name);
    const iri = this.#lookUp(name);
    const decided = (by: Explanation['by'], term: string): Explanation => {
      const { origin = CORE_URL, definition = CORE_TERMS.get(term) ?? CORE_PREFIXES.get(term) ?? null } =
        this.#terms.get(term) ?? {};
      return { iri, by, term, origin, definition };
    };
    if (CORE_TERMS.has(name)) return decided('core', name);
    if (this.#terms.get(name)?.iri !== undefined) return decided('term', name);
    const prefix = name.slice(0, Math.max(0, name.indexOf(':')));
    if (prefix !== '') return iri === name ? { iri, by: 'iri' } : decided('prefix', prefix);
    const undone = this.#terms.get(name);
    return {
      iri,
      by: 'defaultVocabulary',
      ...(undone && { term: name, origin: undone.origin, definition: undone.definition }),
    };
  }

  #lookUp(name: string): string {
    const core = CORE_TERMS.get(name);
    if (core !== undefined) return core;
    const term = this.#terms.get(name);
    if (term?.refusal !== undefined)
      throw badRequest(`'${name}' cannot be used: in the @context of ${term.origin} it ${term.refusal}`);
    if (term?.iri !== undefined) return term.iri;
    const colon = name.indexOf(':');
    if (colon < 0) return DEFAULT_VOCABULARY + name;
    const suffix = name.slice(colon + 1);
    // `https://…` is an IRI even when somebody calls a prefix https (JSON-LD 1.1 API, 5.2).
    if (suffix.startsWith('//')) return name;
    const prefix = name.slice(0, colon);
    const known = this.#terms.get(prefix);
    const base = CORE_PREFIXES.get(prefix) ?? (known?.isPrefix ? known.iri : undefined);
    return base === undefined ? name : base + suffix;
  }

  /** JSON-LD 1.1 API, 6.3: a term, else the name within the vocabulary, else the shortest compact IRI. */
  #shorten(iri: string): string {
    const term = this.#reverse.get(iri);
    if (term !== undefined) return term;
    const inVocabulary = iri.startsWith(DEFAULT_VOCABULARY) ? iri.slice(DEFAULT_VOCABULARY.length) : '';
    if (this.#means(inVocabulary, iri)) return inVocabulary;
    let best: string | undefined;
    for (const [prefix, base] of this.#prefixes) {
      if (!iri.startsWith(base) || iri.length === base.length) continue;
      const candidate = `${prefix}:${iri.slice(base.length)}`;
      if ((best === undefined || isBefore(candidate, best)) && this.#means(candidate, iri)) best = candidate;
    }
    return best ?? iri;
  }

  #means(candidate: string, iri: string): boolean {
    return isName(candidate) && this.#terms.get(candidate)?.refusal === undefined && this.#lookUp(candidate) === iri;
  }
}

function isName(text: string): boolean {
  return SHORT_NAME.test(text) || COMPACT_OR_IRI.test(text);
}

function checkName(name: string): void {
  if (name.length > MAX_NAME || !isName(name))
    throw badRequest(`'${name.slice(0, 80)}' is not a name: letters, digits, '_' and '-', or an IRI (4.6.2)`);
}

/** Of two names of one IRI the shorter one, and of equals the first in order (JSON-LD 1.1 API, 4.3), so that answers are always the same. */
function isBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}

/** Finds the document behind a URL; throws LdContextNotAvailable for one we do not hold. */
export type FindContext = (url: string) => Json;

export function compileContext(
  source: ContextSource,
  find: FindContext,
  reference: Context['reference'] = () => (typeof source === 'string' ? source : undefined),
): Context {
  const definitions = new Definitions();
  collect(source, { find, definitions, origin: 'inline', depth: 0 });
  return new Context(source, definitions, reference);
}

interface Collecting {
  readonly find: FindContext;
  readonly definitions: Definitions;
  /** Where this part comes from. */
  readonly origin: string;
  readonly depth: number;
}

function collect(source: Json, at: Collecting): void {
  const { definitions, origin, depth } = at;
  if (depth > MAX_CONTEXT_DEPTH) throw badRequest(`@context is nested deeper than ${MAX_CONTEXT_DEPTH} levels`);
  if (typeof source === 'string') {
    definitions.count();
    const url = absolute(source, origin);
    if (!isCoreUrl(url)) collect(contextIn(at.find(url), url), { ...at, origin: url, depth: depth + 1 });
  } else if (isList(source)) {
    for (const item of source) {
      definitions.count();
      collect(item, { ...at, depth: depth + 1 });
    }
  } else if (isObject(source)) {
    definitions.add(withImport(source, at), origin);
  } else if (source === null) {
    definitions.clear();
  } else {
    throw badRequest('@context must be a URL, an object or an array of them');
  }
}

/** JSON-LD 1.1, 4.1.11: what is imported stands before what the context says itself. */
function withImport(local: JsonObject, { find, origin }: Collecting): JsonObject {
  const { '@import': imported, ...own } = local;
  if (imported === undefined) return local;
  if (typeof imported !== 'string') throw badRequest('@context: @import must be a URL');
  const url = absolute(imported, origin);
  const document = isCoreUrl(url) ? {} : contextIn(find(url), url);
  if (!isObject(document) || '@import' in document)
    throw badRequest(`@context: ${url.slice(0, 200)} cannot be imported, only a single object without @import can`);
  return { ...document, ...own };
}

function contextIn(document: Json, url: string): Json {
  const context = isObject(document) ? document['@context'] : undefined;
  if (context === undefined)
    throw badRequest(
      `the document at ${url.slice(0, 200)} is no @context: it is not an object with the member @context`,
    );
  return context;
}

/** A context may name another one relative to where it stands itself (JSON-LD 1.1, 4.1). */
function absolute(reference: string, origin: string): string {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(reference) || !/^https?:/.test(origin)) return reference;
  return URL.canParse(reference, origin) ? new URL(reference, origin).href : reference;
}
