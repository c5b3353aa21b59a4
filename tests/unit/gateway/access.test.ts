/** A session through its day: renewed, refused, out of reach, idle, too old; and what of it stands on disk. */

import type { AccessBook } from '@contor/gateway/book/book.js';
import type { OidcClient, SignedIn, SignInResult } from '@contor/gateway/oidc/client.js';
import { type Access, createAccess, type Found } from '@contor/gateway/sessions/access.js';
import { createCookieJar } from '@contor/gateway/sessions/cookies.js';
import { seal, unseal } from '@contor/gateway/sessions/seal.js';
import { openSessions, type SessionStore } from '@contor/gateway/sessions/store.js';
import { type Clock, createLogger } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { openTestBook } from './book/support.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const signedIn = (roles: readonly string[], refreshToken: string): SignedIn => ({
  person: { subject: 's-1', username: 'manager', fullName: 'Manager', roles },
  authentication: { authenticatedAtMs: 1_799_999_990_000, methods: ['pwd', 'otp'] },
  refreshToken,
  idToken: 'id-token-canary',
  providerSession: undefined,
  lifetimeMs: 5 * MINUTE,
});

let nowMs: number;
let disk: Uint8Array | undefined;
let answer: () => Promise<SignInResult>;
let asked: string[];
let store: SessionStore;
let book: AccessBook;
let access: Access;

const clock: Clock = {
  nowMs: () => nowMs,
  monotonicMs: () => nowMs,
  after: () => ({ cancel: () => undefined }),
  sleep: () => Promise.resolve(),
};
const checkpoint = {
  read: async () => disk,
  write: async (bytes: Uint8Array) => {
    disk = bytes;
  },
};

async function open(): Promise<void> {
  store = await openSessions(checkpoint, clock);
  const oidc = {
    renew: (token: string) => {
      asked.push(token);
      return answer();
    },
  } as unknown as OidcClient;
  access = createAccess({
    store,
    oidc,
    book,
    cookies: createCookieJar(false),
    clock,
    log: createLogger({ service: 'test', write: () => undefined }),
  });
}

beforeEach(async () => {
  nowMs = 1_800_000_000_000;
  disk = undefined;
  asked = [];
  book = await openTestBook({ providerRoles: 'follow' });
  answer = async () => signedIn(['viewer'], 'refresh-2');
  await open();
});

const request = (sessionId: string) => ({ headers: { cookie: `a=b; contor_session=${sessionId}` } }) as Request;
/** Of one who is signed in: what the book says, which follows the provider here. */
const rolesOf = (found: Found) => (typeof found === 'object' ? book.people.get(found.subject.id)?.roles : found);
const begin = async (signedIn: SignedIn) => {
  const begun = await access.begin(signedIn, { address: '127.0.0.1', agent: 'test' });
  return begun.kind === 'session' ? begun.sessionId : begun.kind;
};

