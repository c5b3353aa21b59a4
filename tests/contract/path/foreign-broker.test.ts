/**
 * The straight path on a broker that does not hold our @context: a JSON meter, the agent, a broker that plays Orion-LD, history,
 * and the gateway's read. Nothing but the installation knows where the @context is hosted.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHistoryClient, type HistoryClient } from '@contor/history-query';
import { CONTEXT_URL, urn } from '@contor/orion-config';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import { messageOf } from '../../support/meter-fleet.js';
import { API_KEY, eventually, type MeteringPath, startMeteringPath } from '../../support/metering-path.js';
import type { Browser } from '../../unit/gateway/support/browser.js';
import { House } from '../../unit/gateway/support/house.js';

const READINGS = 4;
const START_MS = Math.floor(Date.now() / 1000) * 1000 - 60_000;

let folder: string;
let path: MeteringPath;
let house: House;
let browser: Browser;
let history: HistoryClient;
let meter: MqttClient;
let entityId: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-foreign-'));
  path = await startMeteringPath({ folder, meters: 1, brokerAs: 'orion-ld' });
  house = await (await House.open({ BROKER_URL: path.brokerUrl, HISTORY_URL: path.historyUrl })).start();
  browser = await house.signedIn();
  history = createHistoryClient({ url: path.historyUrl });
  const [{ id, password } = { id: '', password: '' }] = path.meters;
  entityId = urn('ACMeasurement', id);
  meter = await mqtt.connectAsync(path.mqttUrl, { username: id, password, clientId: id, clean: false });
  for (let sequence = 1; sequence <= READINGS; sequence += 1) {
    const message = messageOf(START_MS + sequence * 1_000, sequence, sequence / 1_000);
    await meter.publishAsync(`/json/${API_KEY}/${id}/attrs`, message, { qos: 1 });
    // Each is told on its own there, and what is not taken is lost: so each is waited for.
    await eventually(async () => {
      const { columns } = await history.series({
        type: 'ACMeasurement',
        id: entityId,
        attributes: ['totalActiveEnergyImport'],
      });
      expect(columns.totalActiveEnergyImport).toHaveLength(sequence);
    }, 20_000);
  }
}, 90_000);

afterAll(async () => {
  await meter?.endAsync(true);
  history?.close();
  await house?.close();
  await path?.stop();
  await rm(folder, { recursive: true, force: true });
}, 30_000);

describe('on a broker without our @context', () => {
  it('it is hosted once, and that is what clients name', async () => {
    const { body } = await path.broker.request({ method: 'GET', path: '/ngsi-ld/v1/jsonldContexts?kind=Hosted' });
    expect(body).toEqual([await path.broker.contextUrl()]);
    expect(body).not.toContain(CONTEXT_URL);
  });

  it('readings arrive in history under their short names', async () => {
    const { timesMs, columns } = await history.series({
      type: 'ACMeasurement',
      id: entityId,
      attributes: ['totalActiveEnergyImport', 'voltageL1'],
    });
    expect(timesMs).toEqual(Array.from({ length: READINGS }, (_none, at) => START_MS + (at + 1) * 1_000));
    expect(columns.totalActiveEnergyImport).toEqual(Array.from({ length: READINGS }, (_none, at) => (at + 1) / 1_000));
    expect(columns.voltageL1).toEqual(new Array(READINGS).fill(230.1));
  });

  it('the broker holds full names, and answers short ones to who names the @context', async () => {
    const bare = await path.broker.request({ method: 'GET', path: `/ngsi-ld/v1/entities/${entityId}` });
    expect(bare.body).not.toHaveProperty('totalActiveEnergyImport');
    expect(await path.broker.get(entityId)).toMatchObject({
      type: 'ACMeasurement',
      totalActiveEnergyImport: { type: 'Property', value: READINGS / 1_000 },
    });
  });

  it.each(['/api/ngsi-ld/v1/entities/<id>', '/api/ngsi-ld/v1/entities?type=ACMeasurement'])(
    'the gateway reads short names: %s',
    async (question) => {
      const answer = await browser.raw('GET', house.gatewayUrl + question.replace('<id>', entityId));
      expect(answer.status).toBe(200);
      const [found] = [await answer.json()].flat();
      expect(found).toMatchObject({
        id: entityId,
        type: 'ACMeasurement',
        totalActiveEnergyImport: { value: READINGS / 1_000, unitCode: 'KWH' },
      });
    },
  );

  it('the live view follows', () => {
    expect(house.gateway.health()).toMatchObject({ state: 'ready' });
    expect(house.gateway.health().figures.entities).toBeGreaterThan(0);
  });
});
