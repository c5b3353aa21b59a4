/** Every route with every role, by HTTP on the finished application: whoever lacks the function gets 403 and nothing happens. */

import { type Access, type FunctionName, ROUTES, type RouteRow, SEED_ROLES } from '@contor/policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Caller, Door } from '../support/door.js';

let door: Door;
const callers = new Map<string, Caller>();
beforeAll(async () => {
  door = await Door.open({ rate: 100_000 });
  await door.signIn('root', ['data-administrator']);
  for (const { name } of SEED_ROLES) callers.set(name, await door.signIn(`a-${name}`, [name]));
  callers.set('nobody', await door.signIn('a-nobody'));
});
afterAll(() => door.close());

const ROLES: readonly { name: string; functions: readonly FunctionName[] }[] = [
  ...SEED_ROLES,
  { name: 'nobody', functions: [] },
];
/** Signing out would end the session that the other rows need; everybody may. */
const GUARDED = ROUTES.filter(
  ({ access, path }) => access !== 'public' && access !== 'service' && path !== '/auth/signout',
);

function isAllowed(access: Access, functions: readonly FunctionName[]): boolean {
  if (access === 'signed-in') return true;
  if (typeof access === 'string') return functions.includes(access as FunctionName);
  const hasOne = access.anyOf.some((name) => functions.includes(name));
  return hasOne && (access.and === undefined || functions.includes(access.and));
}

const fill = (path: string) => path.replaceAll(/:\w+/g, 'urn:ngsi-ld:Site:nowhere');

describe('each route', () => {
  it.each(GUARDED.map((row: RouteRow) => [`${row.method} ${row.path}`, row] as const))('%s', async (_, row) => {
    const body = row.method === 'GET' ? undefined : {};
    const refused = await Promise.all(
      ROLES.map(async ({ name }) => {
        const answer = await door.ask(row.method, fill(row.path), callers.get(name), body);
        return answer.status === 403 && answer.body.error === 'function.missing' ? [name] : [];
      }),
    );
    const wanted = ROLES.filter(({ functions }) => !isAllowed(row.access, functions)).map(({ name }) => name);
    expect(refused.flat()).toEqual(wanted);
    const stranger = await door.ask(row.method, fill(row.path), {}, body);
    expect([stranger.status, stranger.body.error]).toEqual([401, 'signed-out']);
  });
});
