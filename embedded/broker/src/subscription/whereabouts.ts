/** "Where is this notification": of one entity and one subscription, what was told, what waits, what is dead, and if nothing, why. */

import type { Entity } from '../entity/model.js';
import type { Box } from './box.js';
import { unmetConditions } from './conditions.js';
import type { Letter } from './dead-letters.js';
import type { Delivery } from './recent.js';

export interface Whereabouts {
  readonly subscription: string;
  readonly subscriptionName?: string | undefined;
  /** The most telling of what follows; `quiet`: it is concerned, and nothing has been told of late. */
  readonly state: 'dead' | 'onItsWay' | 'waiting' | 'delivered' | 'notConcerned' | 'quiet';
  readonly delivered?: { readonly notification: string; readonly at: string } | undefined;
  readonly waiting?: number | undefined;
  readonly deadLetters?:
    | readonly { readonly number: number; readonly reason: string; readonly changedAt: string }[]
    | undefined;
  /** Members of the subscription that exclude the entity as it is now, or why it hears nothing at all. */
  readonly because?: readonly string[] | undefined;
  /** Why what waits is not told. */
  readonly lastReason?: string | undefined;
}

/** Of many letters of one entity the newest say enough. */
const SHOWN_LETTERS = 10;

export function whereabouts(
  box: Box,
  entityId: string,
  entity: Entity | undefined,
  delivery: Delivery | undefined,
  letters: readonly Letter[],
): Whereabouts {
  const { waiting, isOnItsWay } = box.outbox.of(entityId);
  const because = excluding(box, entity);
  const state =
    letters.length > 0
      ? 'dead'
      : isOnItsWay
        ? 'onItsWay'
        : waiting > 0
          ? 'waiting'
          : delivery !== undefined
            ? 'delivered'
            : because.length > 0
              ? 'notConcerned'
              : 'quiet';
  return {
    subscription: box.id,
    subscriptionName: box.subscription.subscriptionName,
    state,
    delivered: delivery && { notification: delivery.id, at: new Date(delivery.atMs).toISOString() },
    waiting: waiting === 0 ? undefined : waiting,
    deadLetters:
      letters.length === 0
        ? undefined
        : letters.slice(-SHOWN_LETTERS).map(({ number, reason, changedAtMs }) => {
            return { number, reason, changedAt: new Date(changedAtMs).toISOString() };
          }),
    because: because.length === 0 ? undefined : because,
    lastReason: waiting > 0 && box.failures > 0 ? box.lastReason : undefined,
  };
}

function excluding({ subscription, isExpired }: Box, entity: Entity | undefined): readonly string[] {
  const because: string[] = [];
  if (!subscription.isActive) because.push('isActive');
  if (isExpired) because.push('expiresAt');
  if (entity === undefined) return because;
  const { watchedAttributes } = subscription;
  if (watchedAttributes !== undefined && !entity.attributes.some(({ name }) => watchedAttributes.includes(name)))
    because.push('watchedAttributes');
  return [...because, ...unmetConditions(subscription, entity)];
}
