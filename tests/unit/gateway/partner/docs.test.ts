/** docs/partners.md as a test: every curl line of its table with the status and the units that stand beside it, and its settings. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '@contor/gateway';
import { PROBLEMS } from '@contor/gateway/http/problem.js';
import { costOf } from '@contor/gateway/limits/costs.js';
import { findRoute } from '@contor/policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCurl } from '../../../support/curl.js';
import { tableRows } from '../../../support/markdown.js';
import { ROOT } from '../../../support/root.js';
import { type Caller, Door } from '../support/door.js';

const PAGE = readFileSync(join(ROOT, 'docs/partners.md'), 'utf8');
const ROWS = tableRows(PAGE).map(({ cells }) => cells);
const LINES = ROWS.flatMap(({ what = '', line, answer = '', units = '' }) => {
  const found = /^`(curl .*)`$/.exec(line ?? '')?.[1];
  return found === undefined ? [] : [{ what, line: found, answer, units }];
});

let door: Door;
const variables: Record<string, string> = { G: '' };
beforeAll(async () => {
  door = await Door.open();
  variables.G = door.url;
  variables.TOKEN = 'token.of.energo';
  variables.KEY = await followThePage();
  door.tokens.set('token.of.energo', {
    ...{ kind: 'value', clientId: 'energo-app', expiresAtMs: Number.POSITIVE_INFINITY },
  });
});
afterAll(() => door.close());

/** "Before the first call", word for word; answers the key. */
async function followThePage(): Promise<string> {
  const root: Caller = await door.signIn('root', ['data-administrator']);
  const [make, key] = ROWS.filter(({ call }) => call !== undefined);
  const answers = [];
  for (const { call = '', body = '' } of [make ?? {}, key ?? {}]) {
    const [, method = '', path = ''] = /^`(\w+) (\S+)`$/.exec(call) ?? [];
    answers.push(await door.ask(method, path, root, body.replaceAll('`', '')));
  }
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
  const client = { clientId: 'energo-app' };
  const patched = await door.ask('PATCH', '/api/admin/partners/energo', { ...root, 'if-match': '"2"' }, client);
  expect(patched.status).toBe(200);
  return String(answers[1]?.body.key);
}

describe('the curl lines of docs/partners.md', () => {
  it('are there', () => expect(LINES.length).toBeGreaterThanOrEqual(13));

  it.each(LINES)('$what: $answer, $units units', async ({ line, answer, units }) => {
    const { method, url, headers, body } = parseCurl(line, variables);
    const { pathname, search, searchParams } = new URL(url);
    const reply = await door.ask(method, pathname + search, headers, body);
    expect(String(reply.status)).toBe(answer);
    const row = findRoute(method, pathname);
    const isCharged = row !== undefined && row.access !== 'public' && reply.headers.has('ratelimit');
    expect(isCharged ? String(costOf(row, searchParams)) : '').toBe(units);
  });
});

describe('what else docs/partners.md says', () => {
  it('names the rate that the program has', () => {
    expect(PAGE).toContain(`\`${SETTINGS.rate.name}\` units a second (default ${SETTINGS.rate.fallback})`);
  });

  it('shows the headers as they come', async () => {
    const { headers } = await door.get('/api/session', { 'x-api-key': variables.KEY ?? '' });
    const policy = /^RateLimit-Policy: (.*)$/m.exec(PAGE)?.[1];
    expect(headers.get('ratelimit-policy')).toBe(policy);
    expect(headers.get('ratelimit')).toMatch(/^"rate";r=\d+;t=\d+, "day";r=\d+;t=\d+$/);
  });

  it('tells of refusals that there are', () => {
    const told = ROWS.flatMap(({ error = '', status = '' }) =>
      [...error.matchAll(/`([\w.-]+)`/g)].map(([, code]) => [code, status]),
    );
    expect(told.length).toBeGreaterThan(8);
    const known = new Map<string, number>(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
    expect(told.filter(([code = '', status]) => String(known.get(code)) !== status)).toEqual([]);
  });
});
