/** The stream for browsers and partners, and the door for the broker's notifications. */

import { decide, findRoute, type Scope, type Subject } from '@contor/policy';
import type { Handler, Request, RequestHandler } from 'express';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import { notificationDoor } from '../notify/door.js';
import type { KnownScopes } from '../scope/feed.js';
import { prepare } from '../scope/prepare.js';
import { LIVE_TYPES, type LiveState } from './state.js';
import type { StreamHub } from './stream.js';
import { listedBy, listedTypes, type Topics } from './view.js';

export interface StreamParts {
  readonly hub: StreamHub;
  readonly scopes: KnownScopes;
  readonly nowMs: () => number;
  /** Who asks, behind a guard. */
  readonly subjectOf: (request: Request) => Subject;
  readonly standingOf: (request: Request) => Standing;
}

/** What stands behind a stream for as long as it is open: a session of a person, or a partner. */
export interface Standing {
  /** Streams of one key have a number together, and end together. */
  readonly key: string;
  /** Who it is as they are now; undefined when locked or gone. */
  readonly current: () => Subject | undefined;
  /** Whether the session itself still stands. */
  readonly isStanding: () => Promise<boolean>;
}

/** A filter names a few types and one site. */
const LONGEST_TOPIC = 256;

export function stream(parts: StreamParts): RequestHandler {
  const { hub, scopes, nowMs, subjectOf, standingOf } = parts;
  const row = findRoute('GET', '/api/stream');
  return async (request, response) => {
    const topics = readTopics(new URLSearchParams(queryOf(request)));
    if (typeof topics === 'string') return sendProblem(response, 'query.refused', topics);
    const { id, scope } = subjectOf(request);
    const isLimited = scope.kind !== 'everything' || topics.site !== undefined;
    if (isLimited && !scopes.isTrue) return sendProblem(response, 'scope.unknown');
    if (topics.site !== undefined && !scopes.index.isVisible(scope, topics.site, nowMs()))
      return sendProblem(response, 'entity.unknown');
    if (request.method === 'HEAD') return void response.type('text/event-stream').end();
    if (isLimited) await prepare(scopes.index, listedBy(scope, topics), listedTypes(topics));
    if (response.closed) return;
    const { key, current, isStanding } = standingOf(request);
    const currentScope = (): Scope | undefined => {
      const subject = current();
      return decide(subject, row).kind === 'allow' ? subject?.scope : undefined;
    };
    const options = { sessionKey: key, subjectId: id, topics, currentScope, isStillAllowed: isStanding };
    const isOpen = hub.open(response, { ...options, lastEventId: request.get('last-event-id') });
    if (!isOpen) sendProblem(response, 'stream.full');
  };
}

/** `?types=Alert,ACMeasurement&site=urn:ngsi-ld:Site:…`; a sentence when something else stands there. */
export function readTopics(query: URLSearchParams): Topics | string {
  const unknown = [...query.keys()].find((name) => name !== 'types' && name !== 'site');
  if (unknown !== undefined) return `The parameter '${unknown.slice(0, 40)}' is not known here.`;
  const [types = '', ...moreTypes] = query.getAll('types');
  const [site, ...moreSites] = query.getAll('site');
  if (moreTypes.length + moreSites.length > 0) return 'types and site may stand once each.';
  if (types.length > LONGEST_TOPIC || (site ?? '').length > LONGEST_TOPIC) return 'types or site is too long.';
  const wanted = [...new Set(types.split(',').filter((type) => type !== ''))].sort();
  const foreign = wanted.find((type) => !TYPES.has(type));
  if (foreign !== undefined) return `The stream has the types ${LIVE_TYPES.join(', ')}.`;
  return { types: wanted, site: site === '' ? undefined : site };
}

const TYPES: ReadonlySet<string> = new Set(LIVE_TYPES);

/** Entities of a type we did not ask for are not ours to show. */
export function notify(state: LiveState, secret: string): readonly Handler[] {
  return notificationDoor(secret, ({ data }) => {
    for (const entity of data) if (TYPES.has(entity.type)) state.apply(entity);
  });
}
