/** What the agent of IEC 62056-21 meters can be told, as a table: the environment, the flags of the command line and its help come from it. */

import { KEYRING_SETTINGS, SECRETS_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';

export const SETTINGS = {
  dataFolder: {
    name: 'AGENT_ELSTER_DATA',
    kind: 'path',
    about: 'Where the ingest log, the cursors and the device registry live',
  },
  live: {
    name: 'AGENT_ELSTER_LIVE',
    kind: 'text',
    fallback: 'every 15 min',
    about: 'When meters are read out: times of the day, or a period',
  },
  profile: {
    name: 'AGENT_ELSTER_PROFILE',
    kind: 'text',
    fallback: '0:20',
    about: 'When the load profile of the last two days is read, in the local time of each device',
  },
  latency: {
    name: 'AGENT_ELSTER_LATENCY',
    kind: 'duration',
    fallback: '500ms',
    about: 'What converters and the way to them add to the answer of a meter',
  },
  host: {
    name: 'AGENT_ELSTER_HOST',
    kind: 'text',
    fallback: '127.0.0.1',
    about: 'Address of the provisioning of devices',
  },
  port: { name: 'AGENT_ELSTER_PORT', kind: 'port', fallback: 4044, about: 'TCP port for it; 0 lets the system choose' },
  tlsCert: { name: 'AGENT_ELSTER_TLS_CERT', kind: 'path', optional: true, about: 'Certificate chain (PEM)' },
  tlsKey: { name: 'AGENT_ELSTER_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM)' },
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
} as const satisfies SettingsTable;

export type AgentElsterConfig = SettingsOf<typeof SETTINGS>;
