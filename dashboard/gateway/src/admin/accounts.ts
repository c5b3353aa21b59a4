/**
 * Accounts at the OpenID provider, through Keycloak's Admin REST API, with our own token as a client. The provider's no is a value; what
 * it means is in the table of problems. A provider that does not know the API (or does not let us) leaves accounts to its own pages.
 */

import type { Logger } from '@contor/kit';
import type { OidcClient } from '../oidc/client.js';
import type { Session } from '../sessions/store.js';

export interface NewAccount {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | undefined;
  /** To be changed at the first sign-in. */
  readonly password: string;
}

export type AccountRefusal =
  | 'account.refused'
  | 'account.exists'
  | 'account.invalid'
  | 'account.unknown'
  | 'identity.unreachable';

export interface RefusedByProvider {
  readonly kind: 'refused';
  readonly code: AccountRefusal;
  /** The provider's own sentence about a field, when it says one. */
  readonly detail?: string;
}

export type AccountAnswer<T = object> = ({ readonly kind: 'done' } & T) | RefusedByProvider;

export interface Accounts {
  create(account: NewAccount): Promise<AccountAnswer<{ readonly subject: string }>>;
  /** A password for one sign-in, at which it must be changed; all sessions at the provider end. */
  resetPassword(subject: string, password: string): Promise<AccountAnswer>;
  setEnabled(subject: string, isEnabled: boolean): Promise<AccountAnswer>;
  /** One sign-in at the provider, where it is known which, or else all of theirs. */
  endSession(session: Pick<Session, 'subject' | 'providerSession'>): Promise<AccountAnswer>;
  remove(subject: string): Promise<AccountAnswer>;
}

export interface AccountParts {
  readonly issuer: string;
  readonly oidc: Pick<OidcClient, 'serviceToken'>;
  readonly log: Logger;
}

interface Call {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: object;
}

const TIMEOUT_MS = 5_000;
/** An errorMessage is a sentence. */
const LONGEST_DETAIL = 300;
const LONGEST_BODY = 64 * 1024;
/** `sub` and `sid` of Keycloak are UUIDs, ours are as short; nothing else is put into a path. */
const SUBJECT = /^[\w-]{1,128}$/;

const REFUSALS: Readonly<Record<number, AccountRefusal>> = {
  400: 'account.invalid',
  401: 'account.refused',
  403: 'account.refused',
  404: 'account.unknown',
  409: 'account.exists',
};

export function createAccounts(parts: AccountParts): Accounts {
  const base = parts.issuer.replace(/\/realms\/([^/]+)$/, '/admin/realms/$1');
  const done = async (call: Call): Promise<AccountAnswer> => {
    const answer = await ask(parts, base, call);
    return answer.kind === 'refused' ? answer : { kind: 'done' };
  };
  const ofUser = (subject: string, run: (path: string) => Promise<AccountAnswer>): Promise<AccountAnswer> =>
    SUBJECT.test(subject) ? run(`/users/${subject}`) : Promise.resolve({ kind: 'refused', code: 'account.unknown' });

  return {
    async create({ username, firstName, lastName, email, password }) {
      const names = { username, firstName, lastName, ...(email === undefined ? {} : { email }) };
      const credentials = [{ type: 'password', value: password, temporary: true }];
      const body = { ...names, enabled: true, credentials };
      const answer = await ask(parts, base, { method: 'POST', path: '/users', body });
      if (answer.kind === 'refused') return answer;
      const subject = answer.location?.split('/').at(-1) ?? '';
      return SUBJECT.test(subject) ? { kind: 'done', subject } : { kind: 'refused', code: 'account.refused' };
    },
    resetPassword: (subject, value) =>
      ofUser(subject, async (path) => {
        const body = { type: 'password', value, temporary: true };
        const reset = await done({ method: 'PUT', path: `${path}/reset-password`, body });
        return reset.kind === 'refused' ? reset : done({ method: 'POST', path: `${path}/logout` });
      }),
    setEnabled: (subject, enabled) =>
      ofUser(subject, async (path) => {
        const changed = await done({ method: 'PUT', path, body: { enabled } });
        return changed.kind === 'refused' || enabled ? changed : done({ method: 'POST', path: `${path}/logout` });
      }),
    endSession: ({ subject, providerSession = '' }) =>
      SUBJECT.test(providerSession)
        ? done({ method: 'DELETE', path: `/sessions/${providerSession}` })
        : ofUser(subject, (path) => done({ method: 'POST', path: `${path}/logout` })),
    remove: (subject) => ofUser(subject, (path) => done({ method: 'DELETE', path })),
  };
}

type Answered = { readonly kind: 'done'; readonly location: string | null } | RefusedByProvider;

async function ask({ oidc, log }: AccountParts, base: string, { method, path, body }: Call): Promise<Answered> {
  const token = await oidc.serviceToken();
  if (token === 'unreachable') return { kind: 'refused', code: 'identity.unreachable' };
  if (token === 'refused') return { kind: 'refused', code: 'account.refused' };
  try {
    const answer = await fetch(base + path, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok) {
      await answer.body?.cancel();
      return { kind: 'done', location: answer.headers.get('location') };
    }
    const code = REFUSALS[answer.status] ?? 'identity.unreachable';
    const detail = await sentenceIn(answer);
    if (code === 'account.refused' || code === 'identity.unreachable')
      log.warn({ status: answer.status, path, detail }, 'The provider did not do what was asked of an account.');
    return { kind: 'refused', code, ...(code === 'account.invalid' && detail !== undefined && { detail }) };
  } catch (error) {
    log.warn({ error, path }, 'The administration of the OpenID provider does not answer.');
    return { kind: 'refused', code: 'identity.unreachable' };
  }
}

async function sentenceIn(answer: Response): Promise<string | undefined> {
  const text = await answer.text();
  if (text.length > LONGEST_BODY || !text.startsWith('{')) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    const found = typeof body === 'object' && body !== null && 'errorMessage' in body ? body.errorMessage : undefined;
    return typeof found === 'string' ? found.slice(0, LONGEST_DETAIL) : undefined;
  } catch {
    return undefined; // Cut off, or no JSON: then its status has to do.
  }
}
