/**
 * docs/broker.md as a test: every curl line of its tables, in order, against a fresh broker, with the status that the page
 * says; and its settings and limits against the program. Whoever adds a row to the page adds a case here.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '@contor/broker';
import { MAX_CONTEXT_DEPTH } from '@contor/broker/context/compile.js';
import { MAX_ATTRIBUTES } from '@contor/broker/entity/model.js';
import { MAX_LIMIT } from '@contor/broker/front/parameters.js';
import { MAX_DEPTH } from '@contor/broker/json.js';
import { readSettings } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseCurl } from '../../support/curl.js';
import { tableRows } from '../../support/markdown.js';
import { ROOT } from '../../support/root.js';
import { openInstance as openHistory } from '../history/instance.js';
import { describeOurs, type Instance, openInstance } from './instance.js';

/** A broker and a history server start, on a machine that may be busy. */
const START_MS = 30_000;
const PAGE = readFileSync(join(ROOT, 'docs/broker.md'), 'utf8');
const ROWS = tableRows(PAGE);
const EXAMPLES = ROWS.filter(({ cells }) => cells.example !== undefined).flatMap(({ cells }) => {
  const lines = [...(cells.example ?? '').matchAll(/`(curl [^`]*)`/g)].map(([, line = '']) => line);
  const statuses = (cells.answer ?? '').split('·').map((status) => status.trim());
  return lines.map((line, at) => ({
    operation: cells.operation ?? '',
    line,
    status: statuses[at] ?? '',
    isComplete: statuses.length === lines.length,
  }));
});

describeOurs('the curl lines of docs/broker.md', () => {
  let broker: Instance;
  let history: Awaited<ReturnType<typeof openHistory>>;
  /** `<id>` of a line is the end of the last Location an answer gave. */
  let lastId = '';
  beforeAll(async () => {
    history = await openHistory();
    broker = await openInstance({ BROKER_HISTORY_URL: history.url });
  }, START_MS);
  afterAll(async () => {
    await broker.stop();
    await history.stop();
  });

  it('all have their status beside them', () =>
    expect(
      EXAMPLES.filter(({ status, isComplete }) => !isComplete || !/^[2-5]\d\d$/.test(status)).map(({ line }) => line),
    ).toEqual([]));

  it.each(EXAMPLES)('$operation: $line → $status', async ({ line, status }) => {
    const { method, url, headers, body } = parseCurl(line.replaceAll('<id>', lastId), { B: '/ngsi-ld/v1' });
    const path = url.replace(/^(?:http:\/\/)?localhost:1026/, '');
    // curl says this of every body that comes with -d, unless told otherwise.
    const type = body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
    const reply = await broker.send(method, path, body, { ...type, ...headers });
    expect({ status: String(reply.status), text: reply.text }).toEqual({ status, text: reply.text });
    lastId = reply.headers.get('location')?.split('/').at(-1) ?? lastId;
  });
});

describe('the settings of docs/broker.md', () => {
  const rows = ROWS.filter(({ cells }) => cells.setting !== undefined).map(({ cells }) => ({
    name: /^`([A-Z_]+)`/.exec(cells.setting ?? '')?.[1] ?? '',
    fallback: (cells.default ?? '').replaceAll('`', ''),
  }));
  const written = Object.values(SETTINGS).map((row) => {
    const fallback = 'fallback' in row ? row.fallback : undefined;
    return {
      name: row.name as string,
      fallback: fallback === undefined ? '' : Array.isArray(fallback) ? fallback.join(', ') : String(fallback),
    };
  });
  it('are those of the program, with their defaults', () =>
    expect(rows.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual(
      written.toSorted((a, b) => a.name.localeCompare(b.name)),
    ));
});

describe('the limits of docs/broker.md', () => {
  const limits = new Map(
    ROWS.filter(({ cells }) => cells.limit !== undefined).map(({ cells }) => [cells.what ?? '', cells.limit ?? '']),
  );
  const config: Readonly<Record<string, unknown>> = readSettings(SETTINGS, { BROKER_DATA: '.' });
  const configured = Object.entries(SETTINGS).flatMap(([key, { name }]) =>
    [...limits.values()].filter((limit) => limit.includes(name)).map((limit) => [name, limit, config[key]] as const),
  );

  it.each(configured)('%s: %s', (_name, limit, value) => expect(quantityOf(limit)).toBe(value));

  it.each([
    ['nesting of JSON', MAX_DEPTH],
    ['attributes of an entity', MAX_ATTRIBUTES],
    ['`limit`', MAX_LIMIT],
  ])('%s', (what, value) => expect(quantityOf(limits.get(what) ?? '')).toBe(value));

  it('levels of an @context', () => expect(limits.get('@context')).toContain(`${MAX_CONTEXT_DEPTH} levels`));
});

const UNITS: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, s: 1_000, min: 60_000 };

/** `16 MiB`, `1,000, default 20`, `30 s`: the first figure, in bytes, milliseconds or pieces. */
function quantityOf(text: string): number {
  const [, figure = '', unit = ''] = /^([\d,]*\d)(?: (KiB|MiB|GiB|s|min)\b)?/.exec(text) ?? [];
  return Number(figure.replaceAll(',', '')) * (UNITS[unit] ?? 1);
}
