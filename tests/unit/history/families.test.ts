/**
 * Promise P2 over HTTP: readings with 30 % repeats, 10 % out of order and corrections, restarts, sealing and archiving in
 * between; after every step some question of every family of the API is asked, and a plain map in memory knows the answer.
 * The zones are two in the nights of their clocks, worked out by another program than the server's.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS, start } from '@contor/history';
import { bucketStarts, type ZonedPeriod } from '@contor/history-query/zoned-buckets.js';
import { createLogger, type Random, readSettings, realPorts, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { IS_LONG, times } from '../../support/long.js';
import {
  aggregated,
  HOP_MS,
  IDS,
  METHODS,
  Model,
  NAMES,
  type Question,
  type Sending,
  START_MS,
  STEP_MS,
  selected,
  type Told,
  TYPES,
  told,
} from './families-model.js';

const iso = (ms: number) => new Date(ms).toISOString();
const stamp = (ms: number) => iso(ms).replace('Z', '+00:00');

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

async function open(folder: string): Promise<Server> {
  const environment = {
    HISTORY_DATA: folder,
    HISTORY_PORT: '0',
    HISTORY_SEAL_AFTER: '0s',
    HISTORY_ARCHIVE_AFTER: '60d',
  };
  const log = createLogger({ service: 'history', level: 'error', write: () => undefined });
  const running = await start(readSettings(SETTINGS, environment), { ports: realPorts(), log });
  return { url: running.url ?? '', stop: () => running.stop() };
}

async function get(server: Server, path: string): Promise<unknown> {
  return (await fetch(`${server.url}${path}`)).json();
}

async function post(server: Server, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${server.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  const text = await response.text();
  return text.startsWith('[') || text.startsWith('{') ? JSON.parse(text) : text;
}

/** The model, the server and a die: each family is a way to ask and the answer it must give. */
class Game {
  readonly model = new Model();
  readonly random: Random;
  server: Server;
  readonly #sent: Sending[] = [];

  constructor(random: Random, server: Server) {
    this.random = random;
    this.server = server;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random.integer(list.length)] as T;
  }

  maybe<T>(chance: number, make: () => T): T | undefined {
    return this.random.next() < chance ? make() : undefined;
  }

  async tell(step: number): Promise<void> {
    const sendings = Array.from({ length: 1 + this.random.integer(4) }, () => this.#draw(step));
    await post(this.server, '/v2/notify', { data: sendings.map(toEntity) });
    for (const sending of sendings) {
      this.#sent.push(sending);
      this.model.take(sending);
    }
  }

  #draw(step: number): Sending {
    const again = this.#sent.length > 0 ? this.pick(this.#sent) : undefined;
    if (again !== undefined && this.random.next() < 0.3) return again;
    const now = step % 2 === 0 ? START_MS : HOP_MS;
    const ms = now + (this.random.next() < 0.1 ? this.random.integer(step + 1) : step) * STEP_MS;
    const names = NAMES.filter(() => this.random.next() < 0.6);
    const values = (names.length === 0 ? ['energy'] : names).map((name) => [
      name,
      name === 'note' ? `n${this.random.integer(4)}` : this.random.integer(100_000) / 1000,
    ]);
    const recordedAtMs = this.maybe(0.3, () => START_MS + this.random.integer(5) * 86_400_000);
    return { type: this.pick(TYPES), id: this.pick(IDS), ms, recordedAtMs, values: Object.fromEntries(values) };
  }

  question(part: Partial<Question> = {}): Question {
    const fromMs = this.maybe(
      0.4,
      () => (this.random.next() < 0.5 ? START_MS : HOP_MS) + this.random.integer(90) * STEP_MS,
    );
    return {
      type: this.pick(TYPES),
      names: NAMES.filter(() => this.random.next() < 0.7),
      ids: this.maybe(0.4, () => IDS.filter(() => this.random.next() < 0.6)),
      fromMs,
      toMs: this.maybe(0.4, () => (fromMs ?? START_MS) + this.random.integer(800) * STEP_MS),
      lastN: this.maybe(0.3, () => 1 + this.random.integer(9)),
      limit: this.maybe(0.3, () => 1 + this.random.integer(20)),
      offset: this.maybe(0.2, () => this.random.integer(5)),
      asOfMs: this.maybe(0.15, () => START_MS + this.random.integer(6) * 86_400_000),
      ...part,
    };
  }
}

function toEntity({ type, id, ms, recordedAtMs, values }: Sending) {
  const property = (value: unknown) => ({ type: 'Property', value, observedAt: iso(ms) });
  return {
    ...{ id, type },
    ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, property(value)])),
    ...(recordedAtMs !== undefined && { recordedAt: property(iso(recordedAtMs)) }),
  };
}

function toQuery(question: Question, more: Readonly<Record<string, string>> = {}): string {
  const { names, ids, fromMs, toMs, lastN, limit, offset, asOfMs } = question;
  const said = {
    ...{ attrs: names.join(','), id: ids?.join(','), lastN, limit, offset, ...more },
    fromDate: fromMs && iso(fromMs),
    toDate: toMs && iso(toMs),
    asOf: asOfMs && iso(asOfMs),
  };
  const pairs = Object.entries(said).filter(([, value]) => value !== undefined && value !== '');
  return new URLSearchParams(Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]))).toString();
}

