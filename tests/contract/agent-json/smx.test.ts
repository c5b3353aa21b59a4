/** Meters that are asked (SMX): the puller against the simulator, over real sockets, on a clock that both share. */

import { createHash } from 'node:crypto';
import { SETTINGS, start as startSmx } from '@contor/agent-json/simulator/smx.js';
import { minuteOf, nameOf, SmxMeter } from '@contor/agent-json/simulator/smx-meter.js';
import { decodeFile, decodeFileList } from '@contor/agent-json/smx/codec.js';
import { openSmxPull, SMX_MODEL } from '@contor/agent-json/smx/pull.js';
import type { Device, Message } from '@contor/agent-kit';
import {
  createGetter,
  type Getter,
  listHosts,
  type Running,
  readSettings,
  realPorts,
  SimulatedClock,
  SimulatedDisk,
  seededRandom,
} from '@contor/kit';
import { afterEach, describe, expect, it } from '@jest/globals';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => SILENT };
const START_MS = Date.UTC(2026, 10, 20, 8, 0, 30);
const KEPT = 3;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface World {
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
  readonly simulator: Running;
}

async function world(more: Readonly<Record<string, string>> = {}): Promise<World> {
  const clock = new SimulatedClock(START_MS);
  const config = readSettings(SETTINGS, { SMX_PORT: '0', SMX_METERS: '2', SMX_KEPT_MINUTES: String(KEPT), ...more });
  const ports = { ...realPorts(), clock, random: seededRandom('smx') };
  const simulator = await startSmx(config, { ports, log: SILENT });
  closing.push(() => simulator.stop());
  return { clock, disk: new SimulatedDisk({ random: seededRandom('disk') }), simulator };
}

const device = (endpoint: string | undefined): Device => ({
  ...{ apiKey: 'k', deviceId: 'smx-0001', tenant: 'default', model: SMX_MODEL, name: 'smx-0001', endpoint },
  ...{ refDevice: 'urn:ngsi-ld:Device:smx-0001', timeZone: 'UTC', registerDigits: 6, reportingIntervalSeconds: 10 },
});

