/**
 * How somebody proved who they are, as the ID token says it: `amr` names the methods (RFC 8176), `acr` is Keycloak's level of
 * assurance, 1 for one factor and 2 for two. The time stands beside them as `auth_time` (OpenID Connect Core, 2).
 */

export type Method = 'pwd' | 'otp';

export interface Authentication {
  readonly amr: Method[];
  readonly acr: string;
}

export const ACR_VALUES = ['1', '2'] as const;

export function authenticationOf(methods: readonly Method[]): Authentication {
  return { amr: [...methods], acr: ACR_VALUES[methods.length > 1 ? 1 : 0] };
}
