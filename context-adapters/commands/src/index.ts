/**
 * The command service: the only one that signs orders to meters. It believes what the gateway signed, never what an attribute says,
 * and keeps each order on disk before it is sent, so that none is carried out twice.
 */

import type { SettingsOf, SettingsTable } from '@contor/kit';

export const SETTINGS = {
  dataFolder: { name: 'COMMANDS_DATA', kind: 'path', about: 'Where orders and the signing key live' },
  brokerUrl: { name: 'BROKER_URL', kind: 'url', fallback: 'http://127.0.0.1:1026', about: 'NGSI-LD broker' },
  gatewayKey: { name: 'COMMANDS_GATEWAY_KEY', kind: 'path', about: 'File with the public key of the gateway (JWK)' },
  publicKeyFile: {
    name: 'COMMANDS_PUBLIC_KEY',
    kind: 'path',
    about: 'Where our own public key is put for the agents (JWK)',
  },
  secret: { name: 'PLATFORM_SECRET', kind: 'secret', optional: true, about: 'Shown to the broker' },
} as const satisfies SettingsTable;

export type CommandsConfig = SettingsOf<typeof SETTINGS>;
