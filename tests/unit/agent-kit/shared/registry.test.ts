import type { DeviceRecord, RegistryChange } from '@contor/agent-kit';
import { openMongoRegistry } from '@contor/agent-kit/registry/mongo/registry.js';
import { SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FakeDatabase, type Fault } from '../../../support/shared-store.js';
import { SILENT } from '../bench-agent.js';

const METER: DeviceRecord = { apiKey: 'k1', deviceId: 'm1', tenant: 'default', model: 'landis-gyr-e350-json' };
const GROUP = { apiKey: 'k1', resource: '/iot/json', tenant: 'default', timeZone: 'Europe/Bucharest' };
const SMALL = { snapshotEvery: 4, kept: 4 };

function world() {
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
  const database = new FakeDatabase();
  let count = 0;
  const open = (fault: () => Fault = () => 'none') => {
    count += 1;
    const random = seededRandom(`replica ${count}`);
    return openMongoRegistry({ store: database.connect(fault), clock, random, log: SILENT, limits: SMALL });
  };
  return { clock, database, open };
}

const meters = (many: number) => Array.from({ length: many }, (_, at) => ({ ...METER, deviceId: `m${at}` }));
const records = (registry: { records(): Iterable<DeviceRecord> }) =>
  [...registry.records()].sort((a, b) => a.deviceId.localeCompare(b.deviceId));

describe('the registry that replicas share', () => {
  it('is the same for all of them within a second, and for whoever comes later', async () => {
    const { clock, open } = world();
    const [a, b] = [await open(), await open()];
    const told: RegistryChange[] = [];
    b.onChange((change) => told.push(change));
    await a.groups.put(GROUP);
    for (const meter of meters(9)) await a.put(meter);
    await a.remove('k1/m3');
    await clock.advance(1_000);
    const c = await open();
    expect(records(b)).toEqual(records(a));
    expect(records(c)).toEqual(records(a));
    expect(c.find('k1/m2')?.timeZone).toBe('Europe/Bucharest');
    expect(told.map(({ key }) => key)).toEqual([
      'k1 /iot/json',
      ...meters(9).map(({ deviceId }) => `k1/${deviceId}`),
      'k1/m3',
    ]);
    for (const one of [a, b, c]) await one.close();
  });

  it('adds a device once, however many replicas add it at the same moment', async () => {
    const { open } = world();
    const replicas = await Promise.all([open(), open(), open()]);
    const answers = await Promise.all(replicas.map((one, at) => one.add({ ...METER, name: `by ${at}` })));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await replicas[0]?.add(METER)).toBe(false);
    const named = replicas.map((one) => one.find('k1/m1')?.name);
    expect(new Set(named)).toEqual(new Set([`by ${answers.indexOf(true)}`]));
    for (const one of replicas) await one.close();
  });

  it('writes ten thousand devices in a few steps', async () => {
    const { database, open } = world();
    const one = await open();
    await Promise.all(meters(10_000).map((meter) => one.put(meter)));
    expect(one.size).toBe(10_000);
    expect(database.asked).toBeLessThan(200);
    await one.close();
  });

  it('goes on reading while the database is away, refuses to write, and says so once', async () => {
    const { clock, open } = world();
    let fault: Fault = 'none';
    const one = await open(() => fault);
    await one.put(METER);
    fault = 'away';
    await expect(one.put({ ...METER, deviceId: 'm2' })).rejects.toMatchObject({ code: 'database.away' });
    await clock.advance(5_000);
    expect(one.isAway).toBe(true);
    expect(one.find('k1/m1')).toBeDefined();
    fault = 'none';
    await clock.advance(1_000);
    expect(one.isAway).toBe(false);
    expect(await one.add({ ...METER, deviceId: 'm2' })).toBe(true);
    await one.close();
  });

  it('knows its own change again when the answer to it was lost', async () => {
    const { database, open } = world();
    let fault: Fault = 'none';
    const one = await open(() => {
      const now = fault;
      fault = 'none';
      return now;
    });
    fault = 'unanswered';
    expect(await one.add(METER)).toBe(true);
    expect(database.ids('changes')).toHaveLength(1);
    await one.close();
  });

  it('begins anew when it slept while the changes it would need were trimmed, and its own late word does not count', async () => {
    const { clock, database, open } = world();
    let fault: Fault = 'none';
    const sleeper = await open(() => fault);
    await sleeper.put(METER);
    fault = 'away';
    const other = await open();
    for (const meter of meters(30)) await other.put({ ...meter, name: 'new' });
    await other.remove('k1/m7');
    expect(database.ids('changes').length).toBeLessThan(15);
    fault = 'none';
    await sleeper.put({ ...METER, deviceId: 'late' });
    await clock.advance(2_000);
    const third = await open();
    expect(records(sleeper)).toEqual(records(third));
    expect(records(other)).toEqual(records(third));
    expect(third.find('k1/late')).toBeDefined();
    expect(third.find('k1/m7')).toBeUndefined();
    for (const one of [sleeper, other, third]) await one.close();
  });

  it('ends the same everywhere, whatever was asked of whom and whichever answers were lost', async () => {
    const step = fc.record({
      by: fc.nat(2),
      meter: fc.nat(3),
      deed: fc.constantFrom('add' as const, 'put' as const, 'remove' as const),
      fault: fc.constantFrom<Fault>('none', 'none', 'none', 'lost', 'unanswered'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { clock, open } = world();
        const faults: Fault[] = ['none', 'none', 'none'];
        const replicas = await Promise.all(
          faults.map((_, at) =>
            open(() => {
              const now = faults[at] ?? 'none';
              faults[at] = 'none';
              return now;
            }),
          ),
        );
        let added = 0;
        await Promise.all(
          steps.map(async ({ by, meter, deed, fault }) => {
            const replica = replicas[by];
            if (replica === undefined) return;
            faults[by] = fault;
            const record = { ...METER, deviceId: `m${meter}`, name: `n${added}` };
            if (deed === 'remove') await replica.remove(`k1/m${meter}`).catch(() => false);
            else if (deed === 'put') await replica.put(record).catch(() => undefined);
            else await replica.add(record).catch(() => false);
            added += 1;
          }),
        );
        faults.fill('none');
        await clock.advance(3_000);
        const [first, ...others] = replicas.map(records);
        for (const other of others) expect(other).toEqual(first);
        for (const one of replicas) await one.close();
      }),
      { numRuns: process.env.CONTOR_LONG === undefined ? 40 : 2_000 },
    );
  });
});
