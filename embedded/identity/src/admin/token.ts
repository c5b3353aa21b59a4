/**
 * Who may administer: a service account's access token of our own making, for the audience `realm-management`, with the right among
 * its client roles, as Keycloak writes them. A person's token never is one, nor a partner's.
 */

import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { SigningKey } from '../keys.js';
import { ADMIN_AUDIENCE } from '../settings.js';

export const ADMIN_RIGHTS = [
  'view-users',
  'query-users',
  'manage-users',
  'view-realm',
  'view-clients',
  'query-clients',
  'manage-clients',
] as const;
export type AdminRight = (typeof ADMIN_RIGHTS)[number];

export type Administrator = ReadonlySet<string>;

const LONGEST_HEADER = 8 * 1024;
/** Our own clock made the token. */
const CLOCK_SKEW_SECONDS = 5;

/** The rights of whoever shows the header; `undefined` when it is nobody. */
export function createTokenCheck(issuer: string, keys: readonly SigningKey[], nowMs: () => number) {
  const publicKeys = createLocalJWKSet({
    keys: keys.map(({ kty, n, e, kid, alg, use }) => ({ kty: kty ?? '', n: n ?? '', e: e ?? '', kid, alg, use })),
  });
  return async (header: string | undefined): Promise<Administrator | undefined> => {
    const token =
      header !== undefined && header.length < LONGEST_HEADER ? /^Bearer ([\w.-]+)$/i.exec(header)?.[1] : undefined;
    if (token === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, publicKeys, {
        issuer,
        audience: ADMIN_AUDIENCE,
        algorithms: ['RS256'],
        typ: 'at+jwt',
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ['exp', 'iat', 'sub'],
        currentDate: new Date(nowMs()),
      });
      return payload.typ === 'Bearer' ? rightsOf(payload.resource_access) : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

function rightsOf(access: unknown): Administrator {
  const realm = memberOf(access, ADMIN_AUDIENCE);
  const roles = memberOf(realm, 'roles');
  return new Set(Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : []);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
