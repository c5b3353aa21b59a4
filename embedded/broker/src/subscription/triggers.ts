/** Which changes a subscription hears of: notificationTrigger and watchedAttributes (GS CIM 009 V1.9.1, 5.2.12). */

import type { EntityChange } from '../entity/change.js';
import type { AttributeChange } from './difference.js';
import type { Subscription, Trigger } from './model.js';

/** `entityUpdated` is short for the three of the attributes. */
const MEANING: Readonly<Record<Trigger, readonly Trigger[]>> = {
  entityCreated: ['entityCreated'],
  entityUpdated: ['attributeCreated', 'attributeUpdated', 'attributeDeleted'],
  entityDeleted: ['entityDeleted'],
  attributeCreated: ['attributeCreated'],
  attributeUpdated: ['attributeUpdated'],
  attributeDeleted: ['attributeDeleted'],
};

const DEFAULT: readonly Trigger[] = ['attributeCreated', 'attributeUpdated'];

const OF_ATTRIBUTE = {
  created: 'attributeCreated',
  updated: 'attributeUpdated',
  deleted: 'attributeDeleted',
} as const satisfies Record<AttributeChange['happening'], Trigger>;

export function triggersOf({ notificationTrigger }: Subscription): ReadonlySet<Trigger> {
  return new Set((notificationTrigger ?? DEFAULT).flatMap((trigger) => MEANING[trigger]));
}

export type Fires = (change: EntityChange, difference: () => readonly AttributeChange[]) => boolean;

export function compileTriggers(subscription: Subscription): Fires {
  const triggers = triggersOf(subscription);
  const watched = subscription.watchedAttributes && new Set(subscription.watchedAttributes);
  const isWatched = (name: string): boolean => watched === undefined || watched.has(name);
  return (change, difference) => {
    const { before, after, changed } = change;
    // What was not written has not changed; that is cheaper to see than what has.
    if (watched !== undefined && !changed.some(isWatched)) return false;
    if (before === undefined && triggers.has('entityCreated')) return true;
    if (after === undefined && triggers.has('entityDeleted')) return true;
    if (watched === undefined && isSaidOfEntity(change, triggers)) return true;
    return difference().some(({ name, happening }) => triggers.has(OF_ATTRIBUTE[happening]) && isWatched(name));
  };
}

/** Types and scope are no attributes, yet who watches everything about an entity wants to know of one that has only these. */
function isSaidOfEntity({ before, after }: EntityChange, triggers: ReadonlySet<Trigger>): boolean {
  if (after === undefined) return false;
  if (before === undefined) return triggers.has('attributeCreated');
  const isOther = !isSameList(before.types, after.types) || !isSameList(before.scope, after.scope);
  return isOther && triggers.has('attributeUpdated');
}

function isSameList(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || (a?.length === b?.length && (a ?? []).every((item, at) => item === b?.[at]));
}
