/**
 * Term definitions of one @context after another (JSON-LD 1.1 API, 4.1 and 4.2), as far as names go: which term stands for
 * which IRI. What a definition says about values (coercion, containers, languages) has no meaning for NGSI-LD, which writes
 * the kind of each attribute beside it; it is checked for form and left alone.
 */

import { isList, isObject, type Json, type JsonObject } from '../json.js';
import { badRequest } from '../problem.js';
import { CORE_PREFIXES, CORE_TERMS, DEFAULT_VOCABULARY } from './core.js';

export interface Term {
  /** Undefined when the definition is null: the @context says nothing about the term (JSON-LD 1.1, 4.1.2). */
  readonly iri: string | undefined;
  readonly isPrefix: boolean;
  readonly isProtected: boolean;
  /** Where it was defined: a URL, or `inline`. */
  readonly origin: string;
  readonly definition: Json;
  /** Why nobody may use it as a name here. */
  readonly refusal?: string;
}

/** Definitions of all contexts of one source together: a bomb is refused before it is compiled. */
const MAX_DEFINITIONS = 20_000;
const TOO_MANY = `@context has more than ${MAX_DEFINITIONS} terms`;
/** A term may be defined by a term that is defined by a term: real contexts do it twice. */
const MAX_CHAIN = 50;
const MAX_IRI = 2_048;

