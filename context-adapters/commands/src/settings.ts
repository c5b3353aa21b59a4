/** What the operator can set. */

import { doorSettings } from '@contor/adapter-kit';
import { KEYRING_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';

export const SETTINGS = {
  dataFolder: { name: 'COMMANDS_DATA', kind: 'path', about: 'Where the journal of orders and the signing key live' },
  brokerUrl: { name: 'BROKER_URL', kind: 'url', fallback: 'http://127.0.0.1:1026', about: 'NGSI-LD broker' },
  tenant: { name: 'COMMANDS_TENANT', kind: 'text', fallback: 'default', about: 'Tenant whose meters are told' },
  host: { name: 'COMMANDS_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address notifications come in at' },
  port: {
    name: 'COMMANDS_PORT',
    kind: 'port',
    fallback: 0,
    about: 'TCP port for them, /health and /metrics; 0 lets the system choose',
  },
  ...doorSettings('COMMANDS'),
  gatewayKey: {
    name: 'COMMANDS_GATEWAY_KEY',
    kind: 'path',
    about: 'File with the public key of the gateway (JWK Set)',
  },
  publicKeyFile: {
    name: 'COMMANDS_PUBLIC_KEY',
    kind: 'path',
    about: 'Where our own public key is put for the agents (JWK Set)',
  },
  simulated: {
    name: 'COMMANDS_SIMULATED',
    kind: 'path',
    optional: true,
    about: 'File of meters that are simulators (URN → serial number): for them a password is enough to approve',
  },
  delay: {
    name: 'COMMANDS_DELAY',
    kind: 'duration',
    fallback: '15m',
    min: 0,
    max: 3_600_000,
    about: 'Longest random delay before a supply is switched off or limited',
  },
  orderValid: {
    name: 'COMMANDS_ORDER_VALID',
    kind: 'duration',
    fallback: '5m',
    min: 1_000,
    max: 900_000,
    about: 'How long an agent may carry out an order after it was signed',
  },
  smallFleet: {
    name: 'COMMANDS_SMALL_FLEET',
    kind: 'integer',
    fallback: 5,
    min: 0,
    max: 50,
    about:
      'Supplies an hour that may be switched off however small the fleet; half a percent of a large one, 50 at most',
  },
  secret: { name: 'PLATFORM_SECRET', kind: 'secret', optional: true, about: 'Shown to the broker' },
  ...KEYRING_SETTINGS,
} as const satisfies SettingsTable;

export type CommandsConfig = SettingsOf<typeof SETTINGS>;