async function pullFrom(
  { clock, disk, simulator }: World,
  more: { token?: string; endpoint?: string; getter?: Getter } = {},
) {
  const taken: Message[] = [];
  const aside: string[] = [];
  const one = device(more.endpoint ?? `${simulator.url}/smx-0001`);
  const getter = more.getter ?? createGetter({ hosts: listHosts(['127.0.0.1']), reach: 'network' });
  const pull = await openSmxPull({
    ...{ getter, clock, disk, log: SILENT, random: seededRandom('pull'), token: more.token, dataFolder: '/agent' },
    registry: { size: 1, find: () => one, all: () => [one] },
    take: async (message) => void taken.push(message),
    setAside: async (reason) => void aside.push(reason),
    onFatal: (error) => {
      throw error;
    },
  });
  closing.push(async () => {
    getter.close();
    await pull.stop();
  });
  const until = async (isDone: () => boolean, stepMs = 1_000) => {
    for (let turn = 0; turn < 400 && !isDone(); turn += 1) {
      await clock.advance(stepMs);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const measures = (lane: string) =>
    taken
      .filter((message) => message.lane === lane)
      .flatMap(({ bytes }) => JSON.parse(new TextDecoder().decode(bytes)) as unknown[]);
  return { pull, taken, aside, until, measures };
}

describe('a meter that is asked', () => {
  it('gives its present every ten seconds, and every second of every minute once', async () => {
    const there = await world();
    const { pull, measures, until, aside } = await pullFrom(there);
    await until(() => pull.figures.smxReads >= 8 && pull.figures.smxFiles >= KEPT + 1);
    expect(aside).toEqual([]);
    const seconds = measures('late').map((measure) => (measure as { timestamp: string }).timestamp);
    expect(new Set(seconds).size).toBe(seconds.length);
    expect(seconds.length).toBe(60 * pull.figures.smxFiles);
    expect([...seconds].sort()).toEqual(seconds);
    const meter = new SmxMeter({ seed: 'tulip-street', number: 1 });
    const first = Date.parse(seconds[0] ?? '');
    expect(measures('late')[0]).toEqual(JSON.parse(new TextDecoder().decode(meter.measureAt(first))));
    expect(measures('live')[0]).toHaveProperty('reactiveEnergyImport');
    // About one in ten seconds, whatever the sockets take.
    expect(there.simulator.health().figures.asked).toBeLessThan(60);
  });

  it('goes on where it was after a restart', async () => {
    const there = await world();
    const first = await pullFrom(there);
    await first.until(() => first.pull.figures.smxFiles >= KEPT);
    await first.pull.stop();
    const second = await pullFrom({ ...there, disk: there.disk });
    await second.until(() => second.pull.figures.smxFiles >= 1);
    const known = new Set(first.measures('late').map((measure) => JSON.stringify(measure)));
    expect(second.measures('late').filter((measure) => known.has(JSON.stringify(measure)))).toEqual([]);
    closing.splice(1, 1);
  });

  it('is read to the end where its line breaks, piece by piece', async () => {
    const there = await world({ SMX_BROKEN: '500' });
    const { pull, measures, until, aside } = await pullFrom(there);
    await until(() => pull.figures.smxFiles >= KEPT);
    expect(aside).toEqual([]);
    expect(measures('late')).toHaveLength(60 * pull.figures.smxFiles);
    expect(there.simulator.health().figures.files).toBeGreaterThan(pull.figures.smxFiles);
  });

  it('shows its files only to who has the token', async () => {
    const there = await world({ SMX_TOKEN: 'a-canary-token' });
    const stranger = await pullFrom(there);
    await stranger.until(() => stranger.pull.figures.smxFailures > 0);
    expect(stranger.taken).toEqual([]);
    const known = await pullFrom(there, { token: 'a-canary-token' });
    await known.until(() => known.pull.figures.smxReads > 0);
    expect(known.taken.length).toBeGreaterThan(0);
  });

  it.each([
    { why: 'a host that is not on the list', endpoint: 'http://127.0.0.2:9/smx-0001' },
    { why: 'another machine in plain text', endpoint: 'http://192.0.2.7/smx-0001' },
    { why: 'no address at all', endpoint: 'nowhere' },
  ])('is not asked at $why, and less and less', async ({ endpoint }) => {
    const there = await world();
    const { pull, taken, until } = await pullFrom(there, { endpoint });
    await until(() => there.clock.nowMs() > START_MS + 1_000_000, 10_000);
    expect(taken).toEqual([]);
    expect(pull.figures.smxFailures).toBeGreaterThan(2);
    expect(pull.figures.smxFailures).toBeLessThan(20);
  });

  it('with a file that is never what its checksum says is put aside, and the next is read', async () => {
    const there = await world({ SMX_KEPT_MINUTES: '10' });
    const real = createGetter({ hosts: listHosts(['127.0.0.1']), reach: 'network' });
    const lying: Getter = {
      close: () => real.close(),
      async get(fetching) {
        const answer = await real.get(fetching);
        const isFirst = fetching.url.pathname.endsWith(nameOf(Date.UTC(2026, 10, 20, 7, 55)));
        if (!isFirst) return answer;
        const body = Buffer.from(answer.body);
        body[0] = 0;
        return { ...answer, body };
      },
    };
    const { pull, aside, until } = await pullFrom(there, { getter: lying });
    await until(() => aside.length > 0 && pull.figures.smxFiles > 0, 10_000);
    expect(aside).toEqual(['smx.checksum']);
  });
});

describe('what it says', () => {
  it('a name of a file goes there and back, and sorts by time', () => {
    const minuteMs = Date.UTC(2026, 10, 20, 7, 14);
    expect(nameOf(minuteMs)).toBe('20261120T0714Z.jsonl');
    expect(minuteOf(nameOf(minuteMs))).toBe(minuteMs);
    expect(minuteOf('../../etc/passwd')).toBeUndefined();
  });

  it('bad lines are counted, and the others read', () => {
    const { batches, badLines } = decodeFile(Buffer.from('{"a":1}\nnonsense\n[1]\n\n{"a":2}'));
    expect([batches.map((bytes) => Buffer.from(bytes).toString()), badLines]).toEqual([['[{"a":1},{"a":2}]'], 2]);
  });

  const sha256 = createHash('sha256').digest('hex');
  it.each([
    { text: '{"files":[]}', isList: true },
    { text: JSON.stringify({ files: [{ name: 'a.jsonl', bytes: 0, sha256 }] }), isList: true },
    { text: JSON.stringify({ files: [{ name: '../a', bytes: 0, sha256 }] }), isList: false },
    { text: JSON.stringify({ files: [{ name: 'a', bytes: 2 ** 30, sha256 }] }), isList: false },
    { text: JSON.stringify({ files: [{ name: 'a', bytes: 1, sha256: 'x' }] }), isList: false },
    { text: '[]', isList: false },
    { text: '{', isList: false },
  ])('$text is a list: $isList', ({ text, isList }) =>
    expect(decodeFileList(Buffer.from(text)).kind === 'value').toBe(isList),
  );
});
