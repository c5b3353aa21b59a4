/** What the operator can set, and the few numbers that belong to the protocol rather than to the operator. */

import { ConfigError, isLoopback, KEYRING_SETTINGS, type SettingsOf, type SettingsTable } from '@contor/kit';
import { OTP_POLICIES, type OtpPolicy } from './steps.js';

export const SETTINGS = {
  host: { name: 'IDENTITY_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address to listen on' },
  port: { name: 'IDENTITY_PORT', kind: 'port', fallback: 3002, about: 'TCP port of the OpenID provider' },
  dataFolder: { name: 'IDENTITY_DATA', kind: 'path', about: 'Where users, sessions and signing keys live' },
  publicUrl: {
    name: 'IDENTITY_PUBLIC_URL',
    kind: 'url',
    optional: true,
    about: 'Address browsers and services reach it at; becomes the issuer. Default: http(s)://host:port',
  },
  gatewayUrl: {
    name: 'GATEWAY_PUBLIC_URL',
    kind: 'url',
    fallback: 'http://127.0.0.1:3000',
    about: 'Address of the dashboard: the only place people are sent back to',
  },
  otp: {
    name: 'IDENTITY_OTP',
    kind: 'text',
    optional: true,
    about: `Who must have a second factor: ${OTP_POLICIES.join(', ')}. Default: optional on loopback, else privileged`,
  },
  tlsCert: { name: 'IDENTITY_TLS_CERT', kind: 'path', optional: true, about: 'Certificate chain (PEM)' },
  tlsKey: { name: 'IDENTITY_TLS_KEY', kind: 'path', optional: true, about: 'Private key (PEM)' },
  secret: { name: 'PLATFORM_SECRET', kind: 'secret', optional: true, about: 'Shared by the services; guards /metrics' },
  ...KEYRING_SETTINGS,
} as const satisfies SettingsTable;

export type IdentityConfig = SettingsOf<typeof SETTINGS>;

export function otpPolicyOf({ otp, host }: Pick<IdentityConfig, 'otp' | 'host'>): OtpPolicy {
  if (otp === undefined) return isLoopback(host) ? 'optional' : 'privileged';
  const policy = OTP_POLICIES.find((one) => one === otp);
  if (policy !== undefined) return policy;
  const message = `IDENTITY_OTP is ${otp}.`;
  throw new ConfigError([{ code: 'config.otp', message, fix: `Use one of ${OTP_POLICIES.join(', ')}.` }]);
}

export const LOG_FORMAT = { kind: 'identity', version: 1 } as const;

/** Keycloak's paths begin with the realm, so one realm is one issuer. */
export const REALM = 'contor';
export const REALM_PATH = `/realms/${REALM}`;

export const DASHBOARD_CLIENT = 'contor-dashboard';

/** What the access token is for: `aud` of every token that the platform's own servers accept. */
export const API_AUDIENCE = 'contor-api';
/** RFC 8707 wants a URI for the same thing. */
export const API_RESOURCE = 'urn:contor:api';
export const API_SCOPE = 'api';

/** What administers the realm: in Keycloak a client of this name, whose roles a service account carries. */
export const ADMIN_AUDIENCE = 'realm-management';
export const ADMIN_RESOURCE = 'urn:contor:realm-management';

/** Seconds. */
export const LIFETIMES = {
  /** Short, because a changed role takes effect when the next one is fetched. */
  AccessToken: 300,
  ClientCredentials: 300,
  IdToken: 300,
  /** RFC 6749, 4.1.2 recommends at most ten minutes; the gateway redeems it at once. */
  AuthorizationCode: 60,
  /** Long enough to fetch a password from somewhere, short enough for a forgotten tab. */
  Interaction: 30 * 60,
  /** A working day is one sign-in: session, refresh token and grant end together. */
  RefreshToken: 24 * 3600,
  Session: 24 * 3600,
  Grant: 24 * 3600,
} as const;
