import { createHistoryClient, type HistoryClient, PAGE_ROWS } from '@contor/history-query';
import { entity, urn } from '@contor/orion-config';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Row, type Rows, smallHistory } from './small-history.js';
import { type Answer, type Asked, type SmallServer, startSmallServer } from './small-server.js';

const TYPE = 'IntervalReading';
const ID = urn(TYPE, 'e350-0001');
const START = Date.UTC(2026, 10, 19, 23, 45);
const STEP = 900_000;

let server: SmallServer | undefined;
let client: HistoryClient | undefined;

afterEach(async () => {
  client?.close();
  await server?.close();
});

async function historyOf(
  answer: (asked: Asked) => Answer,
  options: { tenant?: string; secret?: string; timeoutMs?: number } = {},
): Promise<HistoryClient> {
  server = await startSmallServer(answer);
  client = createHistoryClient({ url: `${server.url}/`, ...options });
  return client;
}

/** Register readings: `count` of them, a quarter-hour apart. */
function registers(count: number, rowOf: (index: number) => Row = (index) => ({ total: index / 1000 })): Rows {
  return new Map([[ID, Array.from({ length: count }, (_, index) => [START + index * STEP, rowOf(index)] as const)]]);
}

describe('series', () => {
  it('come as columns over one list of instants, in the order asked', async () => {
    const history = await historyOf(
      smallHistory(
        TYPE,
        registers(3, (index) => ({ total: index, quality: 'measured', power: index === 1 ? null : 5 })),
      ),
    );
    const series = await history.series({ type: TYPE, id: ID, attributes: ['total', 'power', 'quality', 'nobody'] });
    expect(series).toEqual({
      timesMs: [START, START + STEP, START + 2 * STEP],
      columns: {
        total: [0, 1, 2],
        power: [5, null, 5],
        quality: ['measured', 'measured', 'measured'],
        nobody: [null, null, null],
      },
    });
    expect(Object.keys(series.columns)).toEqual(['total', 'power', 'quality', 'nobody']);
  });

  it.each([PAGE_ROWS - 1, PAGE_ROWS, PAGE_ROWS + 1, 2 * PAGE_ROWS, 35_040])('are whole with %i rows', async (count) => {
    const history = await historyOf(smallHistory(TYPE, registers(count)));
    const { timesMs, columns } = await history.series({ type: TYPE, id: ID, attributes: ['total'] });
    expect(timesMs).toHaveLength(count);
    expect(columns.total).toHaveLength(count);
    expect(timesMs.findIndex((ms, index) => ms !== START + index * STEP)).toBe(-1);
    expect(columns.total.findIndex((value, index) => value !== index / 1000)).toBe(-1);
  });

  it('stay whole when a late row arrives between two pages', async () => {
    const rows = new Map(registers(PAGE_ROWS + 50));
    let pages = 0;
    const history = await historyOf((asked) => {
      if (pages++ === 1) rows.set(ID, [[START - STEP, { total: -1 }], ...(rows.get(ID) ?? [])]);
      return smallHistory(TYPE, rows)(asked);
    });
    const { timesMs } = await history.series({ type: TYPE, id: ID, attributes: ['total'] });
    expect(timesMs).toHaveLength(PAGE_ROWS + 50);
    expect(new Set(timesMs).size).toBe(PAGE_ROWS + 50);
  });

  it('tell rows that share an instant once, across a page too: of values told twice the later one', async () => {
    const doubled = Array.from(
      { length: PAGE_ROWS + 10 },
      (_, index) => [START + Math.floor(index / 3) * 1000, { total: index }] as const,
    );
    const history = await historyOf(smallHistory(TYPE, new Map([[ID, doubled]])));
    const { timesMs, columns } = await history.series({ type: TYPE, id: ID, attributes: ['total'] });
    expect(new Set(timesMs).size).toBe(timesMs.length);
    const last = new Map(doubled.map(([ms, row]) => [ms, row.total]));
    expect(columns.total).toEqual([...last.values()]);
  });

  it('say so when a page cannot be passed', async () => {
    const same = Array.from({ length: PAGE_ROWS + 1 }, (_, index) => [START, { total: index }] as const);
    const history = await historyOf(smallHistory(TYPE, new Map([[ID, same]])));
    await expect(history.series({ type: TYPE, id: ID, attributes: ['total'] })).rejects.toMatchObject({
      code: 'http.unexpected-answer',
    });
  });

  it('end before `toMs`, begin at `fromMs` and stop at `limit`', async () => {
    const history = await historyOf(smallHistory(TYPE, registers(10)));
    const ask = { type: TYPE, id: ID, attributes: ['total'] } as const;
    const hour = await history.series({ ...ask, fromMs: START + STEP, toMs: START + 5 * STEP });
    expect(hour.columns.total).toEqual([0.001, 0.002, 0.003, 0.004]);
    expect((await history.series({ ...ask, limit: 2 })).columns.total).toEqual([0, 0.001]);
    expect(server?.asked.at(-1)?.query.get('limit')).toBe('2');
    expect((await history.series({ ...ask, limit: 0 })).timesMs).toEqual([]);
  });

  it.each<[string, Answer]>([
    ['an empty list', { body: [] }],
    ['404', { status: 404, body: { error: 'Not Found', description: 'No records were found for such query.' } }],
    ['an empty index', { body: { id: ID, type: TYPE, index: [], attributes: [] } }],
  ])('are empty for %s', async (_what, answer) => {
    const history = await historyOf(() => answer);
    const ask = { type: TYPE, id: ID, attributes: ['total'] } as const;
    expect(await history.series(ask)).toEqual({ timesMs: [], columns: { total: [] } });
    expect(await history.buckets({ ...ask, period: 'hour', method: 'sum' })).toEqual({
      timesMs: [],
      columns: { total: [] },
    });
    expect(await history.latest(ask)).toEqual({});
    expect(await history.seriesOfMany(ask)).toEqual(new Map());
  });

  it.each<[string, Answer]>([
    [
      'columns of another length',
      { body: { index: ['2026-11-20T07:00:00.000+00:00'], attributes: [{ attrName: 'total', values: [] }] } },
    ],
    ['an index that is no time', { body: { index: ['yesterday'], attributes: [{ attrName: 'total', values: [1] }] } }],
  ])('refuse %s', async (_what, answer) => {
    const history = await historyOf(() => answer);
    await expect(history.series({ type: TYPE, id: ID, attributes: ['total'] })).rejects.toMatchObject({
      code: 'http.unexpected-answer',
    });
  });
});

