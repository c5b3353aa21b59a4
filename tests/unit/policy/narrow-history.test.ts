/**
 * Reads of history within a scope, against a real history that holds two tenants: one with everything, asked through a plan, and one
 * that has never been told anything but what may be seen, asked directly. Both must answer alike, by scopes and by windows.
 */

import {
  createScopeIndex,
  type HistoryAsk,
  type HistoryQuestion,
  planHistory,
  readHistoryQuestion,
  type Scope,
  type ScopeIndex,
  type Span,
} from '@contor/policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Instance, openInstance } from '../../contract/history/instance.js';
import { prime } from '../../contract/history/tables.js';
import { times } from '../../support/long.js';

const HALF_HOUR = 1_800_000;
const ROWS = 60;
const START = Date.UTC(2026, 10, 20, 20);
const at = (row: number) => START + row * HALF_HOUR;
const iso = (ms: number) => new Date(ms).toISOString();

/** A point of each, and when it was the customer's, in half hours; a bound in the middle of an hour cuts a bucket. */
const METERS: readonly {
  readonly id: string;
  readonly type: string;
  readonly spans: readonly (readonly [number | undefined, number | undefined])[];
}[] = [
  { id: 'urn:ac:1', type: 'ACMeasurement', spans: [[undefined, undefined]] },
  { id: 'urn:ac:2', type: 'ACMeasurement', spans: [[11, 25]] },
  {
    id: 'urn:ac:3',
    type: 'ACMeasurement',
    spans: [
      [undefined, 13],
      [13.5, 21],
      [40, undefined],
    ],
  },
  { id: 'urn:ac:4', type: 'ACMeasurement', spans: [[11, 25]] },
  { id: 'urn:ac:5', type: 'ACMeasurement', spans: [] },
  {
    id: 'urn:ac:6',
    type: 'ACMeasurement',
    spans: [
      [undefined, 13],
      [21, undefined],
    ],
  },
  { id: 'urn:heat:1', type: 'HeatMeasurement', spans: [[31, undefined]] },
  { id: 'urn:heat:2', type: 'HeatMeasurement', spans: [] },
];
const ANA = 'urn:customer:ana';
const SCOPE: Scope = { kind: 'grants', grants: [{ to: ANA }] };

function makeIndex(): ScopeIndex {
  const index = createScopeIndex();
  index.apply({ id: ANA, type: 'Customer' });
  for (const { id, type, spans } of METERS) {
    const refCustomer = spans.map(([from, to]) => ({
      type: 'Relationship',
      object: ANA,
      ...(from !== undefined && { validFrom: iso(at(from)) }),
      ...(to !== undefined && { validTo: iso(at(to)) }),
    }));
    index.apply({ id: `urn:point:${id}`, type: 'ConsumptionPoint', refCustomer });
    index.apply({ id, type, refPoint: `urn:point:${id}` });
  }
  return index;
}

/** Values in quarters, so that sums and means are exact in any order. Some instants say less, some nothing. */
function rowsOf(id: string, type: string, place: number): readonly object[] {
  return Array.from({ length: ROWS }, (_, row) => row)
    .filter((row) => (row + place) % 7 !== 0)
    .map((row) => {
      const observedAt = iso(at(row));
      const say = (value: unknown) => ({ type: 'Property', value, observedAt });
      const power = ((row * 37 + place * 11) % 64) / 4;
      const isFull = (row + place) % 5 !== 0;
      return {
        id,
        type,
        power: say(power),
        ...(isFull && { energy: say(row * 2 + place / 4), state: say(`s${row % 3}`) }),
      };
    });
}

interface Stand {
  readonly history: Instance;
  readonly visible: Readonly<Record<string, string>>;
}

