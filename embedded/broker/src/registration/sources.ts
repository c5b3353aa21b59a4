/**
 * Asking context sources: which headers, how long, what it counts for, and what their answers mean to whoever asked us
 * (GS CIM 009 V1.9.1, 4.3.6.6, 6.3.17, 6.3.18). A source's fault is a value.
 */

import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@contor/kit';
import type { Context } from '../context/compile.js';
import type { ContextRegistry } from '../context/registry.js';
import { isObject, type Json } from '../json.js';
import { Problem, type ProblemCode } from '../problem.js';
import type { RegistrationBook } from './book.js';
import type { SourceCheck } from './endpoint.js';
import type { Registration } from './model.js';
import type { Incoming, SourceClient } from './source-client.js';
import { sourceContext, sourceHeaders } from './source-info.js';
import { pseudonymOf, type Route, writeVia } from './via.js';

/** An IoT Agent answers in milliseconds or not at all; a registration may ask for less time, not for more. */
const MAX_WAIT_MS = 5_000;
/** Requests to sources at a time, all tenants together: beyond it a slow source would fill the memory with waiting ones. */
const MAX_IN_FLIGHT = 1_000;
const LINK_REL = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"';

/** Who asks us, as far as the source is told. */
export interface Asking {
  readonly tenant: string;
  readonly headers: IncomingHttpHeaders;
  readonly route: Route;
}

export interface Question {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below /ngsi-ld/v1, encoded. */
  readonly path: string;
  readonly search?: readonly (readonly [string, string])[];
  /** Names as the @context of the source has them. */
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  readonly maxAnswerBytes: number;
}

export type Reply =
  | { readonly kind: 'done'; readonly status: number; readonly json: Json | undefined; readonly context: Context }
  | { readonly kind: 'failed'; readonly problem: Problem };

export interface SourcesOptions {
  readonly clock: Clock;
  readonly contexts: ContextRegistry;
  readonly client: SourceClient;
  readonly checkSource: SourceCheck;
  readonly alias: string;
}

export class Sources {
  readonly #options: SourcesOptions;
  readonly #startedMs: number;
  #inFlight = 0;

  constructor(options: SourcesOptions) {
    this.#options = options;
    this.#startedMs = options.clock.monotonicMs();
  }

  get alias(): string {
    return this.#options.alias;
  }

  get uptimeMs(): number {
    return this.#options.clock.monotonicMs() - this.#startedMs;
  }

  /** The @context names go out and come back in. A hosted one may be gone since: then names are written in full. */
  contextOf(registration: Registration): Context {
    const { contexts } = this.#options;
    try {
      return contexts.resolve(sourceContext(registration));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return contexts.resolve({});
    }
  }

  async ask(book: RegistrationBook, registration: Registration, question: Question, asking: Asking): Promise<Reply> {
    const { clock, client } = this.#options;
    const refused = this.#refusal(book, registration);
    if (refused !== undefined) return { kind: 'failed', problem: refused };
    const root = this.#rootOf(registration);
    if (root instanceof Problem) return { kind: 'failed', problem: root };
    const context = this.contextOf(registration);
    this.#inFlight += 1;
    try {
      const incoming = await client.send({
        url: root + searched(registration, question),
        method: question.method,
        ...this.#message(registration, question, asking, context),
        timeoutMs: Math.min(MAX_WAIT_MS, registration.management?.timeout ?? MAX_WAIT_MS),
        maxAnswerBytes: question.maxAnswerBytes,
      });
      const problem = problemOf(registration, question, incoming);
      count(book, registration.id, problem === undefined || problem.status < 500, clock.nowMs());
      if (problem !== undefined) return { kind: 'failed', problem };
      if (incoming.kind !== 'answered') throw new RangeError('an answer without a problem is an answer');
      return { kind: 'done', status: incoming.status, json: incoming.json, context };
    } finally {
      this.#inFlight -= 1;
    }
  }

  #refusal(book: RegistrationBook, { id, management }: Registration): Problem | undefined {
    if (this.#inFlight >= MAX_IN_FLIGHT)
      return new Problem('unavailable', `${MAX_IN_FLIGHT} requests to context sources are under way`, {
        'Retry-After': '1',
      });
    const { lastFailure, lastSuccess } = book.statusOf(id);
    const cooldown = management?.cooldown;
    if (cooldown === undefined || lastFailure === undefined || lastFailure < (lastSuccess ?? 0)) return undefined;
    if (this.#options.clock.nowMs() - lastFailure >= cooldown) return undefined;
    return new Problem('badGateway', `the source of registration ${id} failed, and is left alone for ${cooldown} ms`);
  }

  /** The allow-list may be shorter than it was when the registration came. */
  #rootOf({ id, endpoint }: Registration): string | Problem {
    try {
      return this.#options.checkSource(endpoint);
    } catch (error) {
      if (error instanceof Problem) return new Problem('badGateway', `registration ${id}: ${error.message}`);
      throw error;
    }
  }

