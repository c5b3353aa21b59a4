/** Subscriptions of partners over HTTP (GS CIM 009, 6.10, 6.11): each sees and changes their own ones only; others are not there. */

import { randomUUID } from 'node:crypto';
import type { HostList } from '@contor/kit';
import type { Subject } from '@contor/policy';
import type { Request, RequestHandler, Response } from 'express';
import { noteChange } from '../audit/intake/note.js';
import { narrowFilter } from '../context/filter.js';
import { pageLinks } from '../context/page-links.js';
import { passOnAnswer } from '../context/scoped-reads.js';
import { correlationOf } from '../http/correlation.js';
import { sendNgsiProblem } from '../http/ngsi-problem.js';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import { NOTIFY_HEADER } from '../notify/door.js';
import type { KnownScopes } from '../scope/feed.js';
import { checkParameters } from '../upstream/allow-list.js';
import { type UpstreamAnswer, UpstreamError } from '../upstream/upstream.js';
import { type Errand, isFields, readWish, toBroker, toPublic, type Wish } from './document.js';
import { brokerIdOf, ERRAND_HEADER, type Kept, nameOf, type SubscriptionStore } from './store.js';

export interface SubscriptionParts {
  readonly store: SubscriptionStore;
  readonly scopes: KnownScopes;
  readonly subjectOf: (request: Request) => Subject;
  /** Where the broker reaches us, and what it shows then. */
  readonly notifyUrl: string;
  readonly notifySecret: string;
  readonly hosts: HostList;
  /** Somebody has a subscription now. */
  readonly onOwner: (id: string) => void;
}

type Fields = Readonly<Record<string, unknown>>;

/** Each is held against every change of its types. */
const MOST_OF_ONE_OWNER = 100;
const BASE = '/api/ngsi-ld/v1/subscriptions';
const DEFAULT_LIMIT = 20;
const LIST_RULES = {
  allowed: new Set(['limit', 'offset', 'count', 'options']),
  limits: { limit: 1_000, offset: 1_000_000 },
};
const ONE_RULES = { allowed: new Set(['options']), limits: {} };

type Answer = (parts: SubscriptionParts, subject: Subject, request: Request, response: Response) => Promise<void>;

const ANSWERS = {
  [`GET ${BASE}`]: list,
  [`POST ${BASE}`]: create,
  [`GET ${BASE}/:subscriptionId`]: show,
  [`PATCH ${BASE}/:subscriptionId`]: change,
  [`DELETE ${BASE}/:subscriptionId`]: remove,
} as const;

export type SubscriptionRoute =
  | `${'GET' | 'POST'} ${typeof BASE}`
  | `${'GET' | 'PATCH' | 'DELETE'} ${typeof BASE}/:subscriptionId`;

export const SUBSCRIPTION_ROUTES = Object.keys(ANSWERS) as readonly SubscriptionRoute[];

export function answerSubscriptions(parts: SubscriptionParts, name: SubscriptionRoute): RequestHandler {
  const answer: Answer = ANSWERS[name];
  const rules = name === `GET ${BASE}` ? LIST_RULES : ONE_RULES;
  return async (request, response) => {
    const checked = checkParameters(queryOf(request), rules);
    if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
    await answer(parts, parts.subjectOf(request), request, response);
  };
}

async function list(
  { store }: SubscriptionParts,
  { id: owner }: Subject,
  request: Request,
  response: Response,
): Promise<void> {
  const parameters = new URLSearchParams(queryOf(request));
  const [limit, offset] = [Number(parameters.get('limit') ?? DEFAULT_LIMIT), Number(parameters.get('offset') ?? 0)];
  const own = (await store.all(correlationOf(response))).filter(({ errand }) => errand.owner === owner);
  if (parameters.get('count') === 'true') response.set('NGSILD-Results-Count', String(own.length));
  const links = pageLinks({ path: BASE, query: queryOf(request), limit, offset, hasMore: own.length > offset + limit });
  if (links !== undefined) response.set('Link', links);
  response.json(own.slice(offset, offset + limit).map(({ stored, errand }) => toPublic(stored, errand)));
}

async function create(parts: SubscriptionParts, subject: Subject, request: Request, response: Response): Promise<void> {
  const { store, hosts } = parts;
  const body: unknown = request.body;
  if (!isFields(body)) return sendNgsiProblem(response, 'request.wrong', 'The body is one subscription.');
  const id = body.id ?? `urn:ngsi-ld:Subscription:${randomUUID()}`;
  const read = readWish({ ...body, id, type: body.type ?? '' }, hosts, undefined);
  if (read.kind === 'refused') return sendNgsiProblem(response, 'request.wrong', read.detail);
  const own = (await store.all(correlationOf(response))).filter(({ errand }) => errand.owner === subject.id);
  if (own.length >= MOST_OF_ONE_OWNER)
    return sendNgsiProblem(
      response,
      'query.complex',
      `There is room for ${MOST_OF_ONE_OWNER} subscriptions; remove some.`,
    );
  const document = documentOf(parts, subject, read.wish, response);
  if (document === undefined) return;
  const { publicId } = read.wish.errand;
  noteChange(request, { targets: [publicId], after: shown(read.wish) });
  const answer = await store.put(document, correlationOf(response));
  if (answer.status === 409)
    return sendNgsiProblem(response, 'entity.exists', `there is a subscription '${publicId}' already`);
  if (answer.status !== 201) return passOnFault(answer, response);
  parts.onOwner(subject.id);
  response
    .status(201)
    .set('Location', `${BASE}/${encodeURIComponent(publicId)}`)
    .end();
}

