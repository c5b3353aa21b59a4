/** docs/history.md as a test: every curl line of its table, in order, against a fresh server; its limits and its deviations. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEVIATIONS } from '@contor/history/deviations.js';
import { MOST_STREAMED_ROWS } from '@contor/history/front/formats.js';
import { MAX_LIST, MAX_POINTS, OWN_PARAMETERS } from '@contor/history/front/parameters.js';
import { MAX_SCOPES } from '@contor/history/front/querying.js';
import { MAX_ATTRIBUTES, MAX_ENTITIES, MAX_NAME_LENGTH, MAX_VALUE_DEPTH } from '@contor/history/notify/notification.js';
import { MOST_SAMPLED_ROWS } from '@contor/history/store/reader.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCurl } from '../../support/curl.js';
import { tableRows } from '../../support/markdown.js';
import { ROOT } from '../../support/root.js';
import { type Instance, openInstance } from './instance.js';

const ROWS = tableRows(readFileSync(join(ROOT, 'docs/history.md'), 'utf8')).map(({ cells }) => cells);

const EXAMPLES = ROWS.filter(({ example }) => example !== undefined).flatMap(
  ({ operation = '', example = '', answer = '' }) => {
    const statuses = answer.split('·').map((status) => status.trim());
    return [...example.matchAll(/`(curl [^`]*)`/g)].map(([, line = ''], at) => ({
      operation,
      line,
      status: statuses[at] ?? '',
    }));
  },
);

describe('the curl lines of docs/history.md', () => {
  let history: Instance;
  beforeAll(async () => {
    history = await openInstance();
  });
  afterAll(() => history.stop());

  it('are there', () => expect(EXAMPLES.length).toBeGreaterThan(30));

  it.each(EXAMPLES)('$operation: $line → $status', async ({ line, status }) => {
    // The page is about a fresh server of ours.
    if (!history.isOurs) return;
    const { method, url, headers, body } = parseCurl(line, {});
    const path = url.replace(/^(?:http:\/\/)?localhost:8668/, '');
    // curl says this of every body that comes with -d, unless told otherwise.
    const type = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
    const reply = await history.send(method, path, body, { ...type, ...headers });
    expect({ status: String(reply.status), text: reply.text }).toEqual({ status, text: reply.text });
  });
});

describe('what docs/history.md says', () => {
  const numbers = new Map(
    ROWS.filter(({ what, limit }) => what !== undefined && limit !== undefined).map(({ what = '', limit = '' }) => [
      what,
      (limit.match(/\d[\d,]*/g) ?? []).map((number) => Number(number.replaceAll(',', ''))),
    ]),
  );
  it.each([
    ['entities of a notification', [MAX_ENTITIES]],
    ['attributes of an entity · of a type', [MAX_ATTRIBUTES, 2_000]],
    ['a name · a service path', [MAX_NAME_LENGTH]],
    ['nesting of a value', [MAX_VALUE_DEPTH]],
    ['rows of a streamed answer', [MOST_STREAMED_ROWS]],
    ['rows that `points` looks at · `points`', [MOST_SAMPLED_ROWS, MAX_POINTS]],
    ['items of a list · scopes of a question', [MAX_LIST, MAX_SCOPES]],
  ])('%s: %j', (what, limits) => expect(numbers.get(what)).toEqual(limits));

  it('names every deviation, and no other', () => {
    const named = ROWS.flatMap(({ deviation }) => (deviation === undefined ? [] : [deviation.replaceAll('`', '')]));
    expect(named).toEqual(DEVIATIONS.map(({ name }) => name));
  });

  it('explains every parameter of ours', () => {
    const explained = ROWS.flatMap(({ name = '' }) => [...name.matchAll(/`(\w+)/g)].map(([, word]) => word));
    expect(OWN_PARAMETERS.filter((name) => !explained.includes(name))).toEqual([]);
  });
});