async function openStand(environment: Readonly<Record<string, string>>): Promise<Stand> {
  const history = await openInstance(environment);
  const visible = Object.fromEntries(Object.entries(history.tenant).map(([name, value]) => [name, `${value}_v`]));
  const index = makeIndex();
  for (const type of ['ACMeasurement', 'HeatMeasurement']) {
    await prime(history, type, ['power', 'energy']);
    await prime({ ...history, tenant: visible, send: (m, p, b, h) => history.send(m, p, b, h ?? visible) }, type, [
      'power',
      'energy',
    ]);
  }
  for (const [place, { id, type }] of METERS.entries()) {
    const all = rowsOf(id, type, place);
    const isSeen = (row: object) => {
      const { power } = row as { power: { observedAt: string } };
      return index.isVisible(SCOPE, id, Date.parse(power.observedAt));
    };
    for (const [tenant, data] of [
      [history.tenant, all],
      [visible, all.filter(isSeen)],
    ] as const) {
      if (data.length > 0) await history.send('POST', '/v2/notify', { data }, tenant);
    }
  }
  return { history, visible };
}

/** What the gateway does with a plan. */
async function answerOf({ history }: Stand, index: ScopeIndex, question: HistoryQuestion, hasScopes: boolean) {
  const plan = planHistory(SCOPE, index, question, { hasScopes });
  if (plan.kind === 'nothing') return [];
  if (plan.kind !== 'read') return plan.kind === 'refused' ? plan.code : plan.kind;
  const read = plan.read();
  let step = read.next([]);
  while (!step.done) {
    const replies = await Promise.all(step.value.map((ask) => send(history, ask)));
    const failed = replies.find(({ status }) => status !== 200);
    if (failed !== undefined) return { status: failed.status };
    step = read.next(replies.map(({ json }) => json));
  }
  return step.value.kind === 'answer' ? step.value.body : step.value.code;
}

function send(history: Instance, ask: HistoryAsk) {
  if (ask.method === 'POST') return history.send('POST', ask.path, ask.body);
  return history.get(`${ask.path}?${new URLSearchParams(ask.query)}`);
}

const bound = fc.option(
  fc.integer({ min: -2, max: ROWS * 2 }).map((quarter) => iso(at(quarter / 2))),
  { nil: undefined },
);
const some = (values: readonly string[], freq = 1) => fc.option(fc.constantFrom(...values), { nil: undefined, freq });
const PATHS = [
  ...['/v2/types/ACMeasurement', '/v2/types/ACMeasurement/attrs/power', '/v2/types/HeatMeasurement/attrs/energy/value'],
  ...['/v2/attrs', '/v2/attrs/power', '/v2/attrs/energy/value', '/v2/types/ACMeasurement/value', '/v2/attrs/value'],
  ...METERS.flatMap(({ id }) => [
    `/v2/entities/${id}`,
    `/v2/entities/${id}/attrs/power`,
    `/v2/entities/${id}/attrs/energy/value`,
  ]),
  ...['/v2/entities', '/v2/entities'],
];
/** Methods that both kinds of plans know; `others` are history's own. */
const questions = (methods: readonly string[], others: readonly string[]) =>
  fc
    .record({
      path: fc.constantFrom(...PATHS),
      fromDate: bound,
      toDate: bound,
      lastN: some(['1', '3', '20', '200'], 2),
      limit: some(['1', '7', '50'], 2),
      offset: some(['1', '5', '30'], 2),
      aggrMethod: some(methods),
      aggrPeriod: some(['hour', 'day', ...(others.length > 0 ? ['15min', 'week'] : [])]),
      attrs: some(['power', 'power,energy', 'energy,nothing']),
      id: some(['urn:ac:3,urn:ac:1', 'urn:ac:5', 'urn:ac:6,urn:ac:5,urn:heat:1,urn:nobody'], 2),
      type: some(['ACMeasurement'], 3),
      timezone: others.length > 0 ? some(['Asia/Kathmandu'], 2) : fc.constant(undefined),
    })
    .map(({ path, ...said }) => {
      const isAggregated = said.aggrMethod !== undefined && path !== '/v2/entities';
      const names = Object.entries(said).filter(([name, value]) => {
        if (value === undefined) return false;
        if (name === 'id') return !path.startsWith('/v2/entities/');
        if (name === 'type') return path.startsWith('/v2/attrs');
        if (name === 'attrs') return !path.includes('/attrs/') && path !== '/v2/entities';
        if (name === 'lastN') return path !== '/v2/entities';
        return !(name.startsWith('aggr') || name === 'timezone') || isAggregated;
      });
      const needsAttributes = isAggregated && !path.includes('/attrs/') && said.attrs === undefined;
      return {
        path,
        query: { ...Object.fromEntries(names), ...(needsAttributes && { attrs: 'power' }) } as Record<string, string>,
      };
    });