  #message(
    registration: Registration,
    question: Question,
    { tenant, headers: given, route }: Asking,
    context: Context,
  ): { readonly headers: Readonly<Record<string, string>>; readonly body: string | undefined } {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'accept-encoding': 'identity',
      connection: 'close',
      via: writeVia(route, pseudonymOf(this.alias, tenant)),
    };
    // An IoT Agent finds its device by the tenant and the path that it registered with (5.2.9 has the first of them).
    const there = registration.tenant ?? (tenant === 'default' ? undefined : tenant);
    if (there !== undefined) Object.assign(headers, { 'ngsild-tenant': there, 'fiware-service': there });
    const { path } = registration;
    if (path !== undefined) Object.assign(headers, { 'ngsild-path': path, 'fiware-servicepath': path });
    const correlator = given['fiware-correlator'];
    if (typeof correlator === 'string' && correlator.length <= 200) headers['fiware-correlator'] = correlator;
    Object.assign(headers, sourceHeaders(registration, given));
    // 6.3.5: an inline @context has no URL that a Link could name.
    const isLinked = typeof context.source === 'string' && headers['content-type'] !== 'application/ld+json';
    if (isLinked || question.body === undefined) {
      if (typeof context.source === 'string') headers.link = `<${context.source}>; ${LINK_REL}`;
    }
    if (question.body === undefined) {
      delete headers['content-type'];
      return { headers, body: undefined };
    }
    headers['content-type'] = isLinked ? 'application/json' : 'application/ld+json';
    const body = JSON.stringify(isLinked ? question.body : { ...question.body, '@context': context.source });
    headers['content-length'] = String(Buffer.byteLength(body));
    return { headers, body };
  }
}

function searched({ management }: Registration, { path, search = [] }: Question): string {
  const all = new URLSearchParams();
  for (const [name, value] of search) all.append(name, value);
  if (management?.localOnly === true) all.set('local', 'true');
  return `${path}${all.size > 0 ? `?${all}` : ''}`;
}

function count(book: RegistrationBook, id: string, isSuccess: boolean, nowMs: number): void {
  const { timesSent, timesFailed, ...before } = book.statusOf(id);
  book.setStatus(id, {
    ...before,
    timesSent: timesSent + 1,
    timesFailed: timesFailed + (isSuccess ? 0 : 1),
    [isSuccess ? 'lastSuccess' : 'lastFailure']: nowMs,
  });
}

/** 6.3.17: what the client is told when a source did not do it. Anything that is not here is a 502. */
const STATUS_PROBLEMS: ReadonlyMap<number, ProblemCode> = new Map<number, ProblemCode>([
  [400, 'badRequestData'],
  [404, 'resourceNotFound'],
  [405, 'operationNotSupported'],
  [409, 'conflict'],
  [413, 'tooLarge'],
  [422, 'operationNotSupported'],
  [501, 'operationNotSupported'],
  [504, 'gatewayTimeout'],
  [508, 'loopDetected'],
]);

function problemOf(registration: Registration, { method }: Question, incoming: Incoming): Problem | undefined {
  const source = `the source of registration ${registration.id} (${new URL(registration.endpoint).host})`;
  switch (incoming.kind) {
    case 'refused':
      return new Problem('badGateway', `${source} cannot be reached: ${incoming.reason}; nothing was sent`);
    case 'late':
      return new Problem('gatewayTimeout', `${source} gave ${incoming.reason}${unknownOutcome(method)}`);
    case 'broken':
      return new Problem('badGateway', `${source} did not answer: ${incoming.reason}${unknownOutcome(method)}`);
    case 'answered': {
      const { status } = incoming;
      if (status >= 200 && status < 300) return undefined;
      const code = STATUS_PROBLEMS.get(status) ?? 'badGateway';
      return new Problem(code, `${source} answered ${status}${saidBy(incoming.json)}`);
    }
  }
}

function unknownOutcome(method: Question['method']): string {
  return method === 'GET' ? '' : '; whether it did what it was asked is not known, and it is not asked again';
}

const MAX_SAID = 200;

/** Of a problem document, or of what IoT Agents answer: one sentence, never the body. */
function saidBy(json: Json | undefined): string {
  if (!isObject(json)) return '';
  const said = [json.detail, json.description, json.title, json.message].find((text) => typeof text === 'string');
  return typeof said === 'string' && said !== '' ? `: ${said.replace(/\p{Cc}/gu, ' ').slice(0, MAX_SAID)}` : '';
}
