/** Delivery in Prometheus, a line a subscription: those that are furthest behind, for a broker may have more than a graph can take. */

import type { Metrics } from '@contor/kit';
import type { Broker } from './call.js';

const MAX_SUBSCRIPTIONS = 200;
const LABELS = ['tenant', 'subscription'] as const;

interface Row {
  readonly tenant: string;
  readonly subscription: string;
  readonly pending: number;
  readonly bytes: number;
  readonly lagMs: number;
  readonly failures: number;
  readonly deadLetters: number;
  readonly timesSent: number;
  readonly timesFailed: number;
}

const GAUGES: readonly { readonly name: string; readonly help: string; readonly of: (row: Row) => number }[] = [
  { name: 'pending', help: 'Changes that wait or are on their way.', of: ({ pending }) => pending },
  { name: 'bytes', help: 'Bytes of what waits.', of: ({ bytes }) => bytes },
  { name: 'lag_ms', help: 'Age of the oldest change not acknowledged.', of: ({ lagMs }) => lagMs },
  { name: 'failures', help: 'Failures in a row; 0 when the subscriber is well.', of: ({ failures }) => failures },
  { name: 'dead_letters', help: 'Changes that could not be delivered.', of: ({ deadLetters }) => deadLetters },
  { name: 'times_sent', help: 'Notifications sent so far, repetitions included.', of: ({ timesSent }) => timesSent },
  { name: 'times_failed', help: 'Notifications that were not accepted so far.', of: ({ timesFailed }) => timesFailed },
];

export function gatherDelivery(metrics: Metrics, { office, letters, clock, store }: Broker): void {
  const nowMs = clock.nowMs();
  const rows: Row[] = [];
  for (const tenant of store.memory.tenants.keys()) {
    for (const { id, outbox, failures, status } of office.boxesOf(tenant)) {
      const oldestAtMs = outbox.oldest?.atMs ?? nowMs;
      rows.push({
        ...{ tenant, subscription: id, pending: outbox.length, bytes: outbox.bytes, failures },
        lagMs: Math.max(0, nowMs - oldestAtMs),
        deadLetters: letters.countOf(tenant, id),
        ...{ timesSent: status.timesSent, timesFailed: status.timesFailed },
      });
    }
  }
  rows.sort((a, b) => b.lagMs - a.lagMs || b.deadLetters - a.deadLetters || b.failures - a.failures);
  for (const { name, help, of } of GAUGES) {
    const gauge = metrics.gauge(`broker_subscription_${name}`, help, LABELS);
    gauge.reset();
    for (const row of rows.slice(0, MAX_SUBSCRIPTIONS))
      gauge.set({ tenant: row.tenant, subscription: row.subscription }, of(row));
  }
}
