/**
 * The OpenID provider as the gateway sees it: begin a sign-in, complete it, renew, sign out. Authorization code with PKCE
 * S256, state and nonce (RFC 9700). A provider that is not there yet is looked for again until it is.
 */

import { type Clock, ConfigError, isLoopback, type Logger, type Random, retrySchedule } from '@contor/kit';
import { createRemoteJWKSet } from 'jose';
import * as oidc from 'openid-client';
import type { ProviderFacts } from '../book/adoption.js';
import type { Authentication } from '../sessions/store.js';
import { type TokenRules, verifyAccessToken } from './verify-token.js';

/** What must come back unchanged from the browser. */
export interface SignInFlow {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** The person must prove who they are again, after this moment. */
  readonly freshSinceMs?: number;
}

export interface SignInWish {
  /** Asks for the password (and second factor) although the provider may still know the person. */
  readonly isFresh: boolean;
}

export interface SignedIn {
  /** Their roles count only as far as the access book adopts them. */
  readonly person: ProviderFacts;
  /** As the ID token says it; missing when a renewal brought no ID token. */
  readonly authentication: Authentication | undefined;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
  /** What the provider calls its own session, if it says. */
  readonly providerSession: string | undefined;
  /** After it the provider is asked whether the person may still be signed in. */
  readonly lifetimeMs: number;
}

export type SignInResult = SignedIn | 'refused' | 'unreachable';

export interface OidcClient {
  readonly isReady: boolean;
  begin(wish: SignInWish): Promise<{ readonly url: string; readonly flow: SignInFlow } | 'unreachable'>;
  complete(callbackUrl: URL, flow: SignInFlow): Promise<SignInResult>;
  renew(refreshToken: string): Promise<SignInResult>;
  /** Ends what the provider issued; where the browser goes next to end the provider's own session. */
  signOut(refreshToken: string | undefined, idToken: string | undefined): Promise<string | undefined>;
  /** A client's own access token (client credentials), when it is one of those. */
  verifyClientToken(token: string, isClient: (clientId: string) => boolean): Promise<ClientToken>;
  /** Our own token as a client, for the provider's administration. */
  serviceToken(): Promise<string | 'refused' | 'unreachable'>;
  stop(): void;
}

export type ClientToken =
  | { readonly kind: 'value'; readonly clientId: string; readonly expiresAtMs: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unreachable' };

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
  readonly publicUrl: string;
}

export interface OidcParts {
  readonly settings: OidcSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const SCOPE = 'openid profile api';
const TIMEOUT_SECONDS = 5;
/** After a failure the provider is left alone this long, so that a hanging one does not hold up every request. */
const PAUSE_MS = 3_000;
/** jose fetches unknown keys at most this often (T19: refetch is rate-limited). */
const KEYS_COOLDOWN_MS = 30_000;
/** Between our clock and the provider's; `auth_time` is in whole seconds. */
const CLOCK_SKEW_MS = 60_000;
/** Before our own token ends, so that it lives as long as the request that shows it. */
const RENEW_EARLY_MS = 10_000;
const RETRY = { firstMs: 200, factor: 1.6, maxMs: 5_000, jitter: 0.3 } as const;

interface Discovered {
  readonly configuration: oidc.Configuration;
  readonly rules: TokenRules;
}

export function createOidcClient(parts: OidcParts): OidcClient {
  const client = new Client(parts);
  client.search(1);
  return client;
}

class Client implements OidcClient {
  readonly #parts: OidcParts;
  readonly #schedule;
  #found: Discovered | undefined;
  #service: { readonly token: string; readonly untilMs: number } | undefined;
  #pausedUntilMs = 0;
  #isStopped = false;

  constructor(parts: OidcParts) {
    const { issuer } = parts.settings;
    if (issuer.startsWith('http:') && !isLoopback(new URL(issuer).hostname)) throw plainIssuer(issuer);
    this.#parts = parts;
    this.#schedule = retrySchedule(RETRY, parts.random);
  }

  get isReady(): boolean {
    return this.#found !== undefined && !this.#isPaused();
  }

