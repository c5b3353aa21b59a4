/** A full disk under the broker: writes are refused, nothing ends, and the operator hears of it once. */

import { type BrokerCore, openBrokerCore } from '@contor/broker';
import { CORE_URL } from '@contor/broker/context/core.js';
import { type Logger, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';

const ROOMY = 2 ** 30;
let said: { level: string; facts: Record<string, unknown>; sentence: string }[];
let fatal: Error[];
let disk: SimulatedDisk;
let clock: SimulatedClock;
const say = (level: string) => (facts: object, sentence: string) => {
  said.push({ level, facts: { ...facts }, sentence });
};
const log: Logger = {
  debug: say('debug'),
  info: say('info'),
  warn: say('warn'),
  error: say('error'),
  child: () => log,
};
const about = (words: RegExp) => said.filter(({ sentence }) => words.test(sentence));

beforeEach(() => {
  said = [];
  fatal = [];
  disk = new SimulatedDisk({ random: seededRandom('room') });
  clock = new SimulatedClock(Date.UTC(2026, 10, 20));
});

function open(snapshotBytes = ROOMY): Promise<BrokerCore> {
  return openBrokerCore({
    ...{ clock, log, snapshotBytes },
    disk: disk.boot(),
    random: seededRandom(1),
    dataFolder: '/data',
    maxLogBytes: 2 ** 24,
    maxOutboxBytes: 2 ** 24,
    onFatal: (error) => fatal.push(error),
    deliver: async () => ({ kind: 'accepted' }),
  });
}

const context = (core: BrokerCore, id: string, bytes = 2_000) =>
  core.store.submit({
    kind: 'host',
    tenant: 'default',
    atMs: 0,
    context: { id, document: { '@context': { a: `https://example.org/${'x'.repeat(bytes)}` } }, createdAt: 0 },
  });

const subscribe = (core: BrokerCore) =>
  core.store.submit({
    kind: 'subscribe',
    tenant: 'default',
    atMs: 0,
    subscription: {
      id: 'urn:s:1',
      entities: [{ types: ['https://example.org/T'] }],
      isActive: true,
      notification: {
        format: 'normalized',
        sysAttrs: false,
        endpoint: { uri: 'http://127.0.0.1/', accept: 'application/json' },
      },
      context: CORE_URL,
      createdAt: 0,
      modifiedAt: 0,
    },
  });

/** A change that the subscriber hears of, so that there is a cursor to save. */
const notify = (core: BrokerCore) =>
  core.store.submit({
    kind: 'entities',
    operation: 'upsertUpdate',
    tenant: 'default',
    atMs: 0,
    inputs: [{ id: 'urn:e:1', types: ['https://example.org/T'], scope: undefined, attributes: [] }],
  });

describe('a full disk', () => {
  it('refuses writes with 503, is named once, and is over by itself when nobody writes', async () => {
    const core = await open();
    await context(core, 'first');
    disk.setCapacity(disk.usedBytes);
    for (let attempt = 0; attempt < 5; attempt += 1)
      await expect(context(core, `no-${attempt}`)).rejects.toMatchObject({
        code: 'unavailable',
        headers: { 'Retry-After': '5' },
      });
    await clock.advance(10_000);
    expect(core.room.isFull).toBe(true);
    expect(core.contexts.hosted.has('first')).toBe(true);
    expect(about(/disk is full/)).toMatchObject([
      { level: 'error', facts: { code: 'disk.full', folder: '/data', fix: expect.stringMatching(/BROKER_DATA/) } },
    ]);
    disk.setCapacity(ROOMY);
    await clock.advance(10_000);
    expect(core.room.isFull).toBe(false);
    expect(about(/room again/)).toHaveLength(1);
    await context(core, 'second');
    expect(fatal).toEqual([]);
    await core.store.close();
  });

  it('of the cursors refuses writes until they are saved, and ends nothing', async () => {
    const core = await open();
    core.office.start();
    await subscribe(core);
    await notify(core);
    // Told, and noted in the waybills; what comes next to the disk is the sum of the cursors.
    await clock.advance(500);
    disk.failAt('append', 1, 'ENOSPC');
    await clock.advance(500);
    expect(about(/disk is full/)).toMatchObject([{ level: 'error', facts: { writer: 'cursors' } }]);
    await expect(context(core, 'no')).rejects.toMatchObject({ code: 'unavailable', headers: { 'Retry-After': '5' } });
    await clock.advance(1_000);
    await context(core, 'yes');
    await clock.advance(2_000);
    expect(about(/room again/)).toHaveLength(1);
    expect(fatal).toEqual([]);
  });

  it('does not keep the broker from stopping', async () => {
    const core = await open();
    disk.setCapacity(0);
    await core.office.stop();
    await core.store.close();
    expect(about(/cursors could not be saved/)).toHaveLength(1);
  });

  it('of a snapshot leaves writes alone, gives its room back and tries again', async () => {
    const core = await open(8_000);
    const roomFor = disk.usedBytes + 14_000;
    disk.setCapacity(roomFor);
    for (let at = 0; at < 5; at += 1) await context(core, `c-${at}`);
    await clock.advance(1_000);
    expect(about(/disk is full/)).toMatchObject([{ facts: { writer: 'snapshot' } }]);
    expect(await disk.boot().list('/data')).not.toContain('state.new');
    await context(core, 'still', 100);
    disk.setCapacity(ROOMY);
    await clock.advance(40_000);
    expect(about(/A snapshot was written/)).toHaveLength(1);
    expect(about(/room again/)).toHaveLength(1);
    expect(fatal).toEqual([]);
    await core.store.close();
  });
});
