/**
 * The name of a notification, made of what it tells: the subscription, and where in the log its changes happened. The same
 * parcel has the same name whenever it is sent, and no other one has it: moments are in it because a data folder that was
 * made anew counts its positions from the beginning.
 */

import { createHash } from 'node:crypto';
import type { Subscription } from './model.js';
import type { Parcel } from './outbox.js';
import { packPositions } from './positions.js';

/** 128 bits: two of them never meet. */
const HEX_DIGITS = 32;

export function notificationId(tenant: string, { id, createdAt }: Subscription, parcel: Parcel): string {
  const [first] = parcel.entries;
  const isLetter = first?.letter !== undefined;
  const facts = [tenant, id, createdAt, first?.atMs, isLetter, packPositions(positionsOf(parcel))];
  const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  return `urn:ngsi-ld:Notification:${hash.slice(0, HEX_DIGITS)}`;
}

export function positionsOf({ entries }: Parcel): readonly number[] {
  const positions = entries.map(({ position }) => position);
  const isSorted = positions.every((position, index) => index === 0 || (positions[index - 1] ?? 0) < position);
  return isSorted ? positions : positions.sort((a, b) => a - b);
}