  search(attempt: number): void {
    const { log, clock, settings } = this.#parts;
    if (this.#isStopped || this.#found !== undefined) return;
    discover(settings).then(
      (found) => {
        this.#found = found;
        this.#pausedUntilMs = 0;
        log.info({ issuer: settings.issuer }, 'The OpenID provider is there.');
      },
      (error: unknown) => {
        if (attempt === 1)
          log.warn(
            { issuer: settings.issuer, reason: reasonOf(error) },
            'The OpenID provider is not there yet; we keep trying.',
          );
        clock.after(this.#schedule.delayMs(attempt), () => this.search(attempt + 1));
      },
    );
  }

  async begin({ isFresh }: SignInWish): Promise<{ url: string; flow: SignInFlow } | 'unreachable'> {
    if (this.#found === undefined) return 'unreachable';
    const flow: SignInFlow = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      ...(isFresh ? { freshSinceMs: this.#parts.clock.nowMs() } : {}),
    };
    const url = oidc.buildAuthorizationUrl(this.#found.configuration, {
      redirect_uri: this.#redirectUri(),
      scope: SCOPE,
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
      ...(isFresh ? { prompt: 'login', max_age: '0' } : {}),
    });
    return { url: url.href, flow };
  }

  async complete(callbackUrl: URL, { state, nonce, verifier, freshSinceMs }: SignInFlow): Promise<SignInResult> {
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    const result = await this.#exchange(({ configuration }) =>
      oidc.authorizationCodeGrant(configuration, callbackUrl, checks),
    );
    if (typeof result === 'string' || freshSinceMs === undefined) return result;
    const isFresh = (result.authentication?.authenticatedAtMs ?? 0) >= freshSinceMs - CLOCK_SKEW_MS;
    if (!isFresh) this.#parts.log.warn({}, 'The provider did not ask the person again, although it had to.');
    return isFresh ? result : 'refused';
  }

  renew(refreshToken: string): Promise<SignInResult> {
    return this.#exchange(({ configuration }) => oidc.refreshTokenGrant(configuration, refreshToken));
  }

  async signOut(refreshToken: string | undefined, idToken: string | undefined): Promise<string | undefined> {
    const found = this.#found;
    if (found === undefined) return undefined;
    if (refreshToken !== undefined && !this.#isPaused()) {
      // The browser may never arrive at the provider's sign-out page, so what we hold is ended from here.
      await oidc
        .tokenRevocation(found.configuration, refreshToken, { token_type_hint: 'refresh_token' })
        .catch((error: unknown) =>
          this.#parts.log.warn(
            { reason: reasonOf(error) },
            'The provider did not take back a token; it runs out by itself.',
          ),
        );
    }
    if (found.configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
    const hint: Record<string, string> = idToken === undefined ? {} : { id_token_hint: idToken };
    const { publicUrl, clientId } = this.#parts.settings;
    const parameters = { ...hint, client_id: clientId, post_logout_redirect_uri: `${publicUrl}/` };
    return oidc.buildEndSessionUrl(found.configuration, parameters).href;
  }

  async verifyClientToken(token: string, isClient: (clientId: string) => boolean): Promise<ClientToken> {
    if (this.#found === undefined) return { kind: 'unreachable' };
    const verified = await verifyAccessToken(token, { ...this.#found.rules, isParty: isClient });
    if (verified.kind === 'unreachable') return { kind: 'unreachable' };
    // A person's token that was issued to a partner's client speaks for that person, whom the partner is not.
    if (verified.kind === 'refused' || !verified.facts.isOfClient) return { kind: 'refused' };
    return { kind: 'value', clientId: verified.facts.party, expiresAtMs: verified.facts.expiresAtMs };
  }

  async serviceToken(): Promise<string | 'refused' | 'unreachable'> {
    if (this.#found === undefined || this.#isPaused()) return 'unreachable';
    const known = this.#service;
    if (known !== undefined && this.#parts.clock.nowMs() < known.untilMs) return known.token;
    try {
      const answer = await oidc.clientCredentialsGrant(this.#found.configuration);
      const lifetimeMs = (answer.expires_in ?? 0) * 1000 - RENEW_EARLY_MS;
      this.#service = { token: answer.access_token, untilMs: this.#parts.clock.nowMs() + lifetimeMs };
      return answer.access_token;
    } catch (error) {
      return this.#explain(error);
    }
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #exchange(
    ask: (found: Discovered) => Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers>,
  ): Promise<SignInResult> {
    if (this.#found === undefined || this.#isPaused()) return 'unreachable';
    try {
      return await this.#believe(this.#found, await ask(this.#found));
    } catch (error) {
      return this.#explain(error);
    }
  }

  async #believe(
    found: Discovered,
    answer: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
  ): Promise<SignInResult> {
    const verified = await verifyAccessToken(answer.access_token, found.rules);
    if (verified.kind === 'unreachable') return 'unreachable';
    if (verified.kind === 'refused') {
      this.#parts.log.warn({ reason: verified.reason }, 'The provider issued an access token that is not for us.');
      return 'refused';
    }
    const { subject, username, roles, session: providerSession, expiresAtMs } = verified.facts;
    const claims = answer.claims();
    if (claims !== undefined && claims.sub !== subject) return 'refused';
    const name = claims?.name;
    const person: ProviderFacts = { subject, username, fullName: typeof name === 'string' ? name : username, roles };
    const lifetimeMs = Math.max(0, expiresAtMs - this.#parts.clock.nowMs());
    const authentication = claims === undefined ? undefined : authenticationOf(claims);
    const tokens = { refreshToken: answer.refresh_token, idToken: answer.id_token };
    return { person, authentication, providerSession, ...tokens, lifetimeMs };
  }

  /** The provider's no is a no; everything else is the line's fault or a wrong setting, and does not end a session. */
  #explain(error: unknown): 'refused' | 'unreachable' {
    const { log, clock } = this.#parts;
    if (error instanceof oidc.AuthorizationResponseError) return 'refused';
    if (error instanceof oidc.ResponseBodyError && error.error !== 'invalid_client' && error.status < 500)
      return 'refused';
    if (error instanceof oidc.ClientError && !isLineFault(error)) {
      log.warn({ reason: reasonOf(error) }, 'The answer of the OpenID provider cannot be believed.');
      return 'refused';
    }
    const isOurSecret = error instanceof oidc.ResponseBodyError && error.error === 'invalid_client';
    log.warn(
      { reason: reasonOf(error) },
      isOurSecret
        ? 'The OpenID provider does not know us: check OIDC_CLIENT_ID and OIDC_CLIENT_SECRET.'
        : 'The OpenID provider did not answer.',
    );
    this.#pausedUntilMs = clock.monotonicMs() + PAUSE_MS;
    return 'unreachable';
  }

  #isPaused(): boolean {
    return this.#parts.clock.monotonicMs() < this.#pausedUntilMs;
  }

  #redirectUri(): string {
    return `${this.#parts.settings.publicUrl}/auth/callback`;
  }
}

async function discover({ issuer, clientId, clientSecret, audience }: OidcSettings): Promise<Discovered> {
  const configuration = await oidc.discovery(
    new URL(issuer),
    clientId,
    clientSecret,
    oidc.ClientSecretBasic(clientSecret),
    { timeout: TIMEOUT_SECONDS, ...(issuer.startsWith('http:') ? { execute: [oidc.allowInsecureRequests] } : {}) },
  );
  // Signatures are checked although the tokens come straight from the provider: on loopback there is no TLS to vouch.
  oidc.enableNonRepudiationChecks(configuration);
  const { jwks_uri: keysUri } = configuration.serverMetadata();
  if (keysUri === undefined) throw new Error('The OpenID provider names no jwks_uri.');
  const options = { cooldownDuration: KEYS_COOLDOWN_MS, timeoutDuration: TIMEOUT_SECONDS * 1000 };
  const keys = createRemoteJWKSet(new URL(keysUri), options);
  return { configuration, rules: { issuer, audience, isParty: (party) => party === clientId, keys } };
}

/** A provider that does not say when or how gets no credit for it: then nothing counts as a fresh or a strong sign-in. */
function authenticationOf({ auth_time: atSeconds, amr }: oidc.IDToken): Authentication {
  return {
    authenticatedAtMs: typeof atSeconds === 'number' ? atSeconds * 1000 : 0,
    methods: Array.isArray(amr) ? amr.filter((method): method is string => typeof method === 'string') : [],
  };
}

/** Timeouts and answers that are not OAuth at all, as a proxy gives when the provider behind it is away. */
const LINE_CODES: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

function isLineFault(error: oidc.ClientError): boolean {
  return error.code === undefined || LINE_CODES.has(error.code);
}

/** Never the error itself: its cause holds the whole request or answer. */
function reasonOf(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError) return error.error;
  if (!(error instanceof Error)) return 'unknown';
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause;
}

function plainIssuer(issuer: string): ConfigError {
  const message = `OIDC_ISSUER is ${issuer}, which is neither TLS nor a loopback address.`;
  return new ConfigError([{ code: 'config.issuer', message, fix: 'Use its https address.' }]);
}
