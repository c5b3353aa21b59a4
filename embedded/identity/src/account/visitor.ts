/**
 * Who is at the account page: whoever the provider's own session knows. Somebody unknown, or known for too long where it matters, is
 * sent through a sign-in of a client that exists for that alone: its code is never redeemed, and its secret is known to nobody.
 */

import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sameSecret } from '@contor/kit';
import type { ClientMetadata, Provider } from 'oidc-provider';
import { newSecret } from '../clients.js';
import type { Language } from '../pages/texts.js';
import { REALM_PATH } from '../settings.js';
import type { User, Users } from '../users.js';

export const ACCOUNT_PATH = `${REALM_PATH}/account`;
export const SECOND_FACTOR_PATH = `${ACCOUNT_PATH}/second-factor`;
const ACCOUNT_CLIENT = 'account-console';

export interface AccountVisitor {
  readonly user: User;
  readonly sessionUid: string;
  readonly authenticatedAtMs: number;
  /** Must come back with each form. */
  readonly csrf: string;
}

export interface VisitorParts {
  readonly provider: Provider;
  readonly users: Users;
  readonly publicUrl: string;
  readonly secret: string;
}

/** For each start another secret, so that no code of this client can ever be redeemed. */
export function accountClient(publicUrl: string): ClientMetadata {
  return {
    client_id: ACCOUNT_CLIENT,
    client_name: 'Account',
    client_secret: newSecret(),
    redirect_uris: [publicUrl + ACCOUNT_PATH, publicUrl + SECOND_FACTOR_PATH],
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

export async function visitorOf(
  { provider, users, secret }: VisitorParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<AccountVisitor | undefined> {
  const session = await provider.Session.get(provider.createContext(request, response));
  const user = session.accountId === undefined ? undefined : users.byId(session.accountId);
  if (user === undefined || !user.isEnabled) return undefined;
  const csrf = createHmac('sha256', secret).update(`account ${session.uid}`).digest('base64url');
  return { user, sessionUid: session.uid, authenticatedAtMs: (session.loginTs ?? 0) * 1000, csrf };
}

export function isFormOf({ csrf }: AccountVisitor, form: URLSearchParams): boolean {
  return sameSecret(csrf, form.get('csrf') ?? '');
}

export interface SignInWish {
  readonly path: typeof ACCOUNT_PATH | typeof SECOND_FACTOR_PATH;
  readonly publicUrl: string;
  readonly language: Language;
  readonly isFresh: boolean;
}

/** An address of ours that leads back to `path` once the person has signed in. */
export function signInUrl({ path, publicUrl, language, isFresh }: SignInWish): string {
  const query = new URLSearchParams({
    client_id: ACCOUNT_CLIENT,
    response_type: 'code',
    scope: 'openid',
    redirect_uri: publicUrl + path,
    state: language, // Only to find back to it: nothing is redeemed, so there is nothing to be protected by a state.
    ui_locales: language,
    // The verifier is nobody's: PKCE is demanded of every client, and this code is thrown away.
    code_challenge: randomBytes(32).toString('base64url'),
    code_challenge_method: 'S256',
    ...(isFresh ? { prompt: 'login', max_age: '0' } : {}),
  });
  return `${REALM_PATH}/protocol/openid-connect/auth?${query}`;
}