const orNothing = (list: readonly unknown[], body: unknown) => (list.length === 0 ? [] : body);
const index = (of: { readonly index: readonly number[] }) => of.index.map(stamp);
const columnsOf = ({ columns }: Told) => Object.entries(columns).map(([attrName, values]) => ({ attrName, values }));

type Family = (game: Game) => Promise<void>;

/** A list of nobody is no list: it would be every entity in a URL. */
const someone = (question: Question): Question =>
  question.ids?.length === 0 ? { ...question, ids: undefined } : question;

const FAMILIES: Readonly<Record<string, Family>> = {
  async 'one entity, one attribute'(game) {
    const [id, name] = [game.pick(IDS), game.pick(NAMES)];
    const question = game.question({ names: [name], ids: [id] });
    const [one] = told(game.model, question);
    const query = toQuery({ ...question, names: [], ids: undefined }, { type: question.type });
    expect(await get(game.server, `/v2/entities/${id}/attrs/${name}/value?${query}`)).toEqual(
      one === undefined ? [] : { index: index(one), values: one.columns[name] },
    );
  },
  async 'one entity'(game) {
    const question = game.question({ ids: [game.pick(IDS)], names: game.random.next() < 0.5 ? NAMES : ['energy'] });
    const [one] = told(game.model, question);
    const query = toQuery({ ...question, ids: undefined }, { type: question.type });
    expect(await get(game.server, `/v2/entities/${question.ids?.[0]}?${query}`)).toEqual(
      one === undefined ? [] : { id: one.id, type: question.type, index: index(one), attributes: columnsOf(one) },
    );
  },
  async 'one type, one attribute'(game) {
    const name = game.pick(NAMES);
    const question = someone(game.question({ names: [name] }));
    const list = told(game.model, question);
    const ordered =
      question.ids === undefined
        ? list
        : [...list].sort((a, b) => (question.ids ?? []).indexOf(a.id) - (question.ids ?? []).indexOf(b.id));
    const entities = ordered.map((one) => ({ id: one.id, index: index(one), values: one.columns[name] }));
    const { type } = question;
    expect(await get(game.server, `/v2/types/${type}/attrs/${name}?${toQuery({ ...question, names: [] })}`)).toEqual(
      orNothing(list, { type, attrName: name, entities }),
    );
  },
  async 'one type'(game) {
    const question = someone(game.question({ names: NAMES }));
    const list = told(game.model, question);
    const entities = list.map((one) => ({ id: one.id, index: index(one), attributes: columnsOf(one) }));
    expect(await get(game.server, `/v2/types/${question.type}/value?${toQuery(question)}`)).toEqual(
      orNothing(list, { values: entities }),
    );
  },
  async 'all types, one attribute'(game) {
    const question = someone(game.question({ names: ['power'], asOfMs: undefined }));
    const types = ['Gauge', 'Meter'].flatMap((type) => {
      const list = told(game.model, { ...question, type });
      return list.length === 0
        ? []
        : [{ type, entities: list.map((one) => ({ id: one.id, index: index(one), values: one.columns.power })) }];
    });
    expect(await get(game.server, `/v2/attrs/power?${toQuery({ ...question, names: [] })}`)).toEqual(
      orNothing(types, { attrName: 'power', types }),
    );
  },
  async 'who is there'(game) {
    const { type, fromMs, toMs } = game.question();
    const all = game.question({
      type,
      fromMs,
      toMs,
      names: [...NAMES, 'recordedAt'],
      ids: undefined,
      asOfMs: undefined,
    });
    const newest = new Map<string, number>();
    for (const { id, ms } of selected(game.model, all)) newest.set(id, ms);
    const entities = [...newest].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
    const query = toQuery({ ...all, names: [], lastN: undefined, limit: undefined, offset: undefined }, { type });
    expect(await get(game.server, `/v2/entities?${query}`)).toEqual(
      entities.map(([id, ms]) => ({ id, type, index: stamp(ms) })),
    );
  },
  async totals(game) {
    const method = game.pick(Object.keys(METHODS));
    const question = someone(
      game.question({ names: ['energy'], limit: undefined, offset: undefined, lastN: undefined }),
    );
    const list = aggregated(game.model, question, method, () => 0);
    const { type } = question;
    const body = (await get(game.server, `/v2/types/${type}/value?${toQuery(question, { aggrMethod: method })}`)) as {
      values: { id: string; attributes: { values: number[] }[] }[];
    };
    const found = Array.isArray(body)
      ? []
      : body.values.map(({ id, attributes }) => [id, thousandths(attributes[0]?.values ?? [])]);
    expect(found).toEqual(list.map(({ id, values }) => [id, thousandths(values)]));
  },
  async buckets(game) {
    const method = game.pick(Object.keys(METHODS));
    const period = game.pick(['15min', '30min', 'hour', 'day', 'week', 'month', 'quarter', 'year'] as const);
    const zone = game.pick(['Europe/Bucharest', 'Australia/Lord_Howe', 'UTC']);
    const question = someone(game.question({ names: ['energy'] }));
    const list = aggregated(game.model, question, method, bucketStarts(period as ZonedPeriod, zone));
    const query = toQuery(question, { aggrMethod: method, aggrPeriod: period, timezone: zone });
    const body = (await get(game.server, `/v2/types/${question.type}/value?${query}`)) as {
      values: { id: string; index: string[]; attributes: { values: number[] }[] }[];
    };
    const found = Array.isArray(body)
      ? []
      : body.values.map(({ id, index: instants, attributes }) => ({
          id,
          index: instants,
          values: thousandths(attributes[0]?.values ?? []),
        }));
    expect(found).toEqual(list.map((one) => ({ id: one.id, index: index(one), values: thousandths(one.values) })));
  },
  async 'exact sums of scopes'(game) {
    const type = game.pick(TYPES);
    const scopes = Array.from({ length: game.random.integer(5) }, () => {
      const fromMs = START_MS + game.random.integer(700) * STEP_MS;
      return { id: game.pick(IDS), fromMs, toMs: fromMs + game.random.integer(100) * STEP_MS };
    });
    const rows = game.model
      .rows(type, ['energy'])
      .filter(({ id, ms }) => scopes.some((scope) => scope.id === id && ms >= scope.fromMs && ms < scope.toMs));
    const sums = [...new Set(rows.map(({ id }) => id))].sort().map((id) => {
      const own = rows.filter((row) => row.id === id);
      return [id, own.reduce((sum, { said }) => sum + Math.round(Number(said.energy) * 1000), 0)];
    });
    const body = (await post(game.server, '/v2/query', {
      ...{ type, attrs: ['energy'], aggrMethod: 'sum', decimals: 3 },
      scopes: scopes.map(({ id, fromMs, toMs }) => ({ id, from: iso(fromMs), to: iso(toMs) })),
    })) as { entities: { id: string; attributes: { values: number[] }[] }[] };
    const found = Array.isArray(body) ? [] : body.entities.map(({ id, attributes }) => [id, attributes[0]?.values[0]]);
    expect(found).toEqual(sums);
  },
  async 'columns of everything'(game) {
    const question = someone(game.question({ names: NAMES, lastN: undefined, limit: undefined, offset: undefined }));
    const list = told(game.model, question);
    const body = (await get(game.server, `/v2/types/${question.type}?${toQuery(question, { format: 'columns' })}`)) as {
      entities: Told[];
    };
    const found = body.entities.map(({ id, index: instants, columns }) => ({ id, index: instants, columns }));
    expect([...found].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(list);
  },
  async 'last values'(game) {
    const type = game.pick(TYPES);
    const body = (await post(game.server, '/v2/op/query?metadata=true&partial=true', {
      entities: IDS.map((id) => ({ id, type })),
      attrs: NAMES,
    })) as Readonly<Record<string, { value: unknown; observedAt: string }>>[];
    const found = body.map((entity) => [
      entity.id,
      ...NAMES.map((name) => [entity[name]?.value, entity[name]?.observedAt]),
    ]);
    const expected = IDS.flatMap((id) => {
      const last = NAMES.map((name) =>
        game.model
          .rows(type, [name])
          .filter((row) => row.id === id)
          .at(-1),
      );
      return last.every((row) => row === undefined)
        ? []
        : [[id, ...last.map((row, place) => [row?.said[NAMES[place] ?? ''], row && stamp(row.ms)])]];
    });
    expect(found).toEqual(expected);
  },
  async revisions(game) {
    const [type, id, name] = [game.pick(TYPES), game.pick(IDS), game.pick(NAMES)];
    const list = game.model.revisions(type, id, name);
    expect(await get(game.server, `/v2/entities/${id}/attrs/${name}/value?type=${type}&revisions=true`)).toEqual(
      orNothing(list, {
        index: list.map(([ms]) => stamp(ms)),
        recordedAt: list.map(([, version]) => (version < 0 ? null : stamp(version))),
        values: list.map(([, , value]) => value),
      }),
    );
  },
};

/** Sums of binary fractions are told to the last digit that was said. */
function thousandths(values: readonly (number | undefined)[]): readonly (number | null)[] {
  return values.map((value) => (typeof value === 'number' ? Math.round(value * 1000) : null));
}

const SEEDS = IS_LONG ? [1, 2, 3, 4, 5, 6, 7, 8] : [1];
const STEPS = times(18, 150);

describe.each(SEEDS)('seed %i', (seed) => {
  it('every family tells what a plain map knows, after every step', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'contor-families-'));
    const random = seededRandom(seed);
    const game = new Game(random, await open(folder));
    try {
      for (let step = 0; step < STEPS; step += 1) {
        await game.tell(step);
        if (random.integer(15) === 0) {
          await game.server.stop();
          game.server = await open(folder);
        }
        if (random.integer(10) === 0) await post(game.server, '/tidy', {});
        for (const family of Object.values(FAMILIES)) await family(game);
      }
    } finally {
      await game.server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  }, 600_000);
});
