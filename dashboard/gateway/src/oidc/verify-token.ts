/**
 * What we believe of an access token: RFC 9068 and RFC 8725. One algorithm, keys only from the configured issuer, audience,
 * party and purpose checked, so that an ID token or another client's token opens nothing here (T19).
 */

import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** Whether tokens issued to this client (`azp`) are for us. */
  readonly isParty: (clientId: string) => boolean;
  readonly keys: JWTVerifyGetKey;
  /** For tests; the wall clock otherwise. */
  readonly now?: () => Date;
}

export interface TokenFacts {
  readonly subject: string;
  /** To whom it was issued. */
  readonly party: string;
  /** The client speaks for itself (RFC 6749, 4.4) and for no person. */
  readonly isOfClient: boolean;
  readonly username: string;
  readonly roles: readonly string[];
  /** The provider's own session, where it says so (Keycloak's `sid`). */
  readonly session: string | undefined;
  readonly expiresAtMs: number;
}

export type Verified =
  | { readonly kind: 'value'; readonly facts: TokenFacts }
  | { readonly kind: 'refused'; readonly reason: string }
  /** The keys could not be fetched, which says nothing about the token. */
  | { readonly kind: 'unreachable' };

const ALGORITHMS = ['RS256'];
/** Header `typ`: RFC 9068 wants at+jwt, Keycloak writes JWT and marks the purpose in the payload. */
const HEADER_TYPES: ReadonlySet<string> = new Set(['at+jwt', 'application/at+jwt', 'jwt']);
const PURPOSE = 'Bearer';
const LONGEST_TOKEN = 8 * 1024;
const CLOCK_SKEW_SECONDS = 60;
/** jose refuses these codes for reasons of its own network, not of the token. */
const NETWORK_CODES: ReadonlySet<string> = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID']);

export async function verifyAccessToken(token: string, rules: TokenRules): Promise<Verified> {
  if (token.length > LONGEST_TOKEN) return refused('too long');
  try {
    const { payload, protectedHeader } = await jwtVerify(token, rules.keys, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ['exp', 'iat', 'sub'],
      ...(rules.now === undefined ? {} : { currentDate: rules.now() }),
    });
    const type = protectedHeader.typ?.toLowerCase() ?? 'jwt';
    if (!HEADER_TYPES.has(type)) return refused('header typ');
    return judge(payload, rules);
  } catch (error) {
    if (isNetworkFault(error)) return { kind: 'unreachable' };
    return refused(error instanceof errors.JOSEError ? error.code : 'malformed');
  }
}

function judge(payload: JWTPayload, { isParty, now }: TokenRules): Verified {
  const { sub, exp = 0, iat = 0, azp: party } = payload;
  const nowSeconds = (now?.() ?? new Date()).getTime() / 1000;
  if (payload.typ !== PURPOSE) return refused('typ');
  if (typeof party !== 'string' || !isParty(party)) return refused('azp');
  if (iat > nowSeconds + CLOCK_SKEW_SECONDS) return refused('iat');
  if (sub === undefined || sub === '') return refused('sub');
  const username = textOf(payload.preferred_username) ?? sub;
  const isOfClient = sub === party || username.toLowerCase() === `service-account-${party}`.toLowerCase();
  const more = { roles: rolesOf(payload), session: textOf(payload.sid), expiresAtMs: exp * 1000 };
  return { kind: 'value', facts: { subject: sub, party, isOfClient, username, ...more } };
}

/** Keycloak's place for realm roles. What is not a list of words gives no role. */
function rolesOf(payload: JWTPayload): readonly string[] {
  const access = payload.realm_access;
  const roles = typeof access === 'object' && access !== null && 'roles' in access ? access.roles : undefined;
  return Array.isArray(roles) ? roles.filter((role): role is string => typeof role === 'string') : [];
}

function isNetworkFault(error: unknown): boolean {
  if (error instanceof errors.JOSEError) {
    // The generic code is "Expected 200 OK from the JSON Web Key Set HTTP response".
    return NETWORK_CODES.has(error.code) || error.code === 'ERR_JOSE_GENERIC';
  }
  return error instanceof TypeError && error.message === 'fetch failed';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function refused(reason: string): Verified {
  return { kind: 'refused', reason };
}
