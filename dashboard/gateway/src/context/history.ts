/** Reads of history. Whoever sees everything is relayed: question rebuilt, answer streamed. */

import type { Subject } from '@contor/policy';
import type { Request, RequestHandler } from 'express';
import { correlationOf } from '../http/correlation.js';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import { checkParameters, QUANTUMLEAP_PARAMETERS } from '../upstream/allow-list.js';
import { relay } from '../upstream/relay.js';
import type { Upstream } from '../upstream/upstream.js';

export interface HistoryParts {
  readonly history: Upstream;
  readonly subjectOf: (request: Request) => Subject;
}

const PREFIX = '/api/quantumleap';

export function readHistory({ history, subjectOf }: HistoryParts): RequestHandler {
  return async (request, response) => {
    const checked = checkParameters(queryOf(request), QUANTUMLEAP_PARAMETERS);
    if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
    if (subjectOf(request).scope.kind !== 'everything') return sendProblem(response, 'scope.unknown');
    const path = request.path.slice(PREFIX.length) + checked.query;
    await relay(history, { method: 'GET', path, correlation: correlationOf(response) }, response);
  };
}