function read(path: string, query: Readonly<Record<string, string>>): HistoryQuestion {
  const found = readHistoryQuestion(path, new URLSearchParams(query));
  if (found?.kind !== 'question') throw new Error(`${path}: ${found?.parameter ?? 'no read'}`);
  return found.question;
}

async function compare(
  stand: Stand,
  index: ScopeIndex,
  path: string,
  query: Record<string, string>,
  hasScopes: boolean,
) {
  const direct = await stand.history.get(`${path}?${new URLSearchParams(query)}`, stand.visible);
  const planned = await answerOf(stand, index, read(path, query), hasScopes);
  expect(planned).toEqual(direct.status === 200 ? direct.json : { status: direct.status });
}

const QUANTUMLEAP = ['count', 'sum', 'avg', 'min', 'max'];
const OWN = ['first', 'last', 'p50', 'delta', 'avg,max'];

describe.each([
  { how: 'by scopes, of our history', environment: {}, hasScopes: true, methods: [...QUANTUMLEAP, ...OWN], own: OWN },
  {
    how: 'by windows, of our history',
    environment: {},
    hasScopes: false,
    methods: [...QUANTUMLEAP, 'first', 'last'],
    own: [],
  },
  {
    how: 'by windows, of QuantumLeap',
    environment: { HISTORY_AS: 'quantumleap' },
    hasScopes: false,
    methods: QUANTUMLEAP,
    own: [],
  },
])('a read $how', ({ environment, hasScopes, methods, own }) => {
  let stand: Stand;
  const index = makeIndex();
  beforeAll(async () => {
    stand = await openStand(environment);
  });
  afterAll(() => stand.history.stop());

  it('is as if nothing else had ever been told', async () => {
    await fc.assert(
      fc.asyncProperty(questions(methods, own), ({ path, query }) => compare(stand, index, path, query, hasScopes)),
      { numRuns: Number(process.env.CONTOR_RUNS ?? times(8, 40)) },
    );
  });

  it.each([
    ['/v2/types/ACMeasurement/attrs/power', { aggrMethod: 'avg', aggrPeriod: 'hour' }],
    ['/v2/types/ACMeasurement/attrs/power', { aggrMethod: 'avg' }],
    ['/v2/types/ACMeasurement/attrs/power', { aggrMethod: 'sum', aggrPeriod: 'hour', limit: '40', offset: '15' }],
    ['/v2/types/ACMeasurement/attrs/power', { aggrMethod: 'max', aggrPeriod: 'hour', lastN: '9', offset: '28' }],
    ['/v2/entities/urn:ac:3/attrs/power', { lastN: '30' }],
    ['/v2/entities/urn:ac:3', { limit: '5', offset: '11' }],
    ['/v2/attrs', { lastN: '4' }],
    ['/v2/entities', {}],
  ])('%s %o', (path, query) => compare(stand, index, path, query as Record<string, string>, hasScopes));
});

