/**
 * Client scopes: what the tokens say. A realm that is imported with scopes of its own gets none of Keycloak's, so the few that we use
 * stand here in full: who, when and how, roles, and for whom a token is meant.
 */

import { API_AUDIENCE, API_SCOPE } from '../settings.js';

interface MapperRow {
  readonly name: string;
  readonly mapper: string;
  readonly config: Readonly<Record<string, string>>;
}

interface ScopeRow {
  readonly name: string;
  readonly about: string;
  /** Named in the token's `scope`. */
  readonly isNamed: boolean;
  readonly mappers: readonly MapperRow[];
}

const ACCESS = { 'access.token.claim': 'true', 'introspection.token.claim': 'true' } as const;
const BOTH = { ...ACCESS, 'id.token.claim': 'true' } as const;
const PERSON = { ...BOTH, 'userinfo.token.claim': 'true' } as const;

function attribute(name: string, claim: string): MapperRow {
  const config = { ...PERSON, 'user.attribute': name, 'claim.name': claim, 'jsonType.label': 'String' };
  return { name: claim, mapper: 'oidc-usermodel-attribute-mapper', config };
}

function note(name: string, claim: string, type: 'String' | 'long'): MapperRow {
  const config = { ...BOTH, 'user.session.note': name, 'claim.name': claim, 'jsonType.label': type };
  return { name: claim, mapper: 'oidc-usersessionmodel-note-mapper', config };
}

/** Keycloak puts the client's name into the braces. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template of theirs.
const CLIENT_ROLES = 'resource_access.${client_id}.roles';

// biome-ignore format: a table
const SCOPES: readonly ScopeRow[] = [
  { name: 'basic', about: 'Who, and when they signed in', isNamed: false, mappers: [
    { name: 'sub', mapper: 'oidc-sub-mapper', config: ACCESS },
    note('AUTH_TIME', 'auth_time', 'long'),
  ] },
  { name: 'acr', about: 'How sure the sign-in was, and by which methods', isNamed: false, mappers: [
    { name: 'acr', mapper: 'oidc-acr-mapper', config: BOTH },
    { name: 'amr', mapper: 'oidc-amr-mapper', config: BOTH },
  ] },
  { name: 'profile', about: 'The name', isNamed: true, mappers: [
    attribute('username', 'preferred_username'),
    { name: 'name', mapper: 'oidc-full-name-mapper', config: PERSON },
  ] },
  { name: 'roles', about: 'Roles of the realm, and of clients whose service account asks', isNamed: false, mappers: [
    { name: 'realm roles', mapper: 'oidc-usermodel-realm-role-mapper',
      config: { ...ACCESS, 'claim.name': 'realm_access.roles', 'jsonType.label': 'String', multivalued: 'true' } },
    { name: 'client roles', mapper: 'oidc-usermodel-client-role-mapper',
      config: { ...ACCESS, 'claim.name': CLIENT_ROLES, 'jsonType.label': 'String', multivalued: 'true' } },
    { name: 'audience resolve', mapper: 'oidc-audience-resolve-mapper', config: ACCESS },
  ] },
  { name: 'service_account', about: 'Which client signs in for itself', isNamed: false, mappers: [
    note('client_id', 'client_id', 'String'),
  ] },
  { name: API_SCOPE, about: 'The platform’s own API', isNamed: true, mappers: [
    { name: 'audience', mapper: 'oidc-audience-mapper', config: { ...ACCESS, 'included.custom.audience': API_AUDIENCE } },
  ] },
];

/** Of clients that sign people in; `api` is asked for by name. */
export const PERSON_SCOPES = ['basic', 'acr', 'profile', 'roles'] as const;
export const MACHINE_SCOPES = ['basic', 'service_account', 'roles', API_SCOPE] as const;

export function scopesOfRealm(): object {
  return {
    defaultDefaultClientScopes: PERSON_SCOPES,
    defaultOptionalClientScopes: [],
    clientScopes: SCOPES.map(({ name, about, isNamed, mappers }) => ({
      ...{ name, description: about, protocol: 'openid-connect' },
      attributes: { 'include.in.token.scope': String(isNamed), 'display.on.consent.screen': 'false' },
      protocolMappers: mappers.map(({ name: mapperName, mapper, config }) => ({
        ...{ name: mapperName, protocol: 'openid-connect', protocolMapper: mapper, consentRequired: false, config },
      })),
    })),
  };
}
