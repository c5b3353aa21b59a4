import { isFreshlySignedIn, toSession, webAddress } from '@contor/app/logic/session';
import { agentOf, toSessions } from '@contor/app/logic/sessions';
import { FRESH_FOR_MS } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';

const BODY = {
  user: { id: 'subject', name: 'ana', fullName: 'Ana Ionescu' },
  roles: ['manager'],
  functions: ['live.view'],
  csrfToken: 'token',
  scope: [{ to: 'urn:ngsi-ld:Site:a', fromMs: 1_000 }],
  authenticatedAt: '2026-11-20T08:00:00.000Z',
  methods: ['pwd', 'otp'],
  accountUrl: 'https://identity.example/account',
};

describe('the session', () => {
  it('is read whole', () =>
    expect(toSession(BODY)).toMatchObject({
      user: BODY.user,
      scope: { kind: 'grants', grants: [{ to: 'urn:ngsi-ld:Site:a', fromMs: 1_000, toMs: undefined }] },
      authenticatedAtMs: Date.UTC(2026, 10, 20, 8),
      methods: ['pwd', 'otp'],
    }));
  it.each([
    ['nothing', undefined],
    ['a text', 'signed in'],
    ['without a user', { ...BODY, user: undefined }],
    ['without functions', { ...BODY, functions: 'all' }],
    ['without a token', { ...BODY, csrfToken: '' }],
  ])('is none when it is %s', (_what, body) => expect(toSession(body)).toBeUndefined());
  it('sees nothing when its scope cannot be read', () =>
    expect(toSession({ ...BODY, scope: { kind: 'everything' } })?.scope).toEqual({ kind: 'grants', grants: [] }));
  it('sees everything only when it says so', () =>
    expect(toSession({ ...BODY, scope: 'everything' })?.scope).toEqual({ kind: 'everything' }));
  it('does not follow an address that would run here', () =>
    expect(toSession({ ...BODY, accountUrl: 'javascript:alert(1)' })?.accountUrl).toBeUndefined());
  it.each([
    ['https://identity.example/', true],
    ['/account', true],
    ['//evil.example/', false],
    ['javascript:alert(1)', false],
  ])('%s is an address to follow: %s', (text, isOne) => expect(webAddress(text) !== undefined).toBe(isOne));
});

describe('a fresh sign-in', () => {
  const session = toSession(BODY);
  const atMs = Date.parse(BODY.authenticatedAt);
  it.each([
    [0, true],
    [FRESH_FOR_MS - 60_000, true],
    // What is filled in meanwhile must not be refused at the last moment.
    [FRESH_FOR_MS, false],
  ])('after %i ms', (ageMs, isFresh) => expect(session && isFreshlySignedIn(session, atMs + ageMs)).toBe(isFresh));
});

describe('open sessions', () => {
  it('are read, and what is no session is left out', () =>
    expect(
      toSessions({
        sessions: [{ id: 's1', username: 'ana', createdAt: '2026-11-20T08:00:00Z' }, { username: 'x' }, 7],
      }),
    ).toMatchObject([{ id: 's1', username: 'ana', createdAtMs: Date.UTC(2026, 10, 20, 8), isCurrent: false }]));
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox', 'Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
      'Edge',
      'Windows',
    ],
    [
      'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
      'Chrome',
      'Android',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      'Safari',
      'iPhone',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15',
      'Safari',
      'macOS',
    ],
  ])('%s', (text, browser, system) => expect(agentOf(text)).toEqual({ browser, system }));
  it.each(['curl/8.5.0', undefined])('%s is another program', (text) => expect(agentOf(text)).toBeUndefined());
});
