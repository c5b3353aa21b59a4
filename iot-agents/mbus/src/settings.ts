/** What the M-Bus agent can be told, as a table: the environment, the flags of the command line and its help come from it. */

import { KEYRING_SETTINGS, SECRETS_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';

export const SETTINGS = {
  dataFolder: {
    name: 'AGENT_MBUS_DATA',
    kind: 'path',
    about: 'Where the ingest log, the cursors, the device registry and the marks of the replay guard live',
  },
  receivers: {
    name: 'AGENT_MBUS_RECEIVERS',
    kind: 'text',
    fallback: '',
    about:
      'Radio receivers, as framing=host:port with commas between (hex, rtl-wmbus, im871a, iu891a, amber, amber-rssi)',
  },
  concentrators: {
    name: 'AGENT_MBUS_CONCENTRATORS',
    kind: 'text',
    fallback: '',
    about: 'Concentrators with a store of their own, as host:port with commas between',
  },
  readEvery: {
    name: 'AGENT_MBUS_READ_EVERY',
    kind: 'duration',
    fallback: '5m',
    about: 'How often a wired meter is read that says no interval of its own',
  },
  latency: {
    name: 'AGENT_MBUS_LATENCY',
    kind: 'duration',
    fallback: '200ms',
    about: 'What gateways and the way to them add to the answer of a wired meter',
  },
  host: {
    name: 'AGENT_MBUS_HOST',
    kind: 'text',
    fallback: '127.0.0.1',
    about: 'Address at which orders from the broker come in',
  },
  port: {
    name: 'AGENT_MBUS_PORT',
    kind: 'port',
    fallback: 4043,
    about: 'TCP port for them; 0 lets the system choose',
  },
  endpoint: {
    name: 'AGENT_MBUS_ENDPOINT',
    kind: 'url',
    optional: true,
    about: 'Address the broker reaches that port at. Default: http(s)://host:port',
  },
  commandKeys: {
    name: 'AGENT_MBUS_COMMAND_KEYS',
    kind: 'path',
    optional: true,
    about: 'File with the public keys of the command services (JWK Set); without it no commands are taken',
  },
  tlsCert: { name: 'AGENT_MBUS_TLS_CERT', kind: 'path', optional: true, about: 'Certificate chain (PEM)' },
  tlsKey: { name: 'AGENT_MBUS_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM)' },
  brokerUrl: { name: 'BROKER_URL', kind: 'url', fallback: 'http://127.0.0.1:1026', about: 'The NGSI-LD broker' },
  historyUrl: { name: 'HISTORY_URL', kind: 'url', fallback: 'http://127.0.0.1:8668', about: 'The history server' },
  platformSecret: {
    name: 'PLATFORM_SECRET',
    kind: 'secret',
    optional: true,
    about: 'Shown to broker and history when set',
  },
  ...KEYRING_SETTINGS,
  ...SECRETS_SETTINGS,
  logBytes: {
    name: 'AGENT_MBUS_LOG_BYTES',
    kind: 'bytes',
    fallback: '2GiB',
    min: 2 ** 20,
    about: 'What each of the two ingest logs may take on disk while the platform is away',
  },
  shelfBytes: {
    name: 'AGENT_MBUS_SHELF_BYTES',
    kind: 'bytes',
    fallback: '32MiB',
    min: 2 ** 20,
    about: 'What each of unassigned, quarantine and dead-letters may take on disk',
  },
} as const satisfies SettingsTable;

export type AgentMbusConfig = SettingsOf<typeof SETTINGS>;
