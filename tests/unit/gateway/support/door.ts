/**
 * The gateway's application behind a real socket, with a real access book and real sessions in memory and an OpenID provider that
 * says what the test says. People come in without its pages: `signIn` gives the cookie.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AccountAnswer, AccountRefusal, Accounts } from '@contor/gateway/admin/accounts.js';
import { type AppParts, createApp } from '@contor/gateway/app.js';
import type { Audit, AuditEntry } from '@contor/gateway/audit/entry.js';
import { createRecorder, type Recorder } from '@contor/gateway/audit/intake/recorder.js';
import type { AccessBook } from '@contor/gateway/book/book.js';
import { type GuardParts, register } from '@contor/gateway/guard.js';
import { createIdentify } from '@contor/gateway/identify.js';
import { createLimits } from '@contor/gateway/limits/limits.js';
import { openQuotas, type Quotas } from '@contor/gateway/limits/quotas.js';
import type { ClientToken, OidcClient } from '@contor/gateway/oidc/client.js';
import { createAccess } from '@contor/gateway/sessions/access.js';
import { createCookieJar } from '@contor/gateway/sessions/cookies.js';
import { csrfToken } from '@contor/gateway/sessions/seal.js';
import { openSessions, type SessionStore } from '@contor/gateway/sessions/store.js';
import { createLogger, createMetrics, SimulatedClock, seededRandom } from '@contor/kit';
import { ROUTES, type RouteName, SEED_ROLES, type Subject } from '@contor/policy';
import type { Application } from 'express';
import { NOW_MS, openTestBook } from '../book/support.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** JSON as it came; text that is none stands in `text`. */
interface Body {
  readonly error?: string;
  readonly [name: string]: unknown;
}

export interface Wish {
  readonly rate?: number;
  readonly proxies?: readonly string[];
}

