/** What an operator can set. */

import type { SettingsOf, SettingsTable } from '@contor/kit';

export const SETTINGS = {
  host: { name: 'MQTT_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address the MQTT server listens on' },
  port: { name: 'MQTT_PORT', kind: 'port', fallback: 1883, about: 'TCP port of MQTT 3.1.1' },
  dataFolder: { name: 'MQTT_DATA', kind: 'path', about: 'Where the log and the credentials live' },
  tlsCert: {
    name: 'MQTT_TLS_CERT',
    kind: 'path',
    optional: true,
    about: 'PEM file with the certificate chain; needs the key too',
  },
  tlsKey: { name: 'MQTT_TLS_KEY', kind: 'path', optional: true, about: 'PEM file with the private key' },
  secret: {
    name: 'PLATFORM_SECRET',
    kind: 'secret',
    optional: true,
    about: 'The shared secret of the platform, needed outside loopback',
  },
  healthPort: {
    name: 'MQTT_HEALTH_PORT',
    kind: 'port',
    fallback: 0,
    about: 'Port of /health and /metrics on loopback; 0: none',
  },
  mustDeliver: {
    name: 'MQTT_MUST_DELIVER',
    kind: 'list',
    fallback: ['/json/#'],
    about: 'Topic filters whose QoS 1 and 2 messages are kept for the first persistent subscriber when there is none',
  },
  maxQueueBytes: {
    name: 'MQTT_MAX_QUEUE',
    kind: 'bytes',
    fallback: '256MiB',
    about: 'Undelivered messages of one session; beyond it publishers wait',
  },
  maxStoreBytes: {
    name: 'MQTT_MAX_STORE',
    kind: 'bytes',
    fallback: '512MiB',
    about: 'Undelivered messages of all sessions; the log takes up to four times as much',
  },
  maxMemoryBytes: {
    name: 'MQTT_MAX_MEMORY',
    kind: 'bytes',
    fallback: '32MiB',
    about: 'Queued payloads kept in memory; the others are read from the log',
  },
  maxConnections: {
    name: 'MQTT_MAX_CONNECTIONS',
    kind: 'integer',
    fallback: 20_000,
    min: 1,
    about: 'Connections open at once',
  },
  connectRate: {
    name: 'MQTT_CONNECT_RATE',
    kind: 'integer',
    fallback: 50,
    min: 1,
    about: 'New connections a second and address; a hundred times as many on loopback',
  },
  maxIdleMs: {
    name: 'MQTT_MAX_IDLE',
    kind: 'duration',
    fallback: '30m',
    about: 'A connection silent for this long is closed, whatever keep-alive it asked for',
  },
} as const satisfies SettingsTable;

export type MqttConfig = SettingsOf<typeof SETTINGS>;
