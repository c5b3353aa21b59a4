/**
 * Reads of history. Whoever sees everything is relayed: question rebuilt, answer streamed. Everybody else reads what was theirs when it
 * was theirs: the plan of the policy cuts the windows and puts the answers together, and here they are asked for.
 */

import {
  type HistoryAsk,
  type HistoryRefusal,
  planHistory,
  readHistoryQuestion,
  type Scope,
  type ScopeIndex,
  type Subject,
} from '@contor/policy';
import type { Request, RequestHandler, Response } from 'express';
import { correlationOf } from '../http/correlation.js';
import { type ProblemCode, sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import type { KnownScopes } from '../scope/feed.js';
import { prepare } from '../scope/prepare.js';
import { checkParameters, QUANTUMLEAP_PARAMETERS } from '../upstream/allow-list.js';
import { relay } from '../upstream/relay.js';
import type { Upstream, UpstreamAnswer } from '../upstream/upstream.js';

export interface HistoryParts {
  readonly history: Upstream;
  readonly scopes: KnownScopes;
  readonly subjectOf: (request: Request) => Subject;
}

const PREFIX = '/api/quantumleap';
/** Questions for one of ours that are on their way together. */
const SIDE_BY_SIDE = 8;

const REFUSALS = {
  many: 'query.too-much',
  method: 'query.method',
} as const satisfies Readonly<Record<HistoryRefusal, ProblemCode>>;

export function readHistory(parts: HistoryParts): RequestHandler {
  const { history, scopes, subjectOf } = parts;
  const hasScopes = askOnce(history);
  return async (request, response) => {
    const checked = checkParameters(queryOf(request), QUANTUMLEAP_PARAMETERS);
    if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
    const { scope } = subjectOf(request);
    const path = request.path.slice(PREFIX.length);
    const correlation = correlationOf(response);
    if (scope.kind === 'everything')
      return relay(history, { method: 'GET', path: path + checked.query, correlation }, response);
    if (!scopes.isHistoryTrue) return sendProblem(response, 'scope.unknown');
    const read = readHistoryQuestion(path, new URLSearchParams(checked.query));
    if (read === undefined) return sendProblem(response, 'route.unknown');
    if (read.kind === 'refused')
      return sendProblem(response, 'query.refused', `The parameter '${read.parameter}' cannot be read.`);
    const abilities = { hasScopes: await hasScopes() };
    const { id, type } = read.question;
    if (id === undefined) await prepare(scopes.index, scope, type === undefined ? [] : [type]);
    const plan = planHistory(scope, scopes.index, read.question, abilities);
    if (plan.kind === 'refused') return sendProblem(response, REFUSALS[plan.code]);
    if (plan.kind !== 'read') return void response.json([]);
    const reading = plan.read();
    for (let step = reading.next(); ; ) {
      if (step.done === true) {
        if (step.value.kind === 'refused') return sendProblem(response, REFUSALS[step.value.code]);
        return void response.json(withoutHidden(step.value.body, scope, scopes.index));
      }
      const answers = await askAll(history, step.value, correlation);
      const refused = answers.find(({ status }) => status !== 200);
      if (refused !== undefined) return passOnRefusal(refused, response);
      step = reading.next(answers.map(({ body }) => body));
    }
  };
}

/** Asked again only when nobody answered: a server that does not know the question is a QuantumLeap. */
function askOnce(history: Upstream): () => Promise<boolean> {
  let known: Promise<boolean> | undefined;
  return () => {
    known ??= history.ask({ method: 'GET', path: '/capabilities' }).then(
      ({ status, body }) =>
        status === 200 && typeof body === 'object' && body !== null && 'scopes' in body && body.scopes === true,
      (error: unknown) => {
        known = undefined;
        throw error;
      },
    );
    return known;
  };
}

async function askAll(
  history: Upstream,
  asks: readonly HistoryAsk[],
  correlation: string,
): Promise<readonly UpstreamAnswer[]> {
  const answers: UpstreamAnswer[] = [];
  for (let at = 0; at < asks.length; at += SIDE_BY_SIDE) {
    const some = asks.slice(at, at + SIDE_BY_SIDE);
    answers.push(...(await Promise.all(some.map((ask) => askOne(history, ask, correlation)))));
  }
  return answers;
}

async function askOne(history: Upstream, ask: HistoryAsk, correlation: string): Promise<UpstreamAnswer> {
  if (ask.method === 'POST') return history.ask({ method: 'POST', path: ask.path, body: ask.body, correlation });
  const words = new URLSearchParams(ask.query);
  const answer = await history.ask({ method: 'GET', path: `${ask.path}?${words}`, correlation });
  // QuantumLeap's way to say that there is nothing in this window.
  return answer.status === 404 && isNothing(answer.body) ? { ...answer, status: 200, body: [] } : answer;
}

function isNothing(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error === 'Not Found';
}

/** Its own words (422 of a date, 404 of a method): they speak of the question alone. */
function passOnRefusal({ status, body }: UpstreamAnswer, response: Response): void {
  response.status(status).json(body ?? {});
}

/** A cell that names an entity which this scope never sees is told as no value. */
function withoutHidden(body: unknown, scope: Scope, index: ScopeIndex): unknown {
  const isHidden = (cell: string) => index.has(cell) && index.spansOf(scope, cell).length === 0;
  const cut = (value: unknown, isCell: boolean): unknown => {
    if (typeof value === 'string') return isCell && isHidden(value) ? null : value;
    if (Array.isArray(value)) return value.map((one) => cut(one, isCell));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, cut(part, isCell || name === 'values')]),
    );
  };
  return cut(body, false);
}