describe('series of many', () => {
  it('join the pages of each entity', async () => {
    const list = Array.from({ length: 6_000 }, (_, index) => [START + index * STEP, { total: index }] as const);
    const ids = ['a', 'b', 'c'].map((localId) => urn(TYPE, localId));
    const history = await historyOf(smallHistory(TYPE, new Map(ids.map((id) => [id, list]))));
    const many = await history.seriesOfMany({ type: TYPE, attributes: ['total'] });
    expect([...many.keys()]).toEqual(ids);
    for (const id of ids) expect(many.get(id)?.columns.total).toEqual(list.map(([, row]) => row.total));
    const [, b] = ids;
    expect([...(await history.seriesOfMany({ type: TYPE, attributes: ['total'], ids: [b ?? ''] })).keys()]).toEqual([
      b,
    ]);
  });
});

describe('buckets', () => {
  it('ask for period and method, and page', async () => {
    const answer = smallHistory(TYPE, registers(PAGE_ROWS + 5));
    const history = await historyOf((asked) =>
      asked.path === '/capabilities' ? { body: { idempotent: true } } : answer(asked),
    );
    const { timesMs } = await history.buckets({
      type: TYPE,
      id: ID,
      attributes: ['total'],
      period: 'hour',
      method: 'avg',
      fromMs: START,
    });
    expect(timesMs).toHaveLength(PAGE_ROWS + 5);
    const [, first] = server?.asked ?? [];
    expect(Object.fromEntries(first?.query ?? [])).toEqual({
      type: TYPE,
      attrs: 'total',
      aggrMethod: 'avg',
      aggrPeriod: 'hour',
      fromDate: '2026-11-19T23:45:00.000Z',
      limit: '10000',
      offset: '0',
    });
  });
});

