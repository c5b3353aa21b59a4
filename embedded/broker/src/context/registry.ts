/**
 * Which @contexts this broker knows: the core, those it was started with, those hosted here (5.13.2), those fetched once from
 * hosts the operator named, and inline ones that an answer had to refer to. Any other URL is never fetched: an @context decides
 * what names mean, and a fetched one could change them overnight.
 */

import { createHash } from 'node:crypto';
import { isObject, isUri, type Json, type JsonObject, measure } from '../json.js';
import { badRequest, Problem } from '../problem.js';
import { type Context, type ContextSource, compileContext } from './compile.js';
import { CORE_PREFIXES, CORE_TERMS, CORE_URL, DEFAULT_VOCABULARY, isCoreUrl } from './core.js';

/** Compiled contexts kept; inline ones of clients come and go, so the oldest leaves. */
const MAX_COMPILED = 500;
/** An inline @context longer than this is compiled each time instead of being kept as a key. */
const MAX_KEY = 16_384;
/** In memory, roughly: more than the terms that a context may have can fill. */
const MAX_INLINE = 4 * 2 ** 20;
/** Inline contexts that answers referred to; they are made again when they are needed again. */
const MAX_IMPLICIT = 500;
const COLLECTION = '/ngsi-ld/v1/jsonldContexts/';
const HOSTED_URL = /\/ngsi-ld\/v1\/jsonldContexts\/([^/?#]+)$/;

export interface HostedContext {
  readonly id: string;
  readonly document: JsonObject;
  readonly createdAt: number;
  /** Where it was fetched from; what is kept here is what it means from then on. */
  readonly url?: string;
}

/** 5.13.3: how an @context came here. */
export type ContextKind = 'Hosted' | 'Cached' | 'ImplicitlyCreated';

export interface KnownContext {
  readonly localId: string;
  /** Its own address; undefined when it has none but the one we give it. */
  readonly url: string | undefined;
  readonly kind: ContextKind;
  readonly document: JsonObject;
  readonly createdAt: number | undefined;
  /** Ours from the start: it cannot be deleted. */
  readonly isBuiltIn: boolean;
}

/** An @context that may be fetched and has not been yet. Whoever can wait fetches it and asks again; to all others it is a 504. */
export class ContextNeeded extends Problem {
  readonly url: string;

  constructor(url: string) {
    super('ldContextNotAvailable', `The @context '${url.slice(0, 200)}' has not been fetched yet`);
    this.url = url;
  }
}

export class ContextRegistry {
  readonly #preloaded: ReadonlyMap<string, Json>;
  readonly #hosted = new Map<string, HostedContext>();
  readonly #fetched = new Map<string, HostedContext>();
  readonly #implicit = new Map<string, KnownContext>();
  readonly #compiled = new Map<string, Context>();
  readonly #mayFetch: (url: string) => boolean;
  readonly defaultSource: ContextSource;
  #work = 0;

  constructor(
    preloaded: ReadonlyMap<string, Json>,
    defaultSource: ContextSource,
    mayFetch: (url: string) => boolean = () => false,
  ) {
    this.#preloaded = preloaded;
    this.#mayFetch = mayFetch;
    this.defaultSource = defaultSource;
  }

  /** Definitions read so far: what compiling has cost, for those who have to end it somewhere. */
  get work(): number {
    return this.#work;
  }

  get hosted(): ReadonlyMap<string, HostedContext> {
    return this.#hosted;
  }

  get preloadedUrls(): readonly string[] {
    return [CORE_URL, ...this.#preloaded.keys()];
  }

  host(context: HostedContext): void {
    this.#hosted.set(context.id, context);
    if (context.url !== undefined) this.#fetched.set(context.url, context);
    this.#compiled.clear();
  }

  remove(id: string): boolean {
    this.#compiled.clear();
    const url = this.#hosted.get(id)?.url;
    if (url !== undefined) this.#fetched.delete(url);
    return this.#hosted.delete(id);
  }

  /** Inline contexts are forgotten when somebody asks for it; the next answer that needs one makes it again. */
  removeImplicit(id: string): boolean {
    return this.#implicit.delete(id);
  }

  /** The compiled form of whatever a request, a subscription or a hosted document named. */
  resolve(source: ContextSource): Context {
    // An inline one is a client's: deeper than we walk, it would end in a full stack.
    if (typeof source !== 'string' && measure(source, 0) > MAX_INLINE) throw badRequest('the @context is too large');
    const key = typeof source === 'string' ? source : JSON.stringify(source);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const context = compileContext(
      source,
      (url) => this.find(url),
      () => this.#reference(source, key),
    );
    this.#work += context.weight;
    if (key.length <= MAX_KEY) {
      const oldest = this.#compiled.size >= MAX_COMPILED ? this.#compiled.keys().next().value : undefined;
      if (oldest !== undefined) this.#compiled.delete(oldest);
      this.#compiled.set(key, context);
    }
    return context;
  }

  /** The document behind a URL or a hosted id. */
  find(url: string): Json {
    if (isCoreUrl(url)) return {};
    const preloaded = this.#preloaded.get(url);
    if (preloaded !== undefined) return preloaded;
    const id = HOSTED_URL.exec(url)?.[1] ?? url;
    const held = this.#hosted.get(id) ?? this.#fetched.get(url) ?? this.#implicit.get(id);
    if (held !== undefined) return held.document;
    if (this.#mayFetch(url)) throw new ContextNeeded(url);
    if (!isUri(url) && !url.startsWith('/')) throw badRequest(`@context: '${url.slice(0, 200)}' is not a URL`);
    throw new Problem(
      'ldContextNotAvailable',
      `The @context '${url.slice(0, 200)}' is not held by this broker, which fetches none unasked. Host it here with ` +
        'POST /ngsi-ld/v1/jsonldContexts and use the URL in the answer, or let the operator add its host to BROKER_CONTEXT_HOSTS, ' +
        `or use one of: ${this.preloadedUrls.join(', ')}`,
    );
  }

  /** Everything known, for the list (5.13.3). */
  *all(): Iterable<KnownContext> {
    yield coreContext();
    for (const [url, document] of this.#preloaded) yield preloadedContext(url, document);
    for (const context of this.#hosted.values()) yield hostedContext(context);
    yield* this.#implicit.values();
  }

  /** By local id, or by the address under which people know it (5.13.4). */
  lookUp(idOrUrl: string): KnownContext | undefined {
    if (isCoreUrl(idOrUrl)) return coreContext();
    const preloaded = this.#preloaded.get(idOrUrl);
    if (preloaded !== undefined) return preloadedContext(idOrUrl, preloaded);
    const id = HOSTED_URL.exec(idOrUrl)?.[1] ?? idOrUrl;
    const hosted = this.#hosted.get(id) ?? this.#fetched.get(idOrUrl);
    return hosted === undefined ? this.#implicit.get(id) : hostedContext(hosted);
  }

  /**
   * What a Link header can name for this @context (6.3.6): its URL, or for an inline one a path under which it can be read.
   * Undefined for one that is too long to be kept.
   */
  #reference(source: ContextSource, key: string): string | undefined {
    if (typeof source === 'string') return source;
    if (key.length > MAX_KEY) return undefined;
    const localId = hashOf(key).slice(0, 24);
    const document = { '@context': source };
    this.#implicit.delete(localId);
    const oldest = this.#implicit.size >= MAX_IMPLICIT ? this.#implicit.keys().next().value : undefined;
    if (oldest !== undefined) this.#implicit.delete(oldest);
    const kind = 'ImplicitlyCreated';
    this.#implicit.set(localId, { localId, url: undefined, kind, document, createdAt: undefined, isBuiltIn: false });
    return COLLECTION + localId;
  }
}

/** SHA-256 of a text, in hexadecimal digits: what a context is pinned by. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hostedContext({ id, document, createdAt, url }: HostedContext): KnownContext {
  return {
    localId: id,
    url,
    kind: url === undefined ? 'Hosted' : 'Cached',
    document,
    createdAt,
    isBuiltIn: false,
  };
}

/** Given to the broker and not downloaded by it: so it is hosted, and can be read. */
function preloadedContext(url: string, document: Json): KnownContext {
  const inside = isObject(document) ? document : { '@context': document };
  return { localId: url, url, kind: 'Hosted', document: inside, createdAt: undefined, isBuiltIn: true };
}

function coreContext(): KnownContext {
  return {
    localId: CORE_URL,
    url: CORE_URL,
    kind: 'Cached',
    document: CORE_DOCUMENT,
    createdAt: undefined,
    isBuiltIn: true,
  };
}

const CORE_DOCUMENT: JsonObject = {
  '@context': {
    '@version': 1.1,
    '@protected': true,
    ...Object.fromEntries(CORE_PREFIXES),
    id: '@id',
    type: '@type',
    ...Object.fromEntries(CORE_TERMS),
    '@vocab': DEFAULT_VOCABULARY,
  },
};

/** What a body of POST /jsonldContexts must be: an object with an @context. */
export function isContextDocument(json: Json): json is JsonObject {
  return isObject(json) && json['@context'] !== undefined && json['@context'] !== null;
}
