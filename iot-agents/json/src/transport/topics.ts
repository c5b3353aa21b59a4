/**
 * The topics of iotagent-json, and `profile`, which is ours: `/json/{apikey}/{deviceId}/{channel}`. Commands go out on `cmd`,
 * which only the agent may publish to, and are answered on `cmdexe`; a device asks for its configuration on `configuration/commands`.
 */

import type { Lane } from '@contor/agent-kit';
import { ATTRIBUTE } from '../codec/channel.js';

export interface TopicRow {
  /** What follows the device in a topic. */
  readonly tail: string;
  readonly kind: 'reading' | 'answer' | 'question';
}

export const TOPICS = [
  { tail: 'attrs', kind: 'reading' },
  { tail: 'attrs/+', kind: 'reading' },
  { tail: 'profile', kind: 'reading' },
  { tail: 'cmdexe', kind: 'answer' },
  { tail: 'configuration/commands', kind: 'question' },
] as const satisfies readonly TopicRow[];

/** A profile is the past by nature: it fills history and never moves the present. */
const LANES: Readonly<Record<Channel, Lane>> = { attrs: 'live', profile: 'late' };

export type Channel = 'attrs' | 'profile';

export const SUBSCRIPTIONS = TOPICS.map(({ tail }) => `/json/+/+/${tail}`);

export interface Sender {
  readonly apiKey: string;
  readonly deviceId: string;
}

export type Address =
  /** `channel` as the ingest log knows it: `attrs`, `attrs/h`, `profile`. */
  | (Sender & { readonly kind: 'reading'; readonly channel: string; readonly lane: Lane })
  | (Sender & { readonly kind: 'answer' | 'question' });

/** Names become keys of files and identifiers: the characters an identifier may have, and no others. Dots alone name a folder. */
const NAME = '(?!\\.{1,2}(?:/|$))[A-Za-z0-9._~-]{1,100}';
const TOPIC = new RegExp(`^/json/(${NAME})/(${NAME})/([a-z]+)(?:/(${ATTRIBUTE}))?$`);

const ONE_NAME = new RegExp(`^${NAME}$`);

export function isName(text: string): boolean {
  return ONE_NAME.test(text);
}

export function parseTopic(topic: string): Address | undefined {
  const [, apiKey, deviceId, name, more] = TOPIC.exec(topic) ?? [];
  if (apiKey === undefined || deviceId === undefined) return undefined;
  const sender = { apiKey, deviceId };
  if (more === undefined && (name === 'attrs' || name === 'profile'))
    return { kind: 'reading', ...sender, channel: name, lane: LANES[name] };
  if (more === undefined) return name === 'cmdexe' ? { kind: 'answer', ...sender } : undefined;
  if (name === 'attrs') return { kind: 'reading', ...sender, channel: `attrs/${more}`, lane: 'live' };
  return name === 'configuration' && more === 'commands' ? { kind: 'question', ...sender } : undefined;
}

export function formatTopic(
  apiKey: string,
  deviceId: string,
  channel: Channel | 'cmd' | 'cmdexe' | 'configuration/commands' | 'configuration/values',
): string {
  return `/json/${apiKey}/${deviceId}/${channel}`;
}
