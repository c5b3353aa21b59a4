/**
 * From the broker to a partner: what a notification says is held against the scope of its owner at this moment, and what is left goes on.
 * The broker hears yes only when the partner has said yes (or nothing was left to say), so what a partner has not taken stays in its outbox.
 */

import type { HostList, Logger, Poster } from '@contor/kit';
import { isError } from '@contor/kit';
import { contextLink } from '@contor/orion-config';
import { may, redact, type Subject } from '@contor/policy';
import type { Handler, Response } from 'express';
import { represent } from '../context/representation.js';
import { sendProblem } from '../http/problem.js';
import { type Notification, type NotifiedEntity, notificationDoor } from '../notify/door.js';
import type { KnownScopes } from '../scope/feed.js';
import type { Errand } from './document.js';
import type { Farewells } from './farewells.js';
import { ERRAND_HEADER, nameOf } from './store.js';

export interface DeliveryParts {
  readonly notifySecret: string;
  readonly unseal: (text: string) => Errand | undefined;
  /** As they are now; undefined when locked or gone. */
  readonly currentSubject: (id: string) => Subject | undefined;
  readonly scopes: KnownScopes;
  readonly farewells: Farewells;
  readonly hosts: HostList;
  readonly poster: Poster;
  readonly contextUrl: () => Promise<string | undefined>;
  readonly tenant: string;
  readonly nowMs: () => number;
  readonly log: Logger;
}

/** Each holds some megabytes for as long as a partner takes; the broker tries again. */
const MOST_UNDERWAY = 64;
/** As the broker reads them (RFC 9110, 15.5): what was sent is wrong, and would be again. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

export function deliverToPartner(parts: DeliveryParts): readonly Handler[] {
  let underway = 0;
  return notificationDoor(parts.notifySecret, async (notification, request, response) => {
    const errand = parts.unseal(request.get(ERRAND_HEADER) ?? '');
    if (errand === undefined || nameOf(errand.owner, errand.publicId) !== request.params.subscriptionId)
      return sendProblem(response, 'notify.malformed', 'It is for a subscription that was not made here.');
    const subject = parts.currentSubject(errand.owner);
    // Who may see nothing now is told nothing, and not later either.
    if (subject === undefined || !may(subject, 'context.subscribe')) return;
    if (subject.scope.kind !== 'everything' && !parts.scopes.isTrue) return sendProblem(response, 'scope.unknown');
    const data = visibleOf(parts, notification, subject, errand);
    if (data.length === 0) return;
    if (underway >= MOST_UNDERWAY) return sendProblem(response, 'notify.busy');
    underway += 1;
    try {
      answer(await post(parts, notification, errand, data), response);
    } finally {
      underway -= 1;
    }
  });
}

function visibleOf(
  { scopes: { index }, farewells, nowMs }: DeliveryParts,
  { data }: Notification,
  { scope }: Subject,
  { format }: Errand,
): readonly object[] {
  const atMs = nowMs();
  const isTold = ({ id, deletedAt }: NotifiedEntity): boolean =>
    index.isVisible(scope, id, atMs) || (deletedAt !== undefined && farewells.saw(scope, id, atMs));
  return data.filter(isTold).map((entity) => represent(redact(entity, scope, index), format));
}

/** The partner's status; undefined when there was none. */
async function post(
  { hosts, poster, contextUrl, tenant, log }: DeliveryParts,
  { id, notifiedAt }: Notification,
  { publicId, endpoint }: Errand,
  data: readonly object[],
): Promise<number | undefined> {
  try {
    const url = new URL(endpoint.uri);
    // The operator may have thought better of it since.
    if (!hosts.has(url.hostname)) return undefined;
    const context = await contextUrl();
    const isInside = endpoint.accept === 'application/ld+json';
    const body = {
      id,
      type: 'Notification',
      subscriptionId: publicId,
      notifiedAt,
      data,
      ...(isInside && { '@context': context }),
    };
    const headers = {
      'Content-Type': endpoint.accept,
      ...(isInside ? {} : { Link: contextLink(context) }),
      ...(tenant === 'default' ? {} : { 'NGSILD-Tenant': tenant }),
      ...Object.fromEntries(endpoint.headers.map(({ key, value }) => [key, value])),
    };
    return await poster.post({
      url,
      headers,
      body: [Buffer.from(JSON.stringify(body), 'utf8')],
      waitMs: endpoint.timeoutMs,
    });
  } catch (error) {
    log.debug(
      { reason: isError(error) ? error.message : 'unknown', subscription: publicId },
      'A partner could not be told.',
    );
    return undefined;
  }
}

function answer(status: number | undefined, response: Response): void {
  if (status !== undefined && status >= 200 && status < 300) return void response.status(200).end();
  if (status !== undefined && REFUSALS.has(status)) return void response.status(status).end();
  const detail = status === undefined ? 'It did not answer.' : `It answered ${status}.`;
  sendProblem(response, 'partner.unreachable', detail);
}
