/**
 * The last step before an order goes to a meter, where replicas share the work: nobody of them has sent it before, whatever its disk says, and the
 * device is held now and for as long as a frame takes (trust T22, P16).
 */

import type { Clock } from '@contor/kit';
import type { Sending } from '../commands/desk.js';
import type { SharedStore } from '../registry/mongo/store.js';
import type { Leases } from './leases.js';

export interface OnceOptions {
  readonly store: SharedStore;
  readonly clock: Clock;
  readonly leases: Leases;
}

/** From the look at the lease to the last byte on the line. */
const FRAME_MS = 500;

export async function sendOnce(
  { store, clock, leases }: OnceOptions,
  { deviceKey, orderId }: { readonly deviceKey: string; readonly orderId: string },
  send: () => Promise<Sending>,
): Promise<Sending> {
  const isHeld = () => (leases.holds(deviceKey)?.untilMs ?? 0) - clock.monotonicMs() >= FRAME_MS;
  if (!isHeld()) return { kind: 'not sent', reason: 'lease.expired' };
  try {
    const isFirst = await store.insert('orders', { id: orderId, text: '', atMs: clock.nowMs() });
    if (!isFirst) return { kind: 'not sent', reason: 'order.seen' };
  } catch {
    return { kind: 'not sent', reason: 'database.away' };
  }
  // Asking took its time, and the process may have been paused in it. From here to `send` nothing is awaited.
  return isHeld() ? send() : { kind: 'not sent', reason: 'lease.expired' };
}