/** JSON-LD 1.1, 4.1.2: an IRI that ends in a delimiter can be a prefix. */
const PREFIX_END = /[:/?#[\]@]$/;
const IRI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s\p{Cc}<>"{}|\\^`]*$/u;
/** Everything that looks like a keyword is reserved, defined or not. */
const KEYWORD_FORM = /^@[A-Za-z]+$/;
const ALIASED = new Set(['@id', '@type', '@value', '@graph', '@language', '@list', '@set', '@included', '@index']);
const DEFINITION_KEYS = new Set(
  '@id @reverse @container @context @direction @index @language @nest @prefix @propagate @protected @type'.split(' '),
);
/** Members of a context that are not terms. */
const CONTEXT_KEYS = new Set('@base @direction @import @language @propagate @protected @version @vocab'.split(' '));
/** Parts of a definition under which a name would mean another thing in another place; a flat name cannot follow. */
const UNUSABLE = [
  ['@reverse', 'is a reverse property (@reverse)'],
  ['@nest', 'is nested into another term (@nest)'],
  ['@context', 'has an @context of its own (scoped contexts)'],
] as const;

export class Definitions {
  readonly terms = new Map<string, Term>();
  vocabulary = DEFAULT_VOCABULARY;
  #count = 0;

  /** How much there was to do. */
  get weight(): number {
    return this.#count;
  }

  /** One more of what a source may have only so many of. */
  count(): void {
    this.#count += 1;
    if (this.#count > MAX_DEFINITIONS) throw badRequest(TOO_MANY);
  }

  /** `null` in an array of contexts: start again (JSON-LD 1.1, 4.1). */
  clear(): void {
    for (const [name, { isProtected, origin }] of this.terms) {
      if (isProtected) throw badRequest(`@context: null would undo '${name}', which ${origin} protects`);
    }
    this.terms.clear();
    this.vocabulary = DEFAULT_VOCABULARY;
  }

  /** The definitions of one context object. */
  add(local: JsonObject, origin: string): void {
    // Too many are refused before any of them is read.
    if (Object.keys(local).length > MAX_DEFINITIONS) throw badRequest(TOO_MANY);
    checkMembers(local);
    new Definer(this, local, origin).run();
  }
}

function checkMembers(local: JsonObject): void {
  const { '@version': version, '@propagate': propagate, '@protected': isProtected } = local;
  if (version !== undefined && version !== 1.1) throw badRequest('@context: @version can only be 1.1');
  if (propagate === false)
    throw badRequest('@context: @propagate false is not supported, an NGSI-LD @context holds for all levels');
  for (const [name, flag] of [
    ['@propagate', propagate],
    ['@protected', isProtected],
  ] as const) {
    if (flag !== undefined && typeof flag !== 'boolean') throw badRequest(`@context: ${name} must be true or false`);
  }
}

/** One context object being read: terms are defined on demand, because they may stand in any order. */
class Definer {
  readonly #all: Definitions;
  readonly #local: JsonObject;
  readonly #origin: string;
  readonly #done = new Set<string>();
  readonly #chain: string[] = [];

  constructor(all: Definitions, local: JsonObject, origin: string) {
    this.#all = all;
    this.#local = local;
    this.#origin = origin;
  }

  run(): void {
    this.#readVocabulary();
    for (const term of Object.keys(this.#local)) this.#define(term);
  }

  #readVocabulary(): void {
    const value = this.#local['@vocab'];
    if (value === undefined) return;
    if (value !== null && typeof value !== 'string') throw badRequest('@context: @vocab must be an IRI or null');
    // Our names always belong to some vocabulary: without one of its own the @context has the default one (5.5.7).
    this.#all.vocabulary = value === null ? DEFAULT_VOCABULARY : this.#expand(value, '@vocab');
  }

  #define(term: string): void {
    if (this.#done.has(term) || CONTEXT_KEYS.has(term) || KEYWORD_FORM.test(term) || term === '') return;
    // 5.5.7: the core @context cannot be overridden, so a redefinition of a core term has no effect.
    if (CORE_TERMS.has(term) || CORE_PREFIXES.has(term)) return;
    if (this.#chain.includes(term)) throw badRequest(`@context: '${show(term)}' is defined by itself`);
    if (this.#chain.length >= MAX_CHAIN)
      throw badRequest(`@context: '${show(term)}' is at the end of a chain of ${MAX_CHAIN} definitions`);
    this.#all.count();
    this.#chain.push(term);
    const defined = this.#termOf(term, this.#local[term] ?? null);
    this.#chain.pop();
    this.#done.add(term);
    const before = this.#all.terms.get(term);
    if (before?.isProtected && before.iri !== defined.iri)
      throw badRequest(`@context: '${show(term)}' is protected by ${before.origin} and cannot be redefined`);
    this.#all.terms.set(term, defined);
  }

  #termOf(term: string, definition: Json): Term {
    const isProtectedHere = this.#local['@protected'] === true;
    const known = { origin: this.#origin, definition, isProtected: isProtectedHere, isPrefix: false };
    if (definition === null) return { ...known, iri: undefined };
    if (typeof definition === 'string') {
      const iri = this.#mapping(term, definition);
      return { ...known, ...iri, isPrefix: isPrefixTerm(term) && PREFIX_END.test(iri.iri ?? '') };
    }
    if (!isObject(definition))
      throw badRequest(`@context: '${show(term)}' must be defined by an IRI, an object or null`);
    checkDefinition(term, definition);
    const { '@id': id, '@reverse': reverse, '@protected': isProtected = isProtectedHere } = definition;
    const more = { ...known, isProtected: isProtected === true };
    if (id === null) return { ...more, iri: undefined };
    const target = reverse ?? id ?? term;
    if (typeof target !== 'string') throw badRequest(`@context: the @id of '${show(term)}' must be an IRI`);
    const unusable = UNUSABLE.find(([key]) => key in definition);
    return {
      ...more,
      ...this.#mapping(term, target),
      isPrefix: isPrefixTerm(term) && definition['@prefix'] === true,
      ...(unusable && { refusal: unusable[1] }),
    };
  }

  /** A keyword, or the IRI behind what the definition says. */
  #mapping(term: string, id: string): Pick<Term, 'iri' | 'refusal'> {
    if (ALIASED.has(id)) return { iri: undefined, refusal: `is another word for ${id}` };
    if (KEYWORD_FORM.test(id)) return { iri: undefined };
    const iri = id === term ? this.#expandOwn(term) : this.#expand(id, term);
    if (term.includes(':') && id !== term && this.#expandOwn(term) !== iri)
      throw badRequest(`@context: '${show(term)}' is defined as something else than what it says`);
    return { iri };
  }

  /** A term without an @id says itself what it is: a compact IRI, an IRI, or a name of the vocabulary. */
  #expandOwn(term: string): string {
    return term.includes(':') ? this.#expand(term, term) : checked(this.#all.vocabulary + term, term);
  }

  #expand(id: string, term: string): string {
    // The core @context comes last (5.5.7), so its terms are not there yet for a definition to lean on.
    const named = id === term ? undefined : this.#known(id)?.iri;
    if (named !== undefined) return named;
    const colon = id.indexOf(':', 1);
    if (colon < 0) return checked(this.#all.vocabulary + id, term);
    // `https://…` is an IRI even when somebody calls a prefix https (JSON-LD 1.1 API, 5.2).
    if (id.startsWith('//', colon + 1)) return checked(id, term);
    const prefix = id.slice(0, colon);
    const known = this.#known(prefix);
    const base = CORE_PREFIXES.get(prefix) ?? (known?.isPrefix ? known.iri : undefined);
    return checked(base === undefined ? id : base + id.slice(colon + 1), term);
  }

  #known(name: string): Term | undefined {
    if (Object.hasOwn(this.#local, name)) this.#define(name);
    return this.#all.terms.get(name);
  }
}

function isPrefixTerm(term: string): boolean {
  return !/[:/]/.test(term);
}

function checkDefinition(term: string, definition: JsonObject): void {
  for (const key of Object.keys(definition)) {
    if (!DEFINITION_KEYS.has(key))
      throw badRequest(`@context: '${show(key)}' means nothing in the definition of '${show(term)}'`);
  }
  const { '@type': type, '@container': container, '@prefix': prefix, '@protected': isProtected } = definition;
  const isFormed =
    (type === undefined || type === null || typeof type === 'string') &&
    (container === undefined ||
      container === null ||
      typeof container === 'string' ||
      (isList(container) && container.length <= 3 && container.every((item) => typeof item === 'string'))) &&
    (prefix === undefined || (typeof prefix === 'boolean' && isPrefixTerm(term))) &&
    (isProtected === undefined || typeof isProtected === 'boolean');
  if (!isFormed) throw badRequest(`@context: the definition of '${show(term)}' is malformed`);
}

function checked(iri: string, term: string): string {
  if (iri.length > MAX_IRI || !IRI.test(iri))
    throw badRequest(`@context: '${show(term)}' does not stand for an IRI: ${show(iri)}`);
  return iri;
}

function show(text: string): string {
  return text.slice(0, 80);
}
