/** What the DLMS agent can be told, as a table: the environment, the flags of the command line and its help come from it. */

import { KEYRING_SETTINGS, SECRETS_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';

export const SETTINGS = {
  dataFolder: {
    name: 'AGENT_DLMS_DATA',
    kind: 'path',
    about: 'Where the ingest log, the invocation counters and the device registry live',
  },
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
  title: {
    name: 'AGENT_DLMS_TITLE',
    kind: 'text',
    fallback: '4354520000000001',
    about: 'Our own system title, 16 hex digits; the same after every restart',
  },
  live: {
    name: 'AGENT_DLMS_LIVE',
    kind: 'text',
    fallback: 'every 15 min',
    about: 'When registers and gauges are read: times of the day, or a period',
  },
  profile: {
    name: 'AGENT_DLMS_PROFILE',
    kind: 'text',
    fallback: '0:20',
    about: 'When the load profile of the last two days is read, in the local time of each device',
  },
  host: {
    name: 'AGENT_DLMS_HOST',
    kind: 'text',
    fallback: '127.0.0.1',
    about: 'Address at which orders from the broker come in',
  },
  port: {
    name: 'AGENT_DLMS_PORT',
    kind: 'port',
    fallback: 4042,
    about: 'TCP port for them; 0 lets the system choose',
  },
  endpoint: {
    name: 'AGENT_DLMS_ENDPOINT',
    kind: 'url',
    optional: true,
    about: 'Address the broker reaches that port at. Default: http(s)://host:port',
  },
  commandKeys: {
    name: 'AGENT_DLMS_COMMAND_KEYS',
    kind: 'path',
    optional: true,
    about: 'File with the public keys of the command services (JWK Set); without it no commands are taken',
  },
  tlsCert: { name: 'AGENT_DLMS_TLS_CERT', kind: 'path', optional: true, about: 'Certificate chain (PEM)' },
  tlsKey: { name: 'AGENT_DLMS_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM)' },
  pushHost: {
    name: 'AGENT_DLMS_PUSH_HOST',
    kind: 'text',
    fallback: '127.0.0.1',
    about: 'Loopback address at which meters push; from outside a tunnel has to lead there',
  },
  pushPort: {
    name: 'AGENT_DLMS_PUSH_PORT',
    kind: 'port',
    optional: true,
    about: 'TCP port for them, 4061 as a rule; without it nothing is pushed to us',
  },
} as const satisfies SettingsTable;

export type AgentDlmsConfig = SettingsOf<typeof SETTINGS>;