describe('a plan', () => {
  const index = makeIndex();
  const question = (path: string, query: Readonly<Record<string, string>> = {}) => read(path, query);
  const plan = (path: string, query: Readonly<Record<string, string>>, hasScopes = false) =>
    planHistory(SCOPE, index, question(path, query), { hasScopes });

  it('is nothing for what is foreign, unknown, or of another time', () => {
    for (const path of [
      '/v2/entities/urn:ac:5',
      '/v2/entities/urn:nobody',
      '/v2/types/Bill',
      '/v2/types/HeatMeasurement',
    ]) {
      expect(plan(path, { toDate: iso(at(30)) })).toEqual({ kind: 'nothing' });
    }
    expect(plan('/v2/types/ACMeasurement', { id: 'urn:ac:5' }).kind).toBe('nothing');
    expect(plan('/v2/entities/urn:ac:2', { fromDate: iso(at(25)) }).kind).toBe('nothing');
  });
  it('is everything for those who see everything', () => {
    expect(planHistory({ kind: 'everything' }, index, question('/v2/attrs'), { hasScopes: true })).toEqual({
      kind: 'everything',
    });
  });
  it('asks once for what has a window in common', () => {
    const found = plan('/v2/types/ACMeasurement/attrs/power', { id: 'urn:ac:4,urn:ac:2', lastN: '5' });
    if (found.kind !== 'read') throw new Error(found.kind);
    expect(found.read().next([]).value).toEqual([
      {
        method: 'GET',
        path: '/v2/types/ACMeasurement/attrs/power',
        query: {
          id: 'urn:ac:4,urn:ac:2',
          fromDate: iso(at(11)),
          toDate: iso(at(25) - 1),
          lastN: '5',
          limit: '5',
          offset: '0',
        },
      },
    ]);
  });
  it('names a thousand spans in one question, where history takes them', () => {
    const large = createScopeIndex();
    large.apply({ id: ANA, type: 'Customer' });
    const spans: (Span & { id: string })[] = [];
    for (let meter = 0; meter < 1_000; meter += 1) {
      const refCustomer = { object: ANA, validFrom: iso(at(meter)), validTo: iso(at(meter + 50)) };
      large.apply({ id: `urn:p:${meter}`, type: 'ConsumptionPoint', refCustomer });
      large.apply({ id: `urn:m:${meter}`, type: 'ACMeasurement', refPoint: `urn:p:${meter}` });
      spans.push({ id: `urn:m:${meter}`, fromMs: at(meter), toMs: at(meter + 50) });
    }
    const asked = question('/v2/types/ACMeasurement');
    const byScopes = planHistory(SCOPE, large, asked, { hasScopes: true });
    if (byScopes.kind !== 'read') throw new Error(byScopes.kind);
    const [only, ...others] = [...(byScopes.read().next([]).value as readonly HistoryAsk[])];
    expect(others).toEqual([]);
    const sorted = spans
      .map(({ id, fromMs, toMs }) => ({ id, from: iso(fromMs), to: iso(toMs) }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    expect(only).toMatchObject({ path: '/v2/query', body: { type: 'ACMeasurement', scopes: sorted } });
    expect(planHistory(SCOPE, large, asked, { hasScopes: false })).toEqual({ kind: 'refused', code: 'many' });
  });
  it.each(['delta', 'p95', 'avg,max'])(
    'refuses %s of an entity with several spans where history cannot cut it',
    (aggrMethod) => {
      expect(plan('/v2/entities/urn:ac:3/attrs/power', { aggrMethod })).toEqual({ kind: 'refused', code: 'method' });
      expect(plan('/v2/entities/urn:ac:3/attrs/power', { aggrMethod }, true).kind).toBe('read');
    },
  );
  // With a silent one all rows of a page may come from one window, and end within an instant.
  it.each([{ silent: [] }, { silent: ['urn:ac:1', 'urn:ac:3', 'urn:ac:6'] }])(
    'has pages that tell each row once, whatever history’s order (silent: $silent)',
    ({ silent }) => {
      const path = '/v2/types/ACMeasurement/attrs/power';
      const told = METERS.filter(
        ({ id, type }) => type === 'ACMeasurement' && !(silent as readonly string[]).includes(id),
      );
      const rows = told.flatMap(({ id }) => Array.from({ length: ROWS }, (_, row) => ({ id, row })));
      /** QuantumLeap, with the last entity first among those of one instant. */
      const backwards = (ask: HistoryAsk) => {
        if (ask.method !== 'GET') throw new Error('This one is QuantumLeap.');
        const { id: ids = '', fromDate = iso(0), toDate = '9', limit, offset, lastN } = ask.query;
        const isAsked = ({ id, row }: (typeof rows)[number]) =>
          ids.split(',').includes(id) && fromDate <= iso(at(row)) && iso(at(row)) <= toDate;
        const sorted = rows.filter(isAsked).sort((a, b) => a.row - b.row || (a.id < b.id ? 1 : -1));
        const page = (lastN === undefined ? sorted : sorted.reverse()).slice(
          Number(offset),
          Number(offset) + Number(limit),
        );
        const entities = [...new Set(page.map(({ id }) => id))].map((id) => {
          const own = page.filter((row) => row.id === id).sort((a, b) => a.row - b.row);
          return { id, index: own.map(({ row }) => iso(at(row))), values: own.map(({ row }) => row) };
        });
        return { type: 'ACMeasurement', attrName: 'power', entities };
      };
      const pageOf = (query: Readonly<Record<string, string>>) => {
        const found = plan(path, query);
        if (found.kind !== 'read') throw new Error(found.kind);
        const reading = found.read();
        let step = reading.next([]);
        while (!step.done) step = reading.next(step.value.map(backwards));
        const { body } = step.value as { body: { entities?: { id: string; index: string[] }[] } };
        return (body.entities ?? []).flatMap(({ id, index: instants }) =>
          instants.map((instant) => `${id} ${instant}`),
        );
      };
      const whole = pageOf({});
      expect(whole).toHaveLength(rows.filter(({ id, row }) => index.isVisible(SCOPE, id, at(row))).length);
      for (const lastN of [undefined, '5']) {
        const pages: string[] = [];
        for (let offset = 0; offset < whole.length; offset += 5) {
          pages.push(...pageOf({ limit: '5', offset: String(offset), ...(lastN !== undefined && { lastN }) }));
        }
        expect(pages.sort()).toEqual([...whole].sort());
      }
    },
  );
  it('ends with a refusal when there is too much behind a page', () => {
    const found = plan('/v2/types/ACMeasurement/attrs/power', { aggrMethod: 'sum', aggrPeriod: 'minute' });
    if (found.kind !== 'read') throw new Error(found.kind);
    const reading = found.read();
    const index = Array.from({ length: 10_000 }, (_, row) => iso(at(row)));
    const full = {
      type: 'ACMeasurement',
      attrName: 'power',
      entities: [{ id: 'urn:ac:1', index, values: index.map(() => 1) }],
    };
    let step = reading.next([]);
    for (let round = 0; !step.done && round < 50; round += 1) step = reading.next(step.value.map(() => full));
    expect(step).toEqual({ done: true, value: { kind: 'refused', code: 'many' } });
  });
});

describe('a question', () => {
  it.each([
    [
      '/v2/entities/urn%3Aa%2Cb/attrs/x/value',
      'a=1',
      { family: '1T1E1A', id: 'urn:a,b', attribute: 'x', isValueOnly: true, others: { a: '1' } },
    ],
    [
      '/v2/types/T',
      'id=a,%20b&limit=99999&offset=3',
      { family: '1TNENA', type: 'T', ids: ['a', 'b'], limit: 10_000, offset: 3 },
    ],
    [
      '/v2/attrs',
      'fromDate=2026-11-20&toDate=2026-11-20T10:00:00+02:00',
      { family: 'NTNENA', fromMs: Date.UTC(2026, 10, 20), toMs: Date.UTC(2026, 10, 20, 8) },
    ],
    [
      '/v2/attrs/x',
      'aggrMethod=AVG&aggrPeriod=day&lastN=2',
      { method: 'avg', period: 'day', lastN: 2, fromMs: undefined },
    ],
    ['/v2/entities', '', { family: 'NTNE', limit: 10_000, offset: 0, ids: undefined }],
  ])('%s?%s', (path, query, expected) =>
    expect(readHistoryQuestion(path, new URLSearchParams(query))).toMatchObject({
      kind: 'question',
      question: expected,
    }),
  );
  it.each([
    ['/v2/attrs', 'fromDate=yesterday', 'fromDate'],
    ['/v2/attrs', 'toDate=2026-13-45', 'toDate'],
    ['/v2/attrs', 'lastN=-1', 'lastN'],
    ['/v2/attrs', 'limit=0', 'limit'],
    ['/v2/attrs', 'offset=1e3', 'offset'],
  ])('%s?%s is refused for its %s', (path, query, parameter) =>
    expect(readHistoryQuestion(path, new URLSearchParams(query))).toEqual({ kind: 'refused', parameter }),
  );
  it.each(['/v2/notify', '/v2/entities/a/b', '/v2/entities/value', '/v2', '/v2/op/query', '/v2/types'])(
    '%s is none',
    (path) => {
      const found = readHistoryQuestion(path, new URLSearchParams());
      if (path === '/v2/entities/value') expect(found).toBeUndefined();
      else expect(found).toBeUndefined();
    },
  );
});
