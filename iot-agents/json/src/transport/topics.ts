/**
 * The topics of iotagent-json, and `profile`, which is ours: `/json/{apikey}/{deviceId}/{channel}`. Commands go out on `cmd`,
 * which only the agent may publish to, and are answered on `cmdexe`.
 */

import type { Lane } from '@contor/agent-kit';

export interface ChannelRow {
  readonly channel: string;
  /** A profile is the past by nature: it fills history and never moves the present. */
  readonly lane: Lane;
}

export const CHANNELS = [
  { channel: 'attrs', lane: 'live' },
  { channel: 'profile', lane: 'late' },
] as const satisfies readonly ChannelRow[];

export type Channel = (typeof CHANNELS)[number]['channel'];

const ANSWERS = 'cmdexe';

export const SUBSCRIPTIONS = [...CHANNELS.map(({ channel }) => channel), ANSWERS].map((name) => `/json/+/+/${name}`);

export interface Sender {
  readonly apiKey: string;
  readonly deviceId: string;
}

export type Address =
  | (Sender & { readonly kind: 'reading'; readonly channel: Channel; readonly lane: Lane })
  | (Sender & { readonly kind: 'answer' });

/** Names become keys of files and identifiers: the characters an identifier may have, and no others. */
const TOPIC = /^\/json\/([A-Za-z0-9._~-]{1,100})\/([A-Za-z0-9._~-]{1,100})\/([a-z]+)$/;

export function parseTopic(topic: string): Address | undefined {
  const [, apiKey, deviceId, name] = TOPIC.exec(topic) ?? [];
  if (apiKey === undefined || deviceId === undefined) return undefined;
  if (name === ANSWERS) return { kind: 'answer', apiKey, deviceId };
  const row = CHANNELS.find(({ channel }) => channel === name);
  return row && { kind: 'reading', apiKey, deviceId, ...row };
}

export function formatTopic(apiKey: string, deviceId: string, channel: Channel | 'cmd' | 'cmdexe'): string {
  return `/json/${apiKey}/${deviceId}/${channel}`;
}
