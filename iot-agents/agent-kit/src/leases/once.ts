/**
 * The last steps before an order goes to a meter, where replicas share the work: none of them has taken it before, whatever its own disk says, and the
 * device is held now and for as long as a frame takes (trust T22, P16).
 */

import type { Clock } from '@contor/kit';
import type { Sending } from '../commands/desk.js';
import type { SharedStore } from '../registry/mongo/store.js';
import type { Leases } from './leases.js';

/** From the look at the lease to the last byte on the line. */
const FRAME_MS = 500;

export type Claim = true | 'order.seen' | 'database.away';

/** True for one of all replicas, once. Without an answer of the database nobody knows, and nothing is done. */
export async function claimOrder(store: SharedStore, clock: Clock, orderId: string): Promise<Claim> {
  try {
    return (await store.insert('orders', { id: orderId, text: '', atMs: clock.nowMs() })) || 'order.seen';
  } catch {
    return 'database.away';
  }
}

/** Nothing is awaited between the look at the lease and the sending: writing the order down took its time, and the process may have been paused in it. */
export async function sendHeld(
  { clock, leases }: { readonly clock: Clock; readonly leases: Leases },
  deviceKey: string,
  send: () => Promise<Sending>,
): Promise<Sending> {
  const leftMs = (leases.holds(deviceKey)?.untilMs ?? 0) - clock.monotonicMs();
  return leftMs >= FRAME_MS ? send() : { kind: 'not sent', reason: 'lease.expired' };
}
