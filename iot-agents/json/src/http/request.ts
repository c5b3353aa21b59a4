/**
 * What a device asks for over HTTP, read from method and address as iotagent-json words them: `POST /iot/json?i=<id>&k=<apikey>[&t=<time>]`,
 * `/iot/json/attrs/<name>` for one attribute alone, `/iot/json/commands` for answers, `GET … &d=<payload>` for devices that cannot send a body. Ours are `/iot/json/profile`, and
 * `/iot/json/hub?k=` for a hub that speaks for several devices at once.
 */

import type { Lane } from '@contor/agent-kit';
import { parseIso } from '@contor/kit';
import { ATTRIBUTE, formatChannel } from '../codec/channel.js';
import { isName } from '../transport/topics.js';

export type Asked =
  | {
      readonly kind: 'measures';
      readonly apiKey: string;
      readonly deviceId: string;
      readonly channel: string;
      readonly lane: Lane;
      /** Undefined: it is in the body. */
      readonly payload: Uint8Array | undefined;
      /** `getCmd=1`: the answer brings the commands that wait for it. */
      readonly isPolling: boolean;
    }
  | { readonly kind: 'hub'; readonly apiKey: string; readonly channel: string }
  /** `getCmd=1` without measures. Orders to meters are never kept for a device that may come by. */
  | { readonly kind: 'poll'; readonly apiKey: string; readonly deviceId: string }
  /** What became of commands. */
  | { readonly kind: 'answer'; readonly apiKey: string; readonly deviceId: string }
  | Refused;

export interface Refused {
  readonly kind: 'refused';
  readonly status: number;
  /** The error names of iotagent-json. */
  readonly name: string;
  readonly message: string;
}

export function refused(status: number, name: string, message: string): Refused {
  return { kind: 'refused', status, name, message };
}

const PATH = new RegExp(`^/iot/json(?:/(hub|profile|commands|attrs/(${ATTRIBUTE})))?/?$`);

export function readRequest(method: string, url: string): Asked {
  const [path = '', search = ''] = url.split('?', 2);
  const [all, tail, attribute] = PATH.exec(path) ?? [];
  if (all === undefined) return refused(404, 'NOT_FOUND', 'There is nothing at this path.');
  const isGet = method === 'GET';
  if (method !== 'POST' && !(isGet && tail !== 'hub' && tail !== 'commands'))
    return refused(405, 'METHOD_NOT_ALLOWED', 'Measures come by POST, or by GET with `d`.');
  const query = new URLSearchParams(search);
  const [apiKey, deviceId, time] = [query.get('k'), query.get('i'), query.get('t')];
  const missing = [...(deviceId === null && tail !== 'hub' ? ['i'] : []), ...(apiKey === null ? ['k'] : [])];
  if (missing.length > 0 || apiKey === null)
    return refused(400, 'MANDATORY_PARAMS_NOT_FOUND', `Missing in the address: ${missing.join(', ')}.`);
  const observedMs = time === null ? undefined : parseIso(time);
  if (time !== null && observedMs === undefined) return refused(400, 'BAD_PAYLOAD', '`t` is not RFC 3339 with a zone.');
  if (!isName(apiKey) || (deviceId !== null && !isName(deviceId)))
    return refused(400, 'BAD_PAYLOAD', 'An api key or a device id has other characters than names have.');
  const isProfile = tail === 'profile';
  const channel = formatChannel({
    kind: isProfile ? 'profile' : 'attrs',
    attribute,
    observedMs: isProfile ? undefined : observedMs,
  });
  if (tail === 'hub' || deviceId === null) return { kind: 'hub', apiKey, channel };
  if (tail === 'commands') return { kind: 'answer', apiKey, deviceId };
  const data = query.get('d');
  const isPolling = query.get('getCmd') === '1';
  if (isGet && data === null)
    return isPolling
      ? { kind: 'poll', apiKey, deviceId }
      : refused(400, 'MANDATORY_PARAMS_NOT_FOUND', 'Missing in the address: d.');
  const payload = isGet && data !== null ? new TextEncoder().encode(data) : undefined;
  return { kind: 'measures', apiKey, deviceId, channel, lane: isProfile ? 'late' : 'live', payload, isPolling };
}