describe('latest', () => {
  it('finds the last value of each attribute at its own time, however old', async () => {
    const rows = registers(100, (index) => ({
      total: index,
      power: index === 99 ? null : 7,
      tariff: index === 3 ? 'T2' : null,
    }));
    const history = await historyOf(smallHistory(TYPE, rows));
    expect(await history.latest({ type: TYPE, id: ID, attributes: ['total', 'power', 'tariff', 'nobody'] })).toEqual({
      total: { timeMs: START + 99 * STEP, value: 99 },
      power: { timeMs: START + 98 * STEP, value: 7 },
      tariff: { timeMs: START + 3 * STEP, value: 'T2' },
    });
  });
});

describe('entities of a type', () => {
  it('come with the time of their last row', async () => {
    const history = await historyOf(smallHistory(TYPE, registers(4)));
    expect(await history.entitiesOf(TYPE)).toEqual([{ id: ID, lastMs: START + 3 * STEP }]);
  });
});

describe('writing', () => {
  const states = Array.from({ length: 2_001 }, (_, index) =>
    entity(TYPE, ID)
      .property('activeEnergyImport', 0.25, { observedAt: new Date(START + index * STEP).toISOString() })
      .build(),
  );
  it('goes in order, a thousand states a notification', async () => {
    const history = await historyOf(() => ({ body: 'Notification successfully processed' }));
    await history.append(states, { correlationId: 'c-1' });
    const bodies = (server?.asked ?? []).map(({ body }) => JSON.parse(body) as { type: string; data: unknown[] });
    expect(bodies.map(({ type, data }) => [type, data.length])).toEqual([
      ['Notification', 1_000],
      ['Notification', 1_000],
      ['Notification', 1],
    ]);
    expect(bodies.flatMap(({ data }) => data)).toEqual(states);
    expect(
      server?.asked.map(({ path, headers }) => [path, headers['content-type'], headers['fiware-correlator']]),
    ).toEqual(Array(3).fill(['/v2/notify', 'application/json', 'c-1']));
  });
  it('says who says so and when, if the caller knows', async () => {
    const history = await historyOf(() => ({ body: 'ok' }));
    const notification = { id: 'urn:n:1', subscriptionId: 'urn:s:1', notifiedAt: '2026-11-20T08:00:00.000Z' };
    await history.append(states.slice(0, 1), { notification });
    expect(JSON.parse(server?.asked[0]?.body ?? '')).toEqual({
      ...notification,
      type: 'Notification',
      data: states.slice(0, 1),
    });
  });
  it('stops at the first chunk that fails, so that the caller can begin again', async () => {
    const history = await historyOf(() => ({
      status: 503,
      body: { error: 'log.full', description: 'the log is full' },
    }));
    await expect(history.append(states)).rejects.toMatchObject({ code: 'http.busy', isRetryable: true, status: 503 });
    expect(server?.asked).toHaveLength(1);
  });
  it('asks nothing when there is nothing to write', async () => {
    const history = await historyOf(() => ({ body: 'ok' }));
    await history.append([]);
    expect(server?.asked).toEqual([]);
  });
});

describe('the connection', () => {
  it('says who we are, and stays open', async () => {
    const history = await historyOf(() => ({ body: { version: '1.0.0' } }), { tenant: 'city', secret: 's3cret' });
    expect(await history.version()).toBe('1.0.0');
    await history.version();
    const [first, second] = server?.asked ?? [];
    expect(first?.headers).toMatchObject({
      'ngsild-tenant': 'city',
      'fiware-service': 'city',
      authorization: 'Bearer s3cret',
    });
    expect(second?.remotePort).toBe(first?.remotePort);
  });
  it('has no tenant header for the default tenant', async () => {
    const history = await historyOf(() => ({ body: {} }), { tenant: 'default' });
    await history.version();
    expect(Object.keys(server?.asked[0]?.headers ?? {})).not.toEqual(expect.arrayContaining(['ngsild-tenant']));
  });
  it('gives up after its time, and on demand', async () => {
    const history = await historyOf(() => ({ never: true }), { timeoutMs: 50 });
    await expect(history.version()).rejects.toMatchObject({ code: 'http.timeout', isRetryable: true });
    const cancel = new AbortController();
    const waiting = history.series({ type: TYPE, id: ID, attributes: ['total'], signal: cancel.signal });
    cancel.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'http.cancelled', isRetryable: false });
  });
});
