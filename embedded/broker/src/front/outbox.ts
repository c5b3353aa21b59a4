/**
 * What an operator asks of delivery: how far behind a subscriber is, what could not be delivered, and where a notification is.
 * No part of the standard; below `/ngsi-ld/ex/v1`, where Orion-LD has its extensions. Each tenant sees its own.
 */

import { formatEntity } from '../entity/format.js';
import { isUri } from '../json.js';
import { badRequest } from '../problem.js';
import { noSubscription } from '../store/memory.js';
import type { Box } from '../subscription/box.js';
import type { Letter } from '../subscription/dead-letters.js';
import type { Telling } from '../subscription/model.js';
import { whereabouts } from '../subscription/whereabouts.js';
import { keepingOf } from '../subscription/wishes.js';
import { type Answer, type Call, jsonAnswer, NO_CONTENT, param } from './call.js';
import { requestContext } from './content.js';
import { pageLinks, readFlag, readPage } from './parameters.js';

export function retrieveOutbox(call: Call): Answer {
  const box = existing(call);
  const { clock, letters } = call.broker;
  const { outbox, retryInMs, status } = box;
  const nowMs = clock.nowMs();
  const oldestAtMs = outbox.oldest?.atMs;
  return jsonAnswer(200, {
    subscription: box.id,
    pending: outbox.length,
    bytes: outbox.bytes,
    isFull: box.isFull,
    lagMs: oldestAtMs === undefined ? 0 : Math.max(0, nowMs - oldestAtMs),
    oldestChange: moment(oldestAtMs),
    nextTry: retryInMs === undefined ? undefined : moment(nowMs + retryInMs),
    failuresInARow: box.failures,
    lastReason: box.failures > 0 ? box.lastReason : undefined,
    refusedAlone: box.suspects,
    deadLetters: letters.countOf(call.tenant, box.id),
    deliver: box.isMust ? 'must' : 'may',
    keep: keepingOf(box.subscription),
    timesSent: status.timesSent,
    timesFailed: status.timesFailed,
  });
}

export async function listDeadLetters(call: Call): Promise<Answer> {
  const box = existing(call);
  const page = readPage(call);
  const { offset, limit, isCounted } = page;
  const all = call.broker.letters.of(call.tenant, box.id);
  const shown = all.slice(offset, offset + limit);
  const hasValues = readFlag(call.query.get('values'), 'values');
  const tellings = hasValues ? await call.broker.letters.read(shown) : new Map<number, Telling>();
  const links = pageLinks(call, page, all.length > offset + limit);
  const headers: Record<string, string> = links.length === 0 ? {} : { Link: links.join(', ') };
  if (isCounted) headers['NGSILD-Results-Count'] = String(all.length);
  return jsonAnswer(
    200,
    shown.map((letter) => formatLetter(call, letter, tellings.get(letter.number))),
    headers,
  );
}

/** 202: they go in their own time, behind nothing and before what waits for the same entity. */
export async function replayDeadLetters(call: Call): Promise<Answer> {
  const box = existing(call);
  return jsonAnswer(202, { replaying: await call.broker.office.replay(call.tenant, box.id) });
}

export async function deleteDeadLetters(call: Call): Promise<Answer> {
  const box = existing(call);
  await call.broker.letters.free({ tenant: call.tenant, subscription: box.id });
  return NO_CONTENT;
}

export function whereIsNotification(call: Call): Answer {
  const { broker, tenant } = call;
  const id = call.query.get('entity');
  if (id === undefined || !isUri(id)) throw badRequest("'entity' is the id of the entity");
  const page = readPage(call);
  const { offset, limit, isCounted } = page;
  const entity = broker.store.memory.tenants.get(tenant)?.entity(id);
  const deliveries = broker.office.recent.of(tenant, id);
  const boxes = [...broker.office.boxesOf(tenant)];
  const found = boxes.slice(offset, offset + limit).map((box) => {
    const letters = broker.letters.of(tenant, box.id).filter((letter) => letter.entity === id);
    return whereabouts(box, id, entity, deliveries.get(box.id), letters);
  });
  const links = pageLinks(call, page, boxes.length > offset + limit);
  const headers: Record<string, string> = links.length === 0 ? {} : { Link: links.join(', ') };
  if (isCounted) headers['NGSILD-Results-Count'] = String(boxes.length);
  return jsonAnswer(200, { entity: id, isThere: entity !== undefined, subscriptions: found }, headers);
}

function existing(call: Call): Box {
  const id = param(call, 'subscriptionId');
  const box = call.broker.office.box(call.tenant, id);
  if (box === undefined) throw noSubscription(id);
  return box;
}

/** What the letter says is personal: it is shown to who asks for it, and not to who only looks what is there. */
function formatLetter(call: Call, letter: Letter, telling: Telling | undefined): object {
  const { number, entity, cause, reason, notification, state, bytes } = letter;
  return {
    ...{ number, entity, state, cause, reason, notification, bytes },
    changedAt: moment(letter.changedAtMs),
    diedAt: moment(letter.diedAtMs),
    ...(telling !== undefined && {
      trigger: telling.reason,
      data: formatEntity(telling.entity, {
        context: requestContext(call),
        representation: 'normalized',
        sysAttrs: false,
      }),
    }),
  };
}

function moment(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}
