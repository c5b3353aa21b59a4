/**
 * oidc-provider, configured to look like Keycloak's realm `contor`: the same paths and the same claims, so that whoever
 * stands behind OIDC_ISSUER, the gateway cannot tell. Authorization code with PKCE S256 only (RFC 9700, 2.1.1).
 */

import type { Logger } from '@contor/kit';
import type { AdapterFactory, Configuration, KoaContextWithOIDC, Provider as ProviderType } from 'oidc-provider';
import { InvalidTarget } from 'oidc-provider/lib/helpers/errors.js';
import { Provider } from 'oidc-provider/lib/provider.js';
import { accountClient } from './account/visitor.js';
import { ADMIN_RIGHTS } from './admin/token.js';
import { ACR_VALUES } from './authentication.js';
import { isSecretOf } from './clients.js';
import { remoteAddress } from './http.js';
import type { ProviderKeys } from './keys.js';
import { messagePage, signOutPage } from './pages/pages.js';
import { chooseLanguage, type Texts } from './pages/texts.js';
import type { Sessions } from './sessions.js';
import {
  ADMIN_AUDIENCE,
  ADMIN_RESOURCE,
  API_AUDIENCE,
  API_RESOURCE,
  API_SCOPE,
  DASHBOARD_CLIENT,
  LIFETIMES,
  REALM_PATH,
} from './settings.js';
import { fullNameOf, type User, type Users } from './users.js';

export interface ProviderParts {
  readonly issuer: string;
  readonly gatewayUrl: string;
  readonly keys: ProviderKeys;
  readonly clientSecret: string;
  readonly adapter: AdapterFactory;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly log: Logger;
}

/** Keycloak's own paths below the realm. */
const ROUTES = {
  authorization: '/protocol/openid-connect/auth',
  token: '/protocol/openid-connect/token',
  jwks: '/protocol/openid-connect/certs',
  userinfo: '/protocol/openid-connect/userinfo',
  introspection: '/protocol/openid-connect/token/introspect',
  revocation: '/protocol/openid-connect/revoke',
  end_session: '/protocol/openid-connect/logout',
} as const;

export const SIGN_IN_PATH = `${REALM_PATH}/login-actions/authenticate`;

export function createProvider(parts: ProviderParts): ProviderType {
  const provider = new Provider(parts.issuer, {
    ...protocol(parts),
    ...clients(parts),
    ...accounts(parts),
    ...pages(parts),
  });
  provider.Client.prototype.compareClientSecret = function (this: { clientSecret?: string }, shown: string) {
    return isSecretOf(this.clientSecret ?? '', shown);
  };
  report(provider, parts.log);
  rememberOrigins(provider, parts);
  return provider;
}

/** Only the reason goes to the log: requests and answers hold codes and tokens. */
function report(provider: ProviderType, log: Logger): void {
  const refused = (what: string) => (_context: unknown, error: Error) => log.warn({ reason: error.message }, what);
  provider.on('server_error', (_context, error) => log.error({ error }, 'The provider could not answer.'));
  provider.on('authorization.error', refused('An authorization request was refused.'));
  provider.on('grant.error', refused('A token request was refused.'));
  provider.on('end_session.error', refused('A sign-out was refused.'));
  provider.silent = true; // Koa would print to the console what the events above already bring to the log.
}

/** People recognise their sessions by address and browser. It is a courtesy: no sign-in fails because of it. */
function rememberOrigins(provider: ProviderType, { sessions, log }: ProviderParts): void {
  provider.on('authorization.success', ({ oidc, req }) => {
    const { session } = oidc;
    if (session?.uid === undefined) return;
    const origin = { address: remoteAddress(req), agent: req.headers['user-agent'] };
    sessions
      .seen(session.uid, origin)
      .catch((error: unknown) => log.warn({ error }, 'The origin of a session could not be kept.'));
  });
}

function protocol({ adapter, keys, issuer }: ProviderParts): Configuration {
  const isSecure = issuer.startsWith('https:');
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure: isSecure } as const;
  return {
    adapter,
    jwks: { keys: [...keys.signing] },
    routes: ROUTES,
    responseTypes: ['code'],
    acrValues: [...ACR_VALUES],
    scopes: ['openid', 'profile', API_SCOPE],
    pkce: { required: () => true },
    ttl: LIFETIMES,
    rotateRefreshToken: true,
    issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
    // Signing out of the provider ends what was issued in that session, also the refresh tokens of other tabs.
    expiresWithSession: () => true,
    clientBasedCORS: () => false,
    cookies: {
      keys: [...keys.cookies],
      // `__Host-` (RFC 6265bis, 4.1.3.2) needs TLS. The two others live on paths of their own and cannot carry it.
      names: {
        session: isSecure ? '__Host-contor_identity' : 'contor_identity',
        interaction: 'contor_interaction',
        resume: 'contor_resume',
      },
      long: cookie,
      short: cookie,
    },
  };
}

