/**
 * Which @contexts this broker knows: the core, those it was started with, and those hosted here (5.13). A URL it does
 * not know is never fetched: an @context decides what names mean, and a fetched one could change them overnight.
 */

import { isObject, type Json, type JsonObject } from '../json.js';
import { Problem } from '../problem.js';
import { type Context, type ContextSource, compileContext } from './compile.js';
import { CORE_PREFIXES, CORE_TERMS, CORE_URL, DEFAULT_VOCABULARY, isCoreUrl } from './core.js';

/** Compiled contexts kept; inline ones of clients come and go, so the oldest leaves. */
const MAX_COMPILED = 500;
/** An inline @context longer than this is compiled each time instead of being kept as a key. */
const MAX_KEY = 16_384;
const HOSTED_URL = /\/ngsi-ld\/v1\/jsonldContexts\/([^/?#]+)$/;

export interface HostedContext {
  readonly id: string;
  readonly document: JsonObject;
  readonly createdAt: number;
}

export class ContextRegistry {
  readonly #preloaded: ReadonlyMap<string, Json>;
  readonly #hosted = new Map<string, HostedContext>();
  readonly #compiled = new Map<string, Context>();
  readonly defaultSource: ContextSource;

  constructor(preloaded: ReadonlyMap<string, Json>, defaultSource: ContextSource) {
    this.#preloaded = preloaded;
    this.defaultSource = defaultSource;
  }

  get hosted(): ReadonlyMap<string, HostedContext> {
    return this.#hosted;
  }

  get preloadedUrls(): readonly string[] {
    return [CORE_URL, ...this.#preloaded.keys()];
  }

  host(context: HostedContext): void {
    this.#hosted.set(context.id, context);
    this.#compiled.clear();
  }

  remove(id: string): boolean {
    this.#compiled.clear();
    return this.#hosted.delete(id);
  }

  /** The compiled form of whatever a request, a subscription or a hosted document named. */
  resolve(source: ContextSource): Context {
    const key = typeof source === 'string' ? source : JSON.stringify(source);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const context = compileContext(source, (url) => this.find(url));
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
    const hosted = this.#hosted.get(HOSTED_URL.exec(url)?.[1] ?? url);
    if (hosted !== undefined) return hosted.document;
    throw new Problem(
      'ldContextNotAvailable',
      `The @context '${url.slice(0, 200)}' is not held by this broker, and it fetches none. ` +
        `Host it here with POST /ngsi-ld/v1/jsonldContexts and use the URL in the answer, or use one of: ${this.preloadedUrls.join(', ')}`,
    );
  }

  /** What GET /jsonldContexts/{id} answers, or undefined. */
  document(idOrUrl: string): Json | undefined {
    if (isCoreUrl(idOrUrl)) return coreDocument();
    return this.#preloaded.get(idOrUrl) ?? this.#hosted.get(HOSTED_URL.exec(idOrUrl)?.[1] ?? idOrUrl)?.document;
  }
}

function coreDocument(): JsonObject {
  return {
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
}

/** What a body of POST /jsonldContexts must be: an object with an @context. */
export function isContextDocument(json: Json): json is JsonObject {
  return isObject(json) && json['@context'] !== undefined && json['@context'] !== null;
}
