import {
  decide,
  FUNCTION_NAMES,
  FUNCTIONS,
  findRoute,
  functionsOf,
  ROLES,
  ROUTES,
  type RouteRow,
} from '@contor/policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const ACCESS_KINDS = ['public', 'signed-in', 'service', ...FUNCTION_NAMES];

describe.each(ROUTES.map((row) => ({ ...row })))('$method $path', (row) => {
  it('has a unique key', () => {
    expect(ROUTES.filter(({ method, path }) => method === row.method && path === row.path)).toHaveLength(1);
  });
  it('asks for something that exists', () => expect(ACCESS_KINDS).toContain(row.access));
  it('is found by a path of its own shape, so no earlier row hides it', () => {
    const path = row.path.replace('{*page}', 'meters').replace(/:\w+/g, 'urn:ngsi-ld:Device:e350-0001');
    expect(findRoute(row.method, path)).toMatchObject(row);
  });
  it('does not let anybody without a role in, unless it is public', () => {
    const isOpen = row.access === 'public' || row.access === 'service';
    expect(decide(undefined, row)).toEqual(
      isOpen ? { kind: 'allow' } : { kind: 'deny', status: 401, code: 'signed-out' },
    );
  });
});

describe('decide', () => {
  const history: RouteRow = { method: 'GET', path: '/x', access: 'history.view' };
  it.each([
    { who: 'a manager', roles: ['manager'], expected: { kind: 'allow' } },
    { who: 'a viewer', roles: ['viewer'], expected: { kind: 'allow' } },
    { who: 'no role', roles: [], expected: { kind: 'deny', status: 403, code: 'function.missing' } },
    { who: 'an unknown role', roles: ['root'], expected: { kind: 'deny', status: 403, code: 'function.missing' } },
    {
      who: 'a role of the prototype',
      roles: ['constructor', '__proto__'],
      expected: { kind: 'deny', status: 403, code: 'function.missing' },
    },
  ])('$who', ({ roles, expected }) => expect(decide({ roles }, history)).toEqual(expected));

  it('refuses what is not in the table, whoever asks', () => {
    expect(decide({ roles: ['manager'] }, undefined)).toEqual({ kind: 'deny', status: 404, code: 'route.unknown' });
  });

  it('gives the manager every function and each function a sentence', () => {
    expect(functionsOf(['manager'])).toEqual(FUNCTION_NAMES);
    for (const name of FUNCTION_NAMES) expect(FUNCTIONS[name].about).toMatch(/\.$/);
    for (const functions of Object.values(ROLES)) {
      for (const name of functions) expect(FUNCTION_NAMES).toContain(name);
    }
  });
});

describe('findRoute', () => {
  it.each([
    ['GET', '/', '/{*page}'],
    ['GET', '/sites/tulip-street', '/{*page}'],
    ['HEAD', '/health', '/health'],
    ['GET', '/api/ngsi-ld/v1/entities/urn%3Angsi-ld%3ADevice%3Ae350-0001', '/api/ngsi-ld/v1/entities/:entityId'],
  ])('%s %s is %s', (method, path, expected) => expect(findRoute(method, path)?.path).toBe(expected));

  it.each([
    ['POST', '/'],
    ['DELETE', '/api/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1'],
    ['POST', '/api/ngsi-ld/v1/entityOperations/upsert'],
    ['GET', '/api/ngsi-ld/v1/subscriptions'],
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
  ])('knows no %s %s', (method, path) => expect(findRoute(method, path)).toBeUndefined());

  it('answers any path without throwing', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (method, path) => void findRoute(method, `/${path}`)));
  });
});