async function show(parts: SubscriptionParts, subject: Subject, request: Request, response: Response): Promise<void> {
  const kept = await find(parts, subject, request, response);
  if (kept !== undefined) response.json(toPublic(kept.stored, kept.errand));
}

async function change(parts: SubscriptionParts, subject: Subject, request: Request, response: Response): Promise<void> {
  const kept = await find(parts, subject, request, response);
  if (kept === undefined) return;
  const { stored, errand } = kept;
  const fragment: unknown = request.body;
  if (!isFields(fragment) || (fragment.id !== undefined && fragment.id !== errand.publicId))
    return sendNgsiProblem(response, 'request.wrong', 'The body is a fragment of this very subscription.');
  const before = toPublic(stored, errand);
  const read = readWish(merge(before, fragment), parts.hosts, errand);
  if (read.kind === 'refused') return sendNgsiProblem(response, 'request.wrong', read.detail);
  const document = documentOf(parts, subject, read.wish, response);
  if (document === undefined) return;
  noteChange(request, { targets: [errand.publicId], before, after: shown(read.wish) });
  const answer = await parts.store.change({ ...withoutOld(stored, document), ...document }, correlationOf(response));
  if (answer.status === 204 || answer.status === 200) return void response.status(204).end();
  passOnFault(answer, response);
}

async function remove(parts: SubscriptionParts, subject: Subject, request: Request, response: Response): Promise<void> {
  const kept = await find(parts, subject, request, response);
  if (kept === undefined) return;
  const { publicId } = kept.errand;
  noteChange(request, { targets: [publicId], before: toPublic(kept.stored, kept.errand) });
  const answer = await parts.store.remove(subject.id, publicId, correlationOf(response));
  if (answer.status === 204) return void response.status(204).end();
  if (answer.status === 404) return unknown(publicId, response);
  passOnFault(answer, response);
}

async function find(
  { store }: SubscriptionParts,
  { id: owner }: Subject,
  request: Request,
  response: Response,
): Promise<Kept | undefined> {
  const publicId = String(request.params.subscriptionId);
  const kept = await store.find(owner, publicId, correlationOf(response));
  if (kept === undefined) unknown(publicId, response);
  return kept;
}

function unknown(publicId: string, response: Response): void {
  sendNgsiProblem(response, 'subscription.unknown', `there is no subscription '${publicId.slice(0, 200)}'`);
}

/** As the broker is to keep it; `undefined`: refused, and answered. */
function documentOf(
  { store, scopes, notifyUrl, notifySecret }: SubscriptionParts,
  { id: owner, scope }: Subject,
  wish: Wish,
  response: Response,
): (Fields & { readonly id: string }) | undefined {
  const { publicId, q } = wish.errand;
  if (scope.kind !== 'everything' && q !== undefined && !scopes.isTrue)
    return void sendProblem(response, 'scope.unknown');
  const { index } = scopes;
  const isHidden = (id: string) => index.has(id) && index.spansOf(scope, id).length === 0;
  const filtered = q === undefined || scope.kind === 'everything' ? undefined : narrowFilter(q, isHidden);
  if (filtered?.kind === 'refused') return void sendNgsiProblem(response, 'request.wrong', filtered.detail);
  const errand: Errand = { ...wish.errand, owner };
  return toBroker(wish, {
    id: brokerIdOf(owner, publicId),
    uri: `${notifyUrl}/notify/subscription/${nameOf(owner, publicId)}`,
    headers: [
      { key: NOTIFY_HEADER, value: notifySecret },
      { key: ERRAND_HEADER, value: store.seal(errand) },
    ],
    q: filtered?.q ?? q,
  });
}

/** 5.8.2: members that are named take the place of old ones; null takes them away. */
function merge(before: Fields, fragment: Fields): Fields {
  const inner = isFields(fragment.notification) ? fragment.notification : undefined;
  const old = isFields(before.notification) ? before.notification : {};
  const endpoint = {
    ...(isFields(old.endpoint) ? old.endpoint : {}),
    ...(isFields(inner?.endpoint) ? inner.endpoint : {}),
  };
  const notification = fragment.notification === undefined ? old : { ...old, ...inner, endpoint };
  return withoutNulls({ ...before, ...fragment, notification: withoutNulls(notification) });
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== 'urn:ngsi-ld:null'),
  );
}

/** What the broker has and shall have no more. */
function withoutOld(stored: Fields, document: Fields): Fields {
  const own = new Set(['id', 'type', 'status', 'createdAt', 'modifiedAt', '@context', 'notification', 'isActive']);
  return Object.fromEntries(
    Object.keys(stored).flatMap((name) => (own.has(name) || name in document ? [] : [[name, null]])),
  );
}

/** For the audit trail: no value of a header. */
function shown(wish: Wish): Fields {
  const { members, notification, passed } = wish;
  const stored = { ...members, notification: { ...notification, endpoint: passed } };
  return toPublic(stored, { ...wish.errand, owner: '' });
}

/** Its own words speak of what the partner said, unless they speak of where it would have to reach us. */
function passOnFault(answer: UpstreamAnswer, response: Response): void {
  const detail = isFields(answer.body) && typeof answer.body.detail === 'string' ? answer.body.detail : '';
  if (detail.startsWith('endpoint'))
    throw new UpstreamError('upstream.failed', `The broker may not notify the gateway: ${detail}`);
  passOnAnswer(answer, response);
}
