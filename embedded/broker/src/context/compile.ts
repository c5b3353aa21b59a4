/**
 * A @context document becomes two maps: term → IRI and IRI → term. NGSI-LD needs no more of JSON-LD than that (4.4,
 * 5.5.7), and a map costs a microsecond where a JSON-LD library costs hundreds.
 */

import { intern, isList, isObject, type Json } from '../json.js';
import { badRequest } from '../problem.js';
import { CORE_PREFIXES, CORE_TERMS, DEFAULT_VOCABULARY } from './core.js';

/** A URL, an inline object, or an array of both: what `@context` or a Link header named. */
export type ContextSource = Json;

/** Contexts within contexts, and terms of all of them together: a bomb is refused before it is compiled. */
export const MAX_CONTEXT_DEPTH = 5;
const MAX_TERMS = 20_000;
/** Distinct names one context has expanded or compacted; beyond it the work is done again each time. */
const MAX_CACHED_NAMES = 20_000;
const MAX_NAME = 1024;

/** 4.6.2: a short name begins with a letter and has letters, digits, `_` and `-`. */
const SHORT_NAME = /^\p{L}[\p{L}\p{N}_-]*$/u;
const COMPACT_OR_IRI = /^[A-Za-z][A-Za-z0-9+._-]*:[^\s\p{Cc}<>"'(){}|\\^`;=]+$/u;
/** JSON-LD 1.1, 4.1.2: an IRI that ends in a delimiter can be a prefix. */
const PREFIX_END = /[:/?#[\]@]$/;

export class Context {
  readonly source: ContextSource;
  readonly #terms: ReadonlyMap<string, string>;
  readonly #reverse = new Map<string, string>();
  readonly #prefixes: readonly (readonly [string, string])[];
  readonly #expanded = new Map<string, string>();
  readonly #compacted = new Map<string, string>();

  constructor(source: ContextSource, terms: ReadonlyMap<string, string>) {
    this.source = source;
    this.#terms = terms;
    const prefixes: [string, string][] = [];
    for (const [term, iri] of terms) {
      if (PREFIX_END.test(iri)) prefixes.push([term, iri]);
      // The first term wins, so that answers do not depend on how often a context was merged.
      if (!this.#reverse.has(iri)) this.#reverse.set(iri, term);
    }
    for (const [term, iri] of CORE_TERMS) this.#reverse.set(iri, term);
    this.#prefixes = prefixes.sort((a, b) => b[1].length - a[1].length);
  }

  /** The IRI of an entity type or attribute name. Throws a Problem when it can be no name at all (4.6.2). */
  expand(name: string): string {
    const known = this.#expanded.get(name);
    if (known !== undefined) return known;
    if (name.length > MAX_NAME || !(SHORT_NAME.test(name) || COMPACT_OR_IRI.test(name))) {
      throw badRequest(`'${name.slice(0, 80)}' is not a name: letters, digits, '_' and '-', or an IRI (4.6.2)`);
    }
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

  #lookUp(name: string): string {
    const term = CORE_TERMS.get(name) ?? this.#terms.get(name);
    if (term !== undefined) return term;
    const colon = name.indexOf(':');
    if (colon < 0) return DEFAULT_VOCABULARY + name;
    const suffix = name.slice(colon + 1);
    // `https://…` is an IRI even when somebody calls a prefix https (JSON-LD 1.1 API, 5.2).
    if (suffix.startsWith('//')) return name;
    const prefix = name.slice(0, colon);
    const base = CORE_PREFIXES.get(prefix) ?? this.#terms.get(prefix);
    return base === undefined ? name : base + suffix;
  }

  #shorten(iri: string): string {
    const term = this.#reverse.get(iri);
    if (term !== undefined) return term;
    for (const candidate of this.#candidates(iri)) {
      const isName = SHORT_NAME.test(candidate) || COMPACT_OR_IRI.test(candidate);
      if (isName && this.#lookUp(candidate) === iri) return candidate;
    }
    return iri;
  }

  *#candidates(iri: string): Iterable<string> {
    if (iri.startsWith(DEFAULT_VOCABULARY)) yield iri.slice(DEFAULT_VOCABULARY.length);
    for (const [prefix, base] of this.#prefixes) {
      if (iri.startsWith(base) && iri.length > base.length) yield `${prefix}:${iri.slice(base.length)}`;
    }
  }
}

/** Finds the document behind a URL; throws LdContextNotAvailable for one we do not hold. */
export type FindContext = (url: string) => Json;

export function compileContext(source: ContextSource, find: FindContext): Context {
  const terms = new Map<string, string>();
  collect(source, find, terms, 0);
  return new Context(source, terms);
}

function collect(source: Json, find: FindContext, terms: Map<string, string>, depth: number): void {
  if (depth > MAX_CONTEXT_DEPTH) throw badRequest(`@context is nested deeper than ${MAX_CONTEXT_DEPTH} levels`);
  if (typeof source === 'string') {
    const document = find(source);
    collect(isObject(document) ? (document['@context'] ?? {}) : document, find, terms, depth + 1);
  } else if (isList(source)) {
    for (const item of source) collect(item, find, terms, depth + 1);
  } else if (isObject(source)) {
    define(source, terms);
  } else if (source !== null) {
    throw badRequest('@context must be a URL, an object or an array of them');
  }
}

function define(local: Readonly<Record<string, Json>>, terms: Map<string, string>): void {
  const vocabulary = typeof local['@vocab'] === 'string' ? local['@vocab'] : DEFAULT_VOCABULARY;
  const inProgress = new Set<string>();

  const resolveTerm = (term: string): string | undefined => {
    if (!Object.hasOwn(local, term) || inProgress.has(term)) return terms.get(term);
    inProgress.add(term);
    const definition = local[term];
    const id =
      typeof definition === 'string' ? definition : isObject(definition) ? (definition['@id'] ?? term) : undefined;
    const iri = typeof id === 'string' && !id.startsWith('@') ? resolveIri(id, term) : undefined;
    inProgress.delete(term);
    return iri;
  };

  const resolveIri = (id: string, term: string): string => {
    const colon = id.indexOf(':');
    if (colon < 0) return (id === term ? undefined : resolveTerm(id)) ?? vocabulary + id;
    if (id.startsWith('//', colon + 1)) return id;
    const prefix = id.slice(0, colon);
    const base = CORE_PREFIXES.get(prefix) ?? (prefix === term ? undefined : resolveTerm(prefix));
    return base === undefined ? id : base + id.slice(colon + 1);
  };

  for (const term of Object.keys(local)) {
    const definition = local[term];
    if (isObject(definition) && '@reverse' in definition) throw badRequest(`@context: '${term}' uses @reverse`);
    // 5.5.7: the core @context cannot be overridden, so a redefinition of a core term has no effect.
    if (term.startsWith('@') || CORE_TERMS.has(term) || CORE_PREFIXES.has(term)) continue;
    const iri = resolveTerm(term);
    if (iri === undefined) terms.delete(term);
    else terms.set(term, iri);
    if (terms.size > MAX_TERMS) throw badRequest(`@context has more than ${MAX_TERMS} terms`);
  }
}