/** In place of broker and history: whoever gets so far has been let through. */
function answerReads(app: Application, guard: GuardParts): void {
  for (const { method, path } of ROUTES) {
    if (method !== 'GET' || !/^\/api\/(ngsi-ld|quantumleap)\//.test(path)) continue;
    register(app, guard, `${method} ${path}` as RouteName, (_request, response) => response.json([]));
  }
}

/** What one caller sends with everything. */
export type Caller = Readonly<Record<string, string>>;

export class Door {
  readonly clock = new SimulatedClock(NOW_MS);
  readonly audited: AuditEntry[] = [];
  /** What the provider says of each access token that is shown. */
  readonly tokens = new Map<string, ClientToken>();
  /** What the provider was asked to do. */
  readonly asked: string[] = [];
  provider: AccountRefusal | undefined;
  isTrailFull = false;
  visible: (subject: Subject, id: string) => boolean | 'unknown' = () => false;
  book!: AccessBook;
  store!: SessionStore;
  quotas!: Quotas;
  recorder!: Recorder;
  url = '';
  app!: ReturnType<typeof createApp>;
  #server!: Server;
  #access!: ReturnType<typeof createAccess>;

  static async open(wish: Wish = {}, more: Partial<AppParts> = {}): Promise<Door> {
    const door = new Door();
    await door.#start(wish, more);
    return door;
  }

  async #start({ rate = 200, proxies }: Wish, more: Partial<AppParts>): Promise<void> {
    const { clock } = this;
    const log = createLogger({ service: 'test', write: () => undefined });
    this.book = await openTestBook({ clock, seeds: SEED_ROLES });
    const inMemory = () => {
      let kept: Uint8Array | undefined;
      return {
        read: async () => kept,
        write: async (bytes: Uint8Array) => {
          kept = bytes;
        },
      };
    };
    this.store = await openSessions(inMemory(), clock);
    this.quotas = await openQuotas(inMemory(), clock, log);
    const cookies = createCookieJar(false);
    const oidc = {
      verifyClientToken: async (token: string, isClient: (clientId: string) => boolean): Promise<ClientToken> => {
        const known = this.tokens.get(token) ?? { kind: 'refused' };
        return known.kind === 'value' && !isClient(known.clientId) ? { kind: 'refused' } : known;
      },
    } as unknown as OidcClient;
    const { book, store, quotas } = this;
    this.#access = createAccess({ store, oidc, book, cookies, clock, log });
    book.onChange((id) => {
      if (book.subjectOf(id) === undefined) void store.removeAllOf(id);
    });
    const audit: Audit = {
      record: async (entry) => {
        if (this.isTrailFull) throw new Error('The trail is full.');
        return this.audited.push(entry);
      },
    };
    this.recorder = createRecorder({ audit, clock, log });
    // Listens first, because the application must know its address.
    this.#server = createServer((request, response) => this.app(request, response));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    this.app = createApp({
      auth: {
        ...{ oidc, access: this.#access, cookies, cookieSecret: 'c', log },
        ...{ publicUrl: new URL(this.url), nowMs: () => clock.nowMs(), witness: this.recorder },
      },
      ...{ book, proxies, log },
      identify: createIdentify({ access: this.#access, book, oidc, cookies, clock }),
      limits: createLimits({ clock, rate, quotas, book }),
      enforcement: { register: answerReads },
      commanding: { register: () => undefined },
      audit: this.recorder.audit,
      auditDesk: { recorder: this.recorder, register: () => undefined },
      admin: {
        ...{ book, store, quotas, audit: this.recorder.audit, clock, log, random: seededRandom('admin') },
        accounts: this.#accounts(),
        sees: (subject: Subject, id: string) => subject.scope.kind === 'everything' || this.visible(subject, id),
      },
      ...{ issuer: 'https://id.example/realms/contor', version: '0.0.0' },
      ...{ accountUrl: '/account', notifySecret: 'n', platformSecret: undefined, metrics: createMetrics('test') },
      health: () => ({ state: 'ready', figures: {} }),
      serveApp: (_request: unknown, response: { end: (text: string) => void }) => response.end('app'),
      ...more,
    } as unknown as AppParts);
  }

  /** An OpenID provider that does what it is asked, or answers `provider`. */
  #accounts(): Accounts {
    const say = async <T extends object>(what: string, more: T): Promise<AccountAnswer<T>> => {
      this.asked.push(what);
      return this.provider === undefined ? { kind: 'done', ...more } : { kind: 'refused', code: this.provider };
    };
    return {
      create: ({ username }) => say(`create ${username}`, { subject: `id-of-${username}` }),
      resetPassword: (subject) => say(`reset ${subject}`, {}),
      setEnabled: (subject, isEnabled) => say(`${isEnabled ? 'enable' : 'disable'} ${subject}`, {}),
      endSession: ({ providerSession }) => say(`end ${providerSession}`, {}),
      remove: (subject) => say(`remove ${subject}`, {}),
    };
  }

  /** Somebody with these roles, signed in a moment ago by password. */
  async signIn(subject: string, roles: readonly string[] = [], methods: readonly string[] = ['pwd']): Promise<Caller> {
    const begun = await this.#access.begin(
      {
        person: { subject, username: subject, fullName: `Name of ${subject}`, roles },
        authentication: { authenticatedAtMs: this.clock.nowMs(), methods },
        providerSession: `at-provider-${subject}`,
        ...{ refreshToken: 'r', idToken: undefined, lifetimeMs: 24 * 3_600_000 },
      },
      { address: '127.0.0.1', agent: 'Test browser' },
    );
    if (begun.kind !== 'session') throw new Error('Locked.');
    return { cookie: `contor_session=${begun.sessionId}`, 'x-csrf-token': csrfToken(begun.sessionId) };
  }

  async ask(method: string, path: string, caller: Caller = {}, body?: unknown): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { ...caller, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : { text } };
  }

  get(path: string, caller?: Caller): Promise<Answer> {
    return this.ask('GET', path, caller);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.book.close();
  }
}
