/** What the JSON agent can be told, as a table: the environment, the flags of the command line and its help come from it. */

import { KEYRING_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';

export const SETTINGS = {
  dataFolder: {
    name: 'AGENT_JSON_DATA',
    kind: 'path',
    about: 'Where the ingest log, the cursors and the device registry live',
  },
  mqttUrl: {
    name: 'MQTT_URL',
    kind: 'url',
    fallback: 'mqtt://127.0.0.1:1883',
    about: 'The MQTT broker the meters publish to',
  },
  mqttUsername: {
    name: 'AGENT_JSON_MQTT_USERNAME',
    kind: 'text',
    fallback: 'agent-json',
    about: 'Name at the MQTT broker',
  },
  mqttPassword: {
    name: 'AGENT_JSON_MQTT_PASSWORD',
    kind: 'secret',
    optional: true,
    about: 'Password at the MQTT broker; default: the one kept in the data folder',
  },
  mqttClientId: {
    name: 'AGENT_JSON_MQTT_CLIENT_ID',
    kind: 'text',
    optional: true,
    about: 'Fixed client identifier of the persistent session; default: the name',
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
  logBytes: {
    name: 'AGENT_JSON_LOG_BYTES',
    kind: 'bytes',
    fallback: '2GiB',
    min: 2 ** 20,
    about: 'What each of the two ingest logs may take on disk while the platform is away',
  },
  shelfBytes: {
    name: 'AGENT_JSON_SHELF_BYTES',
    kind: 'bytes',
    fallback: '32MiB',
    min: 2 ** 20,
    about: 'What each of unassigned, quarantine and dead-letters may take on disk',
  },
  host: {
    name: 'AGENT_JSON_HOST',
    kind: 'text',
    fallback: '127.0.0.1',
    about: 'Address at which devices are provisioned and orders from the broker come in',
  },
  port: {
    name: 'AGENT_JSON_PORT',
    kind: 'port',
    fallback: 4041,
    about: 'TCP port for both; 0 lets the system choose',
  },
  defaultApiKey: {
    name: 'AGENT_JSON_DEFAULT_KEY',
    kind: 'text',
    optional: true,
    min: 1,
    max: 100,
    about: 'API key of devices that are provisioned without one and belong to no group',
  },
  endpoint: {
    name: 'AGENT_JSON_ENDPOINT',
    kind: 'url',
    optional: true,
    about: 'Address the broker reaches that port at. Default: http(s)://host:port',
  },
  commandKeys: {
    name: 'AGENT_JSON_COMMAND_KEYS',
    kind: 'path',
    optional: true,
    about: 'File with the public keys of the command services (JWK Set); without it no commands are taken',
  },
  tlsCert: { name: 'AGENT_JSON_TLS_CERT', kind: 'path', optional: true, about: 'Certificate chain (PEM)' },
  tlsKey: { name: 'AGENT_JSON_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM)' },
  httpPort: {
    name: 'AGENT_JSON_HTTP_PORT',
    kind: 'port',
    optional: true,
    about: 'TCP port for devices that report over HTTP, 7896 as a rule; without it there is none',
  },
  httpHost: {
    name: 'AGENT_JSON_HTTP_HOST',
    kind: 'text',
    fallback: '127.0.0.1',
    about: 'Address at which devices report over HTTP',
  },
  httpTlsCert: {
    name: 'AGENT_JSON_HTTP_TLS_CERT',
    kind: 'path',
    optional: true,
    about: 'Certificate chain for them (PEM)',
  },
  httpTlsKey: { name: 'AGENT_JSON_HTTP_TLS_KEY', kind: 'path', optional: true, about: 'Private key for it (PEM)' },
  httpRate: {
    name: 'AGENT_JSON_HTTP_RATE',
    kind: 'integer',
    fallback: 20,
    min: 1,
    max: 100_000,
    about: 'Requests a second of one device or hub; ten times as many at once',
  },
  amqpUrl: {
    name: 'AMQP_URL',
    kind: 'url',
    optional: true,
    about: 'The AMQP 0-9-1 broker of meters that speak it, amqps://host/vhost; without it none is asked',
  },
  amqpUsername: { name: 'AGENT_JSON_AMQP_USERNAME', kind: 'text', fallback: 'guest', about: 'Name at that broker' },
  amqpPassword: {
    name: 'AGENT_JSON_AMQP_PASSWORD',
    kind: 'secret',
    optional: true,
    about: "Password there; default: RabbitMQ's for guest, who gets in on this machine only",
  },
  amqpQueue: {
    name: 'AGENT_JSON_AMQP_QUEUE',
    kind: 'text',
    fallback: 'contor-json',
    about: 'The durable queue we read',
  },
  amqpExchange: {
    name: 'AGENT_JSON_AMQP_EXCHANGE',
    kind: 'text',
    fallback: 'amq.topic',
    about: 'The topic exchange it is bound to',
  },
  amqpHubs: {
    name: 'AGENT_JSON_AMQP_HUBS',
    kind: 'list',
    fallback: '',
    about: 'Users of that broker who may report for other devices than themselves',
  },
  amqpUserAsked: {
    name: 'AGENT_JSON_AMQP_REQUIRE_USER',
    kind: 'flag',
    fallback: false,
    about: 'Put aside messages without user-id, which the broker checks against the connection that sent them',
  },
  maxAge: {
    name: 'AGENT_JSON_MAX_AGE',
    kind: 'duration',
    optional: true,
    about: 'Readings older than this go to quarantine; default: any age since 2000',
  },
} as const satisfies SettingsTable;

export type AgentJsonConfig = SettingsOf<typeof SETTINGS>;
