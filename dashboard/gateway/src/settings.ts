/** What the operator can set. */

import { KEYRING_SETTINGS, SECRETS_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';

export const SETTINGS = {
  host: { name: 'GATEWAY_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address to listen on' },
  port: { name: 'GATEWAY_PORT', kind: 'port', fallback: 3000, about: 'TCP port of the dashboard' },
  dataFolder: { name: 'GATEWAY_DATA', kind: 'path', about: 'Where sessions and the gateway’s own keys live' },
  publicUrl: {
    name: 'GATEWAY_PUBLIC_URL',
    kind: 'url',
    optional: true,
    about: 'Address browsers reach the dashboard at. Default: http(s)://host:port',
  },
  appFolder: { name: 'GATEWAY_APP', kind: 'path', optional: true, about: 'Folder of the built dashboard (index.html)' },
  brokerUrl: { name: 'BROKER_URL', kind: 'url', fallback: 'http://127.0.0.1:1026', about: 'NGSI-LD broker' },
  historyUrl: { name: 'HISTORY_URL', kind: 'url', fallback: 'http://127.0.0.1:8668', about: 'QuantumLeap history' },
  tenant: { name: 'GATEWAY_TENANT', kind: 'text', fallback: 'default', about: 'Tenant whose entities are shown' },
  issuer: {
    name: 'OIDC_ISSUER',
    kind: 'url',
    fallback: 'http://127.0.0.1:3002/realms/contor',
    about: 'OpenID provider: the embedded one or Keycloak',
  },
  clientId: { name: 'OIDC_CLIENT_ID', kind: 'text', fallback: 'contor-dashboard', about: 'Client at the provider' },
  clientSecret: { name: 'OIDC_CLIENT_SECRET', kind: 'secret', about: 'Secret of that client' },
  audience: { name: 'OIDC_AUDIENCE', kind: 'text', fallback: 'contor-api', about: 'Audience of the access tokens' },
  providerRoles: {
    name: 'GATEWAY_PROVIDER_ROLES',
    kind: 'text',
    fallback: 'adopt',
    about: 'Roles of the provider: adopt (at the first sign-in), follow (at each) or ignore',
  },
  rate: {
    name: 'GATEWAY_RATE',
    kind: 'integer',
    fallback: 200,
    about: 'Cost units a second for each person or partner',
  },
  proxies: {
    name: 'GATEWAY_PROXIES',
    kind: 'list',
    optional: true,
    about: 'Proxies in front whose X-Forwarded-For counts: addresses or networks, with commas',
  },
  notifyUrl: {
    name: 'GATEWAY_NOTIFY_URL',
    kind: 'url',
    optional: true,
    about: 'Address the broker reaches the gateway at. Default: http(s)://127.0.0.1:port',
  },
  notifyHosts: {
    name: 'GATEWAY_NOTIFY_HOSTS',
    kind: 'list',
    fallback: [],
    about: 'Hosts of partners that may be notified: names, addresses, networks',
  },
  tlsCert: { name: 'GATEWAY_TLS_CERT', kind: 'path', optional: true, about: 'Certificate chain (PEM)' },
  tlsKey: { name: 'GATEWAY_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM)' },
  publicKeyFile: {
    name: 'GATEWAY_PUBLIC_KEY',
    kind: 'path',
    optional: true,
    about: 'Where the public key of what we sign is put, for the command service (JWK Set)',
  },
  secret: {
    name: 'PLATFORM_SECRET',
    kind: 'secret',
    optional: true,
    about: 'Shown to broker and history; guards /metrics',
  },
  auditYears: {
    name: 'GATEWAY_AUDIT_YEARS',
    kind: 'integer',
    optional: true,
    about: 'Calendar years of the audit trail to keep besides the current one. Default: all',
  },
  ...KEYRING_SETTINGS,
  ...SECRETS_SETTINGS,
} as const satisfies SettingsTable;

export type GatewayConfig = SettingsOf<typeof SETTINGS>;
