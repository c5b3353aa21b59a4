import {
  type Access,
  decide,
  FRESH_FOR_MS,
  FUNCTION_NAMES,
  type FunctionName,
  findRoute,
  isFresh,
  may,
  ROUTES,
  type RouteRow,
  type Subject,
} from '@contor/policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const ACCESS_WORDS = ['public', 'signed-in', 'service', ...FUNCTION_NAMES];

const subject = (functions: readonly FunctionName[], kind: Subject['kind'] = 'person'): Subject => ({
  id: 's-1',
  kind,
  username: 'ana',
  tenant: 'default',
  functions: new Set(functions),
  scope: { kind: 'everything' },
});

/** Every function an access can ask for. */
const functionsIn = (access: Access): readonly string[] =>
  typeof access === 'string' ? [access] : [...access.anyOf, ...(access.and === undefined ? [] : [access.and])];

const rows: readonly RouteRow[] = ROUTES;

describe.each(rows.map((row) => ({ ...row })))('$method $path', (row) => {
  const isOpen = row.access === 'public' || row.access === 'service';

  it('has a unique key', () => {
    expect(rows.filter(({ method, path }) => method === row.method && path === row.path)).toHaveLength(1);
  });
  it('asks for something that exists', () => {
    for (const name of functionsIn(row.access)) expect(ACCESS_WORDS).toContain(name);
    expect(functionsIn(row.access)).not.toHaveLength(0);
  });
  it('is found by a path of its own shape, so no earlier row hides it', () => {
    const path = row.path.replace('{*page}', 'meters').replace(/:\w+/g, 'urn:ngsi-ld:Device:e350-0001');
    expect(findRoute(row.method, path)).toMatchObject(row);
  });
  it('does not let a stranger in, unless it is public', () => {
    expect(decide(undefined, row)).toEqual(
      isOpen ? { kind: 'allow' } : { kind: 'deny', status: 401, code: 'signed-out' },
    );
  });
  it('lets nobody in without its functions, and one who has only them', () => {
    const asked = functionsIn(row.access) as readonly FunctionName[];
    const others = FUNCTION_NAMES.filter((name) => !asked.includes(name));
    const isFree = isOpen || row.access === 'signed-in';
    expect(decide(subject(others), row).kind).toBe(isFree ? 'allow' : 'deny');
    expect(decide(subject(asked), row).kind).toBe('allow');
    expect(decide(subject(asked, 'partner'), row).kind).toBe(row.isForPeople ? 'deny' : 'allow');
  });
  it('changes nothing without a function, a signed-in person or a secret', () => {
    if (row.method !== 'GET') expect(row.access).not.toBe('public');
  });
});

describe('decide', () => {
  const row = (access: Access): RouteRow => ({ method: 'GET', path: '/x', access });
  const missing = { kind: 'deny', status: 403, code: 'function.missing' };
  const either = row({ and: 'live.view', anyOf: ['meter.read', 'supply.request'] });
  it.each([
    { who: 'the function', has: ['history.view'], route: row('history.view'), expected: { kind: 'allow' } },
    { who: 'another function', has: ['live.view'], route: row('history.view'), expected: missing },
    { who: 'nothing', has: [], route: row('history.view'), expected: missing },
    { who: 'one of two and the other', has: ['live.view', 'meter.read'], route: either, expected: { kind: 'allow' } },
    { who: 'two of two without the other', has: ['meter.read', 'supply.request'], route: either, expected: missing },
    { who: 'only the other', has: ['live.view'], route: either, expected: missing },
  ] as const)('$who', ({ has, route, expected }) => expect(decide(subject(has), route)).toEqual(expected));

  it('refuses what is not in the table, whoever asks', () => {
    const all = subject(FUNCTION_NAMES);
    expect(decide(all, undefined)).toEqual({ kind: 'deny', status: 404, code: 'route.unknown' });
  });

  it('keeps machines from what is for people', () => {
    const route: RouteRow = { method: 'POST', path: '/x', access: 'supply.approve', isForPeople: true };
    const expected = { kind: 'deny', status: 403, code: 'person.needed' };
    expect(decide(subject(FUNCTION_NAMES, 'partner'), route)).toEqual(expected);
  });

  it('may: exactly the functions of the subject', () => {
    expect(FUNCTION_NAMES.filter((name) => may(subject(['live.view']), name))).toEqual(['live.view']);
  });
});

