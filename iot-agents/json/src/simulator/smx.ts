/** A street of SMX behind one HTTP server, each below its own path: `/smx-0001/realtime`, `/smx-0001/files`. It waits to be asked. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  checkExposure,
  closeHttp,
  type Health,
  listenHttp,
  type SettingsOf,
  type SettingsTable,
  type Start,
  sameSecret,
  urlOf,
} from '@contor/kit';
import { MINUTE_MS, minuteOf, nameOf, SmxMeter } from './smx-meter.js';

export const SETTINGS = {
  host: { name: 'SMX_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address to listen at' },
  port: { name: 'SMX_PORT', kind: 'port', fallback: 7897, about: 'TCP port; 0 lets the system choose' },
  tlsCert: { name: 'SMX_TLS_CERT', kind: 'path', optional: true, about: 'Certificate chain (PEM)' },
  tlsKey: { name: 'SMX_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM)' },
  token: { name: 'SMX_TOKEN', kind: 'secret', optional: true, about: 'Bearer token to ask for' },
  meters: { name: 'SMX_METERS', kind: 'integer', fallback: 3, min: 1, max: 1_000, about: 'Number of meters' },
  seed: { name: 'SMX_SEED', kind: 'text', fallback: 'tulip-street', about: 'The same seed gives the same meters' },
  keptMinutes: {
    name: 'SMX_KEPT_MINUTES',
    kind: 'integer',
    fallback: 120,
    min: 1,
    max: 1_440,
    about: 'Files kept, one a minute',
  },
  silentMeter: {
    name: 'SMX_SILENT',
    kind: 'integer',
    fallback: 0,
    min: 0,
    max: 1_000,
    about: 'This meter never answers',
  },
  brokenPermille: {
    name: 'SMX_BROKEN',
    kind: 'integer',
    fallback: 0,
    min: 0,
    max: 1_000,
    about: 'Of a thousand answers with a file so many break off in the middle',
  },
} as const satisfies SettingsTable;

export type SmxConfig = SettingsOf<typeof SETTINGS>;

const PATH = /^\/(smx-\d{4,})\/(realtime|files)(?:\/([^/?]+))?$/;
/** Names in one answer. */
const LIST = 100;

export const start: Start<SmxConfig> = async (config, { ports: { clock, random }, log }) => {
  checkExposure({ ...config, secret: config.token, prefix: 'SMX' });
  const meters = new Map<string, SmxMeter>();
  for (let number = 1; number <= config.meters; number += 1) {
    const meter = new SmxMeter({ seed: config.seed, number });
    if (number !== config.silentMeter) meters.set(meter.deviceId, meter);
  }
  const counts = { asked: 0, files: 0 };

  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    counts.asked += 1;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://smx');
    const [, deviceId = '', what, name] = PATH.exec(pathname) ?? [];
    const meter = meters.get(deviceId);
    const { token } = config;
    if (token !== undefined && !sameSecret(request.headers.authorization ?? '', `Bearer ${token}`)) {
      response.writeHead(401).end();
    } else if (request.method !== 'GET' || meter === undefined) {
      response.writeHead(404).end();
    } else if (what === 'realtime') {
      json(response, meter.measureAt(Math.floor(clock.nowMs() / 1_000) * 1_000));
    } else if (name === undefined) {
      json(response, listOf(meter, searchParams.get('after') ?? ''));
    } else {
      counts.files += 1;
      const minuteMs = minuteOf(name);
      const isKept = minuteMs !== undefined && minutesOf(clock.nowMs(), config.keptMinutes).includes(minuteMs);
      const isBroken = random.next() < config.brokenPermille / 1_000;
      if (isKept) sendFile(request, response, meter.file(minuteMs), isBroken);
      else response.writeHead(404).end();
    }
  };
  const listOf = (meter: SmxMeter, after: string): Uint8Array => {
    const minutes = minutesOf(clock.nowMs(), config.keptMinutes).filter((minuteMs) => nameOf(minuteMs) > after);
    return Buffer.from(JSON.stringify({ files: minutes.slice(0, LIST).map((minuteMs) => meter.fileRow(minuteMs)) }));
  };
  const server = await listenHttp({ ...config, setting: 'SMX_PORT', log }, listener);
  const url = urlOf(server, config);
  log.info({ url, meters: meters.size }, 'The meters wait to be asked.');
  return {
    url,
    health: (): Health => ({ state: 'ready', figures: { meters: meters.size, ...counts } }),
    stop: () => closeHttp(server),
  };
};

/** Complete ones, oldest first. */
function minutesOf(nowMs: number, kept: number): readonly number[] {
  const endMs = Math.floor(nowMs / MINUTE_MS) * MINUTE_MS;
  return Array.from({ length: kept }, (_, index) => endMs - (kept - index) * MINUTE_MS);
}

function json(response: ServerResponse, bytes: Uint8Array): void {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length) }).end(bytes);
}

/** A broken one says how long the piece is that it sends, so that the rest can be asked for by Range (RFC 9110, 14.4). */
function sendFile(request: IncomingMessage, response: ServerResponse, whole: Uint8Array, isBroken: boolean): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (from > 0 && from >= whole.length) {
    response.writeHead(416).end();
    return;
  }
  const to = isBroken ? from + Math.ceil((whole.length - from) / 2) : whole.length;
  const piece = whole.subarray(from, to);
  const isPart = piece.length < whole.length;
  response.writeHead(isPart ? 206 : 200, {
    'Content-Type': 'application/jsonl',
    'Content-Length': String(piece.length),
    ...(isPart && { 'Content-Range': `bytes ${from}-${to - 1}/${whole.length}` }),
  });
  response.end(piece);
}
