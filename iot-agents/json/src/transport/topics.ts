/** The topics of iotagent-json, and `profile`, which is ours: `/json/{apikey}/{deviceId}/{channel}`. */

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

export const SUBSCRIPTIONS = CHANNELS.map(({ channel }) => `/json/+/+/${channel}`);

export interface Address {
  readonly apiKey: string;
  readonly deviceId: string;
  readonly channel: Channel;
  readonly lane: Lane;
}

/** Names become keys of files and identifiers: the characters an identifier may have, and no others. */
const TOPIC = /^\/json\/([A-Za-z0-9._~-]{1,100})\/([A-Za-z0-9._~-]{1,100})\/([a-z]+)$/;

export function parseTopic(topic: string): Address | undefined {
  const [, apiKey, deviceId, name] = TOPIC.exec(topic) ?? [];
  const row = CHANNELS.find(({ channel }) => channel === name);
  if (apiKey === undefined || deviceId === undefined || row === undefined) return undefined;
  return { apiKey, deviceId, ...row };
}

export function formatTopic(apiKey: string, deviceId: string, channel: Channel): string {
  return `/json/${apiKey}/${deviceId}/${channel}`;
}
