/** Everything an operator can set, read once at start. */

import { KEYRING_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';

export const SETTINGS = {
  host: { name: 'BROKER_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address the NGSI-LD API listens on' },
  port: { name: 'BROKER_PORT', kind: 'port', fallback: 1026, about: 'TCP port of the NGSI-LD API' },
  dataFolder: { name: 'BROKER_DATA', kind: 'path', about: 'Folder of the log, the snapshots and the cursors' },
  tlsCert: {
    name: 'BROKER_TLS_CERT',
    kind: 'path',
    optional: true,
    about: 'Certificate chain (PEM); needed outside loopback',
  },
  tlsKey: { name: 'BROKER_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM); needed outside loopback' },
  secret: {
    name: 'PLATFORM_SECRET',
    kind: 'secret',
    optional: true,
    about: 'When set, every request needs it as bearer token',
  },
  as: {
    name: 'BROKER_AS',
    kind: 'text',
    choices: ['contor', 'orion-ld'],
    fallback: 'contor',
    about: 'Which broker to play: itself, or one that refuses and loses what Orion-LD does',
  },
  context: {
    name: 'BROKER_CONTEXT',
    kind: 'text',
    choices: ['contor', 'core'],
    fallback: 'contor',
    about: 'The @context of requests that name none',
  },
  contextHosts: {
    name: 'BROKER_CONTEXT_HOSTS',
    kind: 'list',
    fallback: [],
    about: 'Hosts @contexts may be fetched from, once each; with a port when it is not the usual one',
  },
  historyUrl: {
    name: 'BROKER_HISTORY_URL',
    kind: 'url',
    optional: true,
    about: 'History server (QuantumLeap API) behind the temporal API; without it that answers 501',
  },
  notifyHosts: {
    name: 'BROKER_NOTIFY_HOSTS',
    kind: 'list',
    fallback: ['127.0.0.1', 'localhost', '::1'],
    about: 'Hosts subscriptions may send notifications to',
  },
  notifyCa: {
    name: 'BROKER_NOTIFY_CA',
    kind: 'path',
    optional: true,
    about: 'Certificate authorities (PEM) of https and mqtts subscribers, in place of those of the system',
  },
  notifyTimeoutMs: {
    name: 'BROKER_NOTIFY_TIMEOUT',
    kind: 'duration',
    fallback: '30s',
    min: 100,
    max: 300_000,
    about: 'Longest wait for a subscriber',
  },
  forwardHosts: {
    name: 'BROKER_FORWARD_HOSTS',
    kind: 'list',
    fallback: ['127.0.0.1', 'localhost', '::1'],
    about: 'Hosts of context sources that requests may be forwarded to',
  },
  alias: {
    name: 'BROKER_ALIAS',
    kind: 'text',
    optional: true,
    about: 'Name of this broker in Via headers; made up at each start when not set',
  },
  maxBodyBytes: { name: 'BROKER_MAX_BODY', kind: 'bytes', fallback: '16MiB', min: 1024, about: 'Largest request body' },
  maxBatch: {
    name: 'BROKER_MAX_BATCH',
    kind: 'integer',
    fallback: 1000,
    min: 1,
    max: 4096,
    about: 'Most entities in one batch',
  },
  maxLogBytes: {
    name: 'BROKER_MAX_LOG',
    kind: 'bytes',
    fallback: '1GiB',
    min: 1_048_576,
    about: 'Largest log; beyond it writes are refused',
  },
  snapshotBytes: {
    name: 'BROKER_SNAPSHOT_EVERY',
    kind: 'bytes',
    fallback: '32MiB',
    min: 1024,
    about: 'Log growth after which a snapshot is written',
  },
  maxOutboxBytes: {
    name: 'BROKER_MAX_OUTBOX',
    kind: 'bytes',
    fallback: '128MiB',
    min: 1024,
    about: 'Largest outbox of a subscription; beyond it writes wait (deliver=must) or the oldest become dead letters',
  },
  maxOutboxesBytes: {
    name: 'BROKER_OUTBOX_MEMORY',
    kind: 'bytes',
    fallback: '512MiB',
    min: 4096,
    about: 'All outboxes together; beyond it the oldest of the largest become dead letters',
  },
  maxDeadLetterBytes: {
    name: 'BROKER_MAX_DEAD_LETTERS',
    kind: 'bytes',
    fallback: '256MiB',
    min: 65_536,
    about: 'Dead letters on disk; beyond it the oldest of them go',
  },
  ...KEYRING_SETTINGS,
} as const satisfies SettingsTable;

export type BrokerConfig = SettingsOf<typeof SETTINGS>;