describe('a session', () => {
  it('is believed while the access token lives, then renewed once for all who ask together', async () => {
    const id = await begin(signedIn(['manager'], 'refresh-1'));
    expect(rolesOf(await access.visitorOf(request(id)))).toEqual(['manager']);
    expect(asked).toEqual([]);
    nowMs += 4.6 * MINUTE;
    const all = await Promise.all(Array.from({ length: 8 }, () => access.visitorOf(request(id))));
    expect(asked).toEqual(['refresh-1']);
    expect(all.map(rolesOf)).toEqual(Array(8).fill(['viewer']));
    nowMs += 5 * MINUTE;
    await access.visitorOf(request(id));
    expect(asked).toEqual(['refresh-1', 'refresh-2']);
  });

  it('ends when the provider says no, and those who listen hear of it', async () => {
    const ended: string[] = [];
    store.onRemoved((key) => ended.push(key));
    const id = await begin(signedIn(['manager'], 'refresh-1'));
    nowMs += 5 * MINUTE;
    answer = async () => 'refused';
    expect(await access.visitorOf(request(id))).toBeUndefined();
    expect(ended).toHaveLength(1);
    answer = async () => signedIn(['manager'], 'refresh-3');
    expect(await access.visitorOf(request(id))).toBeUndefined();
  });

  it('ends when the provider renews somebody else', async () => {
    const id = await begin(signedIn(['viewer'], 'refresh-1'));
    nowMs += 5 * MINUTE;
    answer = async () => ({
      ...signedIn(['manager'], 'x'),
      person: { subject: 's-2', username: 'b', fullName: 'B', roles: ['manager'] },
    });
    expect(await access.visitorOf(request(id))).toBeUndefined();
  });

  it('outlives a provider that is away for a quarter of an hour, not longer, and comes back with it', async () => {
    const id = await begin(signedIn(['manager'], 'refresh-1'));
    answer = async () => 'unreachable';
    nowMs += 19 * MINUTE;
    expect(rolesOf(await access.visitorOf(request(id)))).toEqual(['manager']);
    nowMs += 2 * MINUTE;
    expect(await access.visitorOf(request(id))).toBe('unreachable');
    answer = async () => signedIn(['manager'], 'refresh-2');
    expect(rolesOf(await access.visitorOf(request(id)))).toEqual(['manager']);
  });

  it('ends during a renewal that comes too late', async () => {
    const id = await begin(signedIn(['manager'], 'refresh-1'));
    nowMs += 5 * MINUTE;
    let release: (result: SignInResult) => void = () => undefined;
    answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    const waiting = access.visitorOf(request(id));
    await access.end(id);
    release(signedIn(['manager'], 'refresh-2'));
    expect(await waiting).toBeUndefined();
    expect(store.size).toBe(0);
  });

  it('ends after 8 hours without use; looking at a stream is no use', async () => {
    const id = await begin(signedIn(['manager'], 'refresh-1'));
    for (let hour = 0; hour < 7; hour += 1) {
      nowMs += HOUR;
      expect(rolesOf(await access.recheck(id))).toEqual(['viewer']);
    }
    nowMs += HOUR + 1;
    expect(await access.recheck(id)).toBeUndefined();
  });

  it('ends after 24 hours, however busy', async () => {
    const id = await begin(signedIn(['manager'], 'refresh-1'));
    for (let hour = 0; hour < 24; hour += 1) {
      nowMs += HOUR;
      expect(await access.visitorOf(request(id))).toBeDefined();
    }
    nowMs += 1;
    expect(await access.visitorOf(request(id))).toBeUndefined();
  });

  it('is there after a restart, and its file opens nothing', async () => {
    const id = await begin(signedIn(['manager'], 'refresh-token-canary'));
    const text = Buffer.from(disk ?? []).toString('utf8');
    for (const secret of [id, 'refresh-token-canary', 'id-token-canary']) expect(text).not.toContain(secret);
    const { key, sealed } = JSON.parse(text).sessions[0];
    expect(await access.recheck(key)).toBeUndefined();
    expect(unseal(key, 'tokens', sealed)).toBeUndefined();
    await open();
    expect(rolesOf(await access.visitorOf(request(id)))).toEqual(['manager']);
    expect(await access.end(id)).toEqual({ refreshToken: 'refresh-token-canary', idToken: 'id-token-canary' });
  });

  it('was never begun when the disk refused it', async () => {
    const refuse = { read: async () => undefined, write: () => Promise.reject(new Error('ENOSPC')) };
    store = await openSessions(refuse, clock);
    await expect(
      store.put({
        key: 'k',
        subject: 's',
        username: 'u',
        fullName: 'f',
        address: '',
        agent: '',
        authenticatedAtMs: 0,
        methods: [],
        createdAtMs: nowMs,
        lastSeenAtMs: nowMs,
        freshUntilMs: nowMs,
        sealed: '',
      }),
    ).rejects.toThrow();
    expect(store.size).toBe(0);
  });

  it('gives way when one person has twenty others', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 21; n += 1) {
      nowMs += 1;
      ids.push(await begin(signedIn(['manager'], `r-${n}`)));
    }
    expect(store.size).toBe(20);
    expect(await access.visitorOf(request(ids[0] ?? ''))).toBeUndefined();
    expect(await access.visitorOf(request(ids[20] ?? ''))).toBeDefined();
  });
});

describe('a seal', () => {
  it('opens with its secret and purpose, unchanged, and not otherwise', () => {
    const text = seal('secret', 'purpose', { a: 1 });
    expect(unseal('secret', 'purpose', text)).toEqual({ a: 1 });
    expect(unseal('other', 'purpose', text)).toBeUndefined();
    expect(unseal('secret', 'other', text)).toBeUndefined();
    expect(unseal('secret', 'purpose', `${text.slice(0, -3)}AAA`)).toBeUndefined();
    expect(unseal('secret', 'purpose', '')).toBeUndefined();
  });
});