function clients({ issuer, clientSecret, gatewayUrl }: ProviderParts): Configuration {
  return {
    clients: [
      {
        client_id: DASHBOARD_CLIENT,
        client_name: 'Contor',
        client_secret: clientSecret,
        redirect_uris: [`${gatewayUrl}/auth/callback`],
        post_logout_redirect_uris: [`${gatewayUrl}/`],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
      },
      accountClient(new URL(issuer).origin),
    ],
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        // The dashboard for itself administers the realm; for a person, and every partner, it is the platform's API.
        defaultResource: (context) => (isServiceAccount(context) ? ADMIN_RESOURCE : API_RESOURCE),
        useGrantedResource: () => true,
        getResourceServerInfo: (context, resource) => ({
          scope: API_SCOPE,
          audience: audienceOf(context, resource),
          accessTokenTTL: LIFETIMES.AccessToken,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = signOutPage(languageOf(context), form);
        },
        postLogoutSuccessSource: (context) => {
          const facts = { title: 'signedOutTitle', text: 'signedOutText', dashboardUrl: gatewayUrl } as const;
          context.body = messagePage({ language: languageOf(context), ...facts });
        },
      },
    },
  };
}

function accounts({ users }: ProviderParts): Configuration {
  return {
    claims: { openid: ['sub', 'auth_time', 'acr', 'amr'], profile: ['name', 'preferred_username'] },
    // The gateway shows the name from the ID token; it does not ask userinfo for it.
    conformIdTokenClaims: false,
    findAccount: (_context, id) => {
      const user = users.byId(id);
      if (user === undefined || !user.isEnabled) return undefined;
      return { accountId: id, claims: () => ({ sub: id, ...profileOf(user) }) };
    },
    // Keycloak's shape; looked up at each issue, so that a changed role is in the next token.
    extraTokenClaims: (_context, token) => {
      const user = 'accountId' in token ? users.byId(token.accountId) : undefined;
      const identity = user === undefined ? serviceAccount(token.clientId ?? '') : personOf(user);
      // As Keycloak: which session it is of, so that the dashboard can end that one and no other.
      const session = 'sessionUid' in token && token.sessionUid !== undefined ? { sid: token.sessionUid } : {};
      return { typ: 'Bearer', azp: token.clientId, ...session, ...identity };
    },
    // The dashboard is our own: whoever signs in to it has agreed to be signed in.
    loadExistingGrant: async (context) => {
      const { client, provider, session } = context.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const grantId = session.grantIdFor(client.clientId);
      const existing = grantId === undefined ? undefined : await provider.Grant.find(grantId);
      if (existing !== undefined) return existing;
      const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
      grant.addOIDCScope(`openid profile ${API_SCOPE}`);
      grant.addResourceScope(API_RESOURCE, API_SCOPE);
      await grant.save();
      return grant;
    },
  };
}

function pages({ gatewayUrl }: ProviderParts): Configuration {
  return {
    interactions: { url: (_context, interaction) => `${SIGN_IN_PATH}/${interaction.uid}` },
    renderError: (context, _out, error) => {
      const [title, text] = wordingOf(error, context.status);
      context.type = 'html';
      context.body = messagePage({ language: languageOf(context), title, text, dashboardUrl: gatewayUrl });
    },
  };
}

/** The protocol's own words help nobody at a sign-in page; they are in the log. */
function wordingOf(error: Error, status: number): [keyof Texts, keyof Texts] {
  if (error.name === 'SessionNotFound') return ['expiredTitle', 'expiredText'];
  return status >= 500 ? ['failedTitle', 'failedText'] : ['refusedTitle', 'refusedText'];
}

function isServiceAccount({ oidc }: KoaContextWithOIDC): boolean {
  return oidc.client?.clientId === DASHBOARD_CLIENT && oidc.params?.grant_type === 'client_credentials';
}

/** A resource that somebody asks for by name must be theirs. */
function audienceOf(context: KoaContextWithOIDC, resource: string): string {
  if (resource === API_RESOURCE) return API_AUDIENCE;
  if (resource === ADMIN_RESOURCE && isServiceAccount(context)) return ADMIN_AUDIENCE;
  throw new InvalidTarget();
}

function personOf(user: User): object {
  return { ...profileOf(user), realm_access: { roles: [...user.roles] } };
}

/** As Keycloak names the account of a client; only the dashboard's may administer. */
function serviceAccount(clientId: string): object {
  const rights =
    clientId === DASHBOARD_CLIENT ? { resource_access: { [ADMIN_AUDIENCE]: { roles: ADMIN_RIGHTS } } } : {};
  return { client_id: clientId, preferred_username: `service-account-${clientId}`, ...rights };
}

function profileOf(user: User): { name: string; preferred_username: string } {
  return { name: fullNameOf(user), preferred_username: user.username };
}

function languageOf(context: KoaContextWithOIDC): ReturnType<typeof chooseLanguage> {
  const wish = context.query.ui_locales;
  return chooseLanguage(typeof wish === 'string' ? wish : undefined, context.get('accept-language'));
}
