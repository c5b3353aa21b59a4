/**
 * Reads of the broker. Whoever sees everything is relayed: the question rebuilt, the answer streamed. Everybody else is answered from what
 * the index says they see, and by nobody before the index is true.
 */

import type { Subject } from '@contor/policy';
import type { Request, RequestHandler, Response } from 'express';
import { correlationOf } from '../http/correlation.js';
import { sendNgsiProblem } from '../http/ngsi-problem.js';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import type { KnownScopes } from '../scope/feed.js';
import { liveOnly } from '../scope/live-only.js';
import { checkParameters, NGSI_LD_PARAMETERS } from '../upstream/allow-list.js';
import { relay } from '../upstream/relay.js';
import type { Upstream } from '../upstream/upstream.js';
import type { BrokerQuery } from './broker-query.js';
import { pageLinks, relayedLinks } from './page-links.js';
import { type Asked, type EntityQuestion, readDocument, readQuery, readView } from './question.js';
import { findEntities, passOnAnswer, retrieveEntity, type Sight } from './scoped-reads.js';
import { answerType, answerTypes } from './types.js';

export interface ReadParts {
  readonly broker: Upstream;
  readonly query: BrokerQuery;
  readonly scopes: KnownScopes;
  readonly subjectOf: (request: Request) => Subject;
  readonly nowMs: () => number;
}

/** Our path before, the broker's behind it. */
const PREFIX = '/api';

type Scoped = (parts: ReadParts, sight: Sight, request: Request, response: Response) => Promise<void>;

/** By the path of the route. */
const SCOPED = {
  '/api/ngsi-ld/v1/entities': (parts, sight, request, response) =>
    answerQuery(parts, sight, readQuery(new URLSearchParams(queryOf(request))), request, response),
  '/api/ngsi-ld/v1/entityOperations/query': (parts, sight, request, response) =>
    answerQuery(parts, sight, readDocument(request.body, new URLSearchParams(queryOf(request))), request, response),
  '/api/ngsi-ld/v1/entities/:entityId': async ({ broker }, sight, request, response) => {
    const parameters = new URLSearchParams(queryOf(request));
    const view = readView(parameters);
    if (view === undefined) return sendProblem(response, 'query.refused');
    await retrieveEntity(broker, { id: String(request.params.entityId), parameters, view }, sight, response);
  },
  '/api/ngsi-ld/v1/types': ({ query }, sight, request, response) => answerTypes(query, sight, request, response),
  '/api/ngsi-ld/v1/types/:type': ({ query }, sight, request, response) => answerType(query, sight, request, response),
} as const satisfies Readonly<Record<string, Scoped>>;

export type ReadPath = keyof typeof SCOPED;

export const READ_PATHS = Object.keys(SCOPED) as readonly ReadPath[];

export function readContext(parts: ReadParts, path: ReadPath): RequestHandler {
  return async (request, response) => {
    const checked = checkParameters(queryOf(request), NGSI_LD_PARAMETERS);
    if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
    const { scope } = parts.subjectOf(request);
    if (scope.kind === 'everything') return passAll(parts, checked.query, request, response);
    if (!parts.scopes.isTrue) return sendProblem(response, 'scope.unknown');
    const sight = { scope, index: liveOnly(parts.scopes), nowMs: parts.nowMs() };
    await SCOPED[path](parts, sight, request, response);
  };
}

async function passAll({ broker }: ReadParts, query: string, request: Request, response: Response): Promise<void> {
  const question = { path: request.path.slice(PREFIX.length) + query, correlation: correlationOf(response) };
  const header = (link: string | undefined) => relayedLinks(link, PREFIX);
  if (request.method !== 'POST') return relay(broker, { ...question, method: 'GET' }, response, header);
  const asked = readDocument(request.body, new URLSearchParams(queryOf(request)));
  if (asked.kind === 'refused') return sendNgsiProblem(response, 'request.wrong', asked.detail);
  const { '@context': _context, ...body } = request.body as Readonly<Record<string, unknown>>;
  await relay(broker, { ...question, method: 'POST', body }, response, header);
}

async function answerQuery(
  { query }: ReadParts,
  sight: Sight,
  asked: Asked,
  request: Request,
  response: Response,
): Promise<void> {
  if (asked.kind === 'refused') return sendNgsiProblem(response, 'request.wrong', asked.detail);
  const { question } = asked;
  const found = await findEntities(query, question, sight, correlationOf(response));
  if (found.kind === 'refused') return sendNgsiProblem(response, 'request.wrong', found.detail);
  if (found.kind === 'complex') return sendNgsiProblem(response, 'query.complex', found.detail);
  if (found.kind === 'answered') return passOnAnswer(found.answer, response);
  if (found.count !== undefined) response.set('NGSILD-Results-Count', String(found.count));
  const links = linksOf(question, found.hasMore, request);
  if (links !== undefined) response.set('Link', links);
  response.json(found.entities);
}

function linksOf({ limit, offset }: EntityQuestion, hasMore: boolean, request: Request): string | undefined {
  return pageLinks({ path: request.path, query: queryOf(request), limit, offset, hasMore });
}
