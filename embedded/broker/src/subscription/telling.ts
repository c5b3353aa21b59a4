/**
 * What one subscription hears of one change (GS CIM 009 V1.9.1, 5.8.6): the state after it, what is gone as an attribute
 * that says so, and the state before when changes are shown.
 */

import type { EntityChange } from '../entity/change.js';
import { type Attribute, type Entity, NGSI_NULL, NO_PARTS, SAME } from '../entity/model.js';
import type { AttributeChange } from './difference.js';
import type { NotificationParams, Subscription, Telling } from './model.js';
import { triggersOf } from './triggers.js';

/** undefined: nothing of the entity would be left to show. */
export type Teller = (change: EntityChange, difference: () => readonly AttributeChange[]) => Telling | undefined;

const NONE: readonly Attribute[] = [];

export function compileTeller(subscription: Subscription): Teller {
  const { showChanges = false } = subscription.notification;
  const lists = compileLists(subscription, showChanges);
  const isShown = compileShown(subscription.notification);
  return (change, difference) => {
    const { before, after, position, atMs } = change;
    const reason = after === undefined ? 'deleted' : before === undefined ? 'created' : 'updated';
    const isListed = lists[reason];
    const gone = isListed === undefined ? NONE : goneOf(difference(), isListed, atMs);
    const entity = stateOf(change, gone);
    if (entity === undefined || !isShown(entity)) return undefined;
    const telling: Telling = { position, atMs, reason, entity };
    return showChanges && before !== undefined ? { ...telling, previous: before } : telling;
  };
}

/**
 * Which deleted attributes are listed, by reason. Who did not ask for deletions is not told of them: to him the URI for null
 * would be a value. Of a deleted entity, `deletedAt` says it all, unless changes are shown or only attributes are watched.
 */
function compileLists(
  subscription: Subscription,
  showChanges: boolean,
): Readonly<Record<'created' | 'updated' | 'deleted', ((name: string) => boolean) | undefined>> {
  const triggers = triggersOf(subscription);
  const watched = subscription.watchedAttributes && new Set(subscription.watchedAttributes);
  const all = (): boolean => true;
  const ofWatched = (name: string): boolean => watched?.has(name) !== false;
  const hearsOfAttributes = triggers.has('attributeDeleted');
  return {
    created: undefined,
    updated: hearsOfAttributes ? all : undefined,
    deleted: showChanges ? all : hearsOfAttributes && !triggers.has('entityDeleted') ? ofWatched : undefined,
  };
}

function goneOf(
  difference: readonly AttributeChange[],
  isListed: (name: string) => boolean,
  atMs: number,
): readonly Attribute[] {
  return difference.flatMap(({ happening, name, before }) =>
    happening === 'deleted' && before !== undefined && isListed(name) ? [tombstone(before, atMs)] : [],
  );
}

function stateOf({ before, after, atMs }: EntityChange, gone: readonly Attribute[]): Entity | undefined {
  if (after !== undefined) return gone.length === 0 ? after : { ...after, attributes: [...after.attributes, ...gone] };
  return before && { ...before, attributes: gone, deletedAt: atMs };
}

/** 4.5.0, 5.8.6: the instance that is gone, with the value that says so. */
function tombstone(old: Attribute, atMs: number): Attribute {
  return {
    ...old,
    kind: old.kind === SAME ? 'Property' : old.kind,
    value: old.kind === 'LanguageProperty' ? { '@none': NGSI_NULL } : NGSI_NULL,
    ...{ observedAt: undefined, unitCode: undefined, parts: NO_PARTS, deletedAt: atMs },
  };
}

/** With `pick` or `omit` nothing may be left, and `{}` tells nobody anything. A deletion always has something to say. */
export function compileShown({ pick, omit }: NotificationParams): (entity: Entity) => boolean {
  const keeps = (member: string): boolean =>
    (pick === undefined || pick.members.includes(member)) && !omit?.members.includes(member);
  if (keeps('id') || keeps('type')) return () => true;
  const picked = pick && new Set(pick.attributes);
  const omitted = new Set(omit?.attributes);
  return ({ attributes, deletedAt, scope }) =>
    deletedAt !== undefined ||
    (scope !== undefined && keeps('scope')) ||
    attributes.some(({ name }) => picked?.has(name) !== false && !omitted.has(name));
}
