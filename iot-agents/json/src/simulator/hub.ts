/**
 * A hub that reports for what is behind it over HTTP: one batch every few seconds, kept until the agent has it on disk, and sent again when it has not.
 */

import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Health, type SettingsOf, type SettingsTable, type Start, type Timer, toIso } from '@contor/kit';
import { readStreetCredentials } from './credentials.js';
import { disturb } from './faults.js';
import { hubDevices } from './hub-devices.js';

const PERMILLE = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;

export const SETTINGS = {
  agentUrl: {
    name: 'HUB_AGENT_URL',
    kind: 'url',
    fallback: 'http://127.0.0.1:7896',
    about: 'The JSON agent, over HTTP',
  },
  dataFolder: {
    name: 'HUB_DATA',
    kind: 'path',
    optional: true,
    about: 'Where its password is: credentials.json, {"hub-0001": "password"}',
  },
  username: { name: 'HUB_NAME', kind: 'text', fallback: 'hub-0001', about: 'Name of the hub at the agent' },
  password: {
    name: 'HUB_PASSWORD',
    kind: 'secret',
    optional: true,
    about: 'Password there; default: the one in its folder',
  },
  apiKey: { name: 'HUB_API_KEY', kind: 'text', fallback: 'contor-hub', about: 'API key of its devices' },
  devices: {
    name: 'HUB_DEVICES',
    kind: 'integer',
    fallback: 1,
    min: 1,
    max: 100,
    about: 'Devices of each of the four kinds',
  },
  period: { name: 'HUB_PERIOD', kind: 'duration', fallback: '10s', min: 1_000, about: 'Time from batch to batch' },
  seed: { name: 'HUB_SEED', kind: 'text', fallback: 'tulip-street', about: 'The same seed gives the same values' },
  driftMs: {
    name: 'HUB_DRIFT_MS',
    kind: 'integer',
    fallback: 0,
    min: -600_000,
    max: 600_000,
    about: 'Its clock gains so many milliseconds a day',
  },
  dropPermille: { name: 'HUB_DROP', ...PERMILLE, about: 'Of a thousand batches so many are lost inside the hub' },
  duplicatePermille: { name: 'HUB_DUPLICATE', ...PERMILLE, about: 'Of a thousand batches so many are sent twice' },
  badJsonPermille: {
    name: 'HUB_BAD_JSON',
    ...PERMILLE,
    about: 'Of a thousand batches so many are preceded by half of themselves',
  },
} as const satisfies SettingsTable;

export type HubConfig = SettingsOf<typeof SETTINGS>;

/** A hub with little memory keeps ten minutes. */
const MOST_WAITING = 60;
const WAIT_MS = 10_000;
const DAY_MS = 86_400_000;

export const start: Start<HubConfig> = async (config, { ports: { clock, disk }, log }) => {
  const kept = config.dataFolder === undefined ? {} : await readStreetCredentials(config.dataFolder, disk);
  const password = config.password ?? kept[config.username] ?? '';
  const devices = hubDevices(config.seed, config.devices);
  const rates = {
    drop: config.dropPermille / 1_000,
    duplicate: config.duplicatePermille / 1_000,
    badJson: config.badJsonPermille / 1_000,
    reorder: 0,
  };
  const startedMs = clock.nowMs();
  const waiting: Uint8Array[] = [];
  const counts = { sent: 0, stored: 0, refused: 0, failed: 0, givenUp: 0 };
  let timer: Timer | undefined;
  let sending: Promise<void> = Promise.resolve();
  let isStopping = false;

  async function drain(): Promise<void> {
    while (!isStopping && waiting[0] !== undefined) {
      counts.sent += 1;
      const status = await post(config, password, waiting[0]).catch(() => undefined);
      if (status === undefined || status === 429 || status >= 500) {
        counts.failed += 1;
        // The next period tries again, the oldest first.
        return;
      }
      if (status === 200) counts.stored += 1;
      else counts.refused += 1;
      waiting.shift();
    }
  }

  const report = (): void => {
    const atMs = Math.floor(clock.nowMs() / config.period) * config.period;
    const timestamp = toIso(atMs + Math.round((config.driftMs * (atMs - startedMs)) / DAY_MS));
    const batch = Object.fromEntries(devices.map((device) => [device.deviceId, { timestamp, ...device.at(atMs) }]));
    const { payloads } = disturb(new TextEncoder().encode(JSON.stringify(batch)), rates, config.seed, 0, atMs);
    waiting.push(...payloads);
    for (; waiting.length > MOST_WAITING; counts.givenUp += 1) waiting.shift();
    sending = sending.then(drain);
    timer = clock.after(config.period - (clock.nowMs() % config.period), report);
  };
  report();
  log.info({ devices: devices.length, agentUrl: config.agentUrl }, 'The hub reports.');

  return {
    health(): Health {
      const figures = { devices: devices.length, waiting: waiting.length, ...counts };
      if (waiting.length <= 1) return { state: 'ready', figures };
      return { state: 'degraded', reason: 'The agent does not take what the hub reports.', figures };
    },
    async stop() {
      isStopping = true;
      timer?.cancel();
      await sending;
    },
  };
};

function post({ agentUrl, apiKey, username }: HubConfig, password: string, body: Uint8Array): Promise<number> {
  const url = new URL(`${agentUrl}/iot/json/hub?k=${encodeURIComponent(apiKey)}`);
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = { 'Content-Type': 'application/json', 'Content-Length': String(body.length) };
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, auth: `${username}:${password}`, signal: AbortSignal.timeout(WAIT_MS) };
    const outgoing = request(url, options, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