describe('a fresh sign-in', () => {
  const route: RouteRow = { method: 'POST', path: '/x', access: 'supply.approve', needsFreshSignIn: true };
  const nowMs = 1_800_000_000_000;
  it.each([
    ['just now', nowMs, true],
    ['five minutes ago', nowMs - FRESH_FOR_MS, true],
    ['longer ago', nowMs - FRESH_FOR_MS - 1, false],
    ['by a clock a little ahead', nowMs + 30_000, true],
    ['by a clock that went wrong', nowMs + 90_000, false],
    ['nobody knows when', undefined, false],
  ])('%s', (_when, atMs, expected) => expect(isFresh(route, atMs, nowMs)).toBe(expected));
  it('is asked of no other row', () =>
    expect(isFresh({ method: 'GET', path: '/x', access: 'live.view' }, 0, nowMs)).toBe(true));
  it('is asked wherever permissions, secrets or a supply change', () => {
    const guarded = rows.filter(
      ({ method, access }) =>
        method !== 'GET' &&
        ['access.change', 'secret.change', 'supply.approve', 'supply.resume'].includes(String(access)),
    );
    expect(guarded.filter((row) => !row.needsFreshSignIn).map(({ path }) => path)).toEqual([
      '/api/commands/:commandId/reject', // Saying no harms nobody.
    ]);
  });
});

describe('findRoute', () => {
  it.each([
    ['GET', '/', '/{*page}'],
    ['GET', '/sites/tulip-street', '/{*page}'],
    ['HEAD', '/health', '/health'],
    ['GET', '/api/ngsi-ld/v1/entities/urn%3Angsi-ld%3ADevice%3Ae350-0001', '/api/ngsi-ld/v1/entities/:entityId'],
    ['GET', '/api/commands/control', '/api/commands/control'],
    ['DELETE', '/api/admin/roles/viewer', '/api/admin/roles/:role'],
    ['PUT', '/api/secrets/meter-7', '/api/secrets/:reference'],
  ])('%s %s is %s', (method, path, expected) => expect(findRoute(method, path)?.path).toBe(expected));

  it.each([
    ['POST', '/'],
    ['PUT', '/api/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1'],
    ['POST', '/api/ngsi-ld/v1/entityOperations/purge'],
    ['GET', '/api/ngsi-ld/v1/csourceRegistrations'],
    ['GET', '/api/ngsi-ld/v1/temporal/entities'],
    ['DELETE', '/api/quantumleap/v2/entities/urn:ngsi-ld:Device:1'],
    ['GET', '/api/ngsi-ld/v1/entities/'],
    ['GET', '/api/ngsi-ld/v1/entities/..%2fsubscriptions'],
    ['GET', '/api/ngsi-ld/v1/entities/%2e%2e'],
    ['GET', '/api/ngsi-ld/v1/entities/a%5cb'],
    ['GET', '/api/ngsi-ld/v1/entities/%zz'],
    ['GET', '/api/ngsi-ld/v1/entities/a%00'],
    ['GET', '/API/ngsi-ld/v1/entities'],
    ['GET', '/api'],
    ['GET', '/auth/unknown'],
    ['GET', 'api/session'],
    ['TRACE', '/health'],
    ['constructor', '/health'],
    ['__proto__', '/health'],
  ])('knows no %s %s', (method, path) => expect(findRoute(method, path)).toBeUndefined());

  it('answers any path without throwing', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (method, path) => void findRoute(method, `/${path}`)));
  });
});
