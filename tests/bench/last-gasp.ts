/**
 * A district loses its supply: each meter says its last word three times over a connection of its own, and the alerts are looked for in the broker.
 * The time is from the first word to the last alert, over real processes: MQTT broker, agent, NGSI-LD broker.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { API_KEY, startMeteringPath } from '../support/metering-path.js';

const METERS = 500;
const COPIES = 3;
const CONNECTING_AT_ONCE = 25;
const LOOK_EVERY_MS = 100;
const WITHIN_MS = 60_000;

export async function benchLastGasp(): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-last-gasp-'));
  const path = await startMeteringPath({ folder, meters: METERS });
  try {
    await sleep(1_500);
    const clients: mqtt.MqttClient[] = [];
    for (let at = 0; at < METERS; at += CONNECTING_AT_ONCE) {
      const some = path.meters.slice(at, at + CONNECTING_AT_ONCE);
      const options = { reconnectPeriod: 0, clean: true };
      const open = some.map(({ id, password }) =>
        mqtt.connectAsync(path.mqttUrl, { ...options, username: id, clientId: id, password }),
      );
      clients.push(...(await Promise.all(open)));
    }
    const startedAt = performance.now();
    const timestamp = new Date().toISOString();
    const said = clients.flatMap((client, index) =>
      Array.from({ length: COPIES }, (_, copy) =>
        client.publishAsync(
          `/json/${API_KEY}/${path.meters[index]?.id}/attrs`,
          JSON.stringify({ timestamp, seq: copy, events: ['lastGasp'] }),
          { qos: 1 },
        ),
      ),
    );
    const acked = Promise.all(said).then(() => performance.now() - startedAt);
    let alerts = 0;
    let tookMs = 0;
    while (alerts < METERS && tookMs < WITHIN_MS) {
      await sleep(LOOK_EVERY_MS);
      const found = await path.broker.request({
        method: 'GET',
        path: '/ngsi-ld/v1/entities?type=Alert&limit=1&count=true',
      });
      alerts = Number(found.headers['ngsild-results-count'] ?? 0);
      tookMs = performance.now() - startedAt;
    }
    const ackedMs = await acked;
    await sleep(1_000);
    const settled = await path.broker.request({
      method: 'GET',
      path: '/ngsi-ld/v1/entities?type=Alert&limit=1&count=true',
    });
    const after = Number(settled.headers['ngsild-results-count'] ?? 0);
    await Promise.all(clients.map((client) => client.endAsync(true)));
    return {
      meters: METERS,
      messages: METERS * COPIES,
      ackedMs: Math.round(ackedMs),
      alertsMs: Math.round(tookMs),
      alerts: after,
    };
  } finally {
    await path.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
