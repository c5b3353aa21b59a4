/** The meters of the end-to-end bench, in a process of their own: many connections, QoS 1, a window each; acknowledgements are counted here. */

import mqtt from 'mqtt';
import { messageOf } from '../support/meter-fleet.js';
import { API_KEY, type Meter } from '../support/metering-path.js';

export interface PublisherOrder {
  readonly url: string;
  readonly meters: readonly Meter[];
  readonly window: number;
  readonly seconds: number;
}

export type PublisherReport =
  | { readonly kind: 'connected' }
  | { readonly kind: 'done'; readonly acknowledged: number; readonly seconds: number; readonly cpuUs: number };

process.on('message', (order: PublisherOrder | 'go') => {
  if (order === 'go') begin();
  else void connect(order);
});

let begin: () => void = () => undefined;

async function connect({ url, meters, window, seconds }: PublisherOrder): Promise<void> {
  const clients = await Promise.all(
    meters.map(({ id, password }) =>
      mqtt.connectAsync(url, { username: id, password, clientId: id, clean: false, reconnectPeriod: 0 }),
    ),
  );
  begin = () => {
    const startMs = Math.floor(Date.now() / 1000) * 1000;
    const startedAt = performance.now();
    const cpuBefore = process.cpuUsage();
    let acknowledged = 0;
    let inFlight = 0;
    const finish = () => {
      const { user, system } = process.cpuUsage(cpuBefore);
      tell({ kind: 'done', acknowledged, seconds: (performance.now() - startedAt) / 1000, cpuUs: user + system });
    };
    clients.forEach((client, index) => {
      const topic = `/json/${API_KEY}/${meters[index]?.id}/attrs`;
      let sequence = 0;
      const publish = () => {
        if (performance.now() - startedAt > seconds * 1000) {
          if (inFlight === 0) finish();
          return;
        }
        sequence += 1;
        inFlight += 1;
        client.publish(topic, messageOf(startMs + sequence * 100, sequence, sequence / 1000), { qos: 1 }, (error) => {
          inFlight -= 1;
          if (error == null) acknowledged += 1;
          publish();
        });
      };
      for (let slot = 0; slot < window; slot += 1) publish();
    });
  };
  tell({ kind: 'connected' });
}

function tell(report: PublisherReport): void {
  process.send?.(report);
}
