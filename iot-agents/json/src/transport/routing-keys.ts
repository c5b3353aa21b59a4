/**
 * Routing keys of AMQP 0-9-1, as iotagent-json words them: `.{apikey}.{deviceId}.attrs`, also with `json` in front and as RabbitMQ makes them of MQTT
 * topics, `.json.{apikey}.{deviceId}.attrs`. A dot separates words here, so no name may have one.
 */

import type { Lane } from '@contor/agent-kit';
import { ATTRIBUTE, formatChannel } from '../codec/channel.js';

export interface RoutedReading {
  readonly apiKey: string;
  readonly deviceId: string;
  readonly channel: string;
  readonly lane: Lane;
}

/** What a topic exchange sends to our queue (AMQP 0-9-1, 3.1.3.3): `*` is a word, `#` any number of them. */
export const BINDINGS = ['*.*.*.attrs.#', '*.json.*.*.attrs.#', '*.*.*.profile', '*.json.*.*.profile'] as const;

const NAME = '[A-Za-z0-9_~-]{1,100}';
const KEY = new RegExp(`^(?:\\.?json)?\\.(${NAME})\\.(${NAME})\\.(attrs|profile)(?:\\.(${ATTRIBUTE}))?$`);

export function parseRoutingKey(key: string): RoutedReading | undefined {
  const [, apiKey, deviceId, kind, attribute] = KEY.exec(key) ?? [];
  if (apiKey === undefined || deviceId === undefined) return undefined;
  if (kind === 'profile')
    return attribute === undefined ? { apiKey, deviceId, channel: 'profile', lane: 'late' } : undefined;
  return { apiKey, deviceId, channel: formatChannel({ kind: 'attrs', attribute }), lane: 'live' };
}

export function formatRoutingKey(apiKey: string, deviceId: string, channel: 'attrs' | 'profile'): string {
  return `.${apiKey}.${deviceId}.${channel}`;
}
