/** The master of a wired bus against simulated meters: EN 13757-2, 5.6 and 5.7; EN 13757-3, 11; EN 13757-7, 7.5. */

import { seededRandom, toHex } from '@contor/kit';
import { openExchange, stepExchange } from '@contor/mbus/session/exchange.js';
import { readAlarms, readMeter } from '@contor/mbus/session/read.js';
import { searchPrimary, searchSecondary } from '@contor/mbus/session/search.js';
import { ANY, selectionOf, type Target } from '@contor/mbus/session/select.js';
import { charactersMs } from '@contor/mbus/session/timing.js';
import { resetApplication, setAddress, setBaud, setClock } from '@contor/mbus/session/write.js';
import { SimulatedBus } from '@contor/mbus/simulator/bus/bus.js';
import { BUS_KINDS, meterTime } from '@contor/mbus/simulator/bus/readout.js';
import { Slave } from '@contor/mbus/simulator/bus/slave.js';
import { simulatedSlaves } from '@contor/mbus/simulator/bus/street.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { converse } from './bus-line.js';

const quietBus = (slaves: readonly Slave[]) => new SimulatedBus(slaves, seededRandom('quiet'));
const primary = (address: number): Target => ({ kind: 'primary', address });
const secondary = (slave: Slave): Target => ({ kind: 'secondary', selection: selectionOf(slave.meter) });
const [HEAT, WATER] = BUS_KINDS;
const at = (slaves: readonly Slave[], index: number): Slave => {
  const slave = slaves[index];
  if (slave === undefined) throw new RangeError('no such meter');
  return slave;
};
const meterWith = (id: string, primaryAddress: number, row: (typeof BUS_KINDS)[number] = WATER, more = {}) =>
  new Slave({
    meter: { id, manufacturer: row.manufacturer, version: row.version, deviceType: row.deviceType },
    primary: primaryAddress,
    readout: row.readout(`${id}/${primaryAddress}`),
    answerDelayBits: 30,
    ...more,
  });
const idsOf = (found: readonly { meter: { id: string } | undefined }[]) => found.map(({ meter }) => meter?.id).sort();
const runs = process.env.CONTOR_LONG === undefined ? 1 : 10;

describe('reading', () => {
  const slaves = simulatedSlaves({ seed: 'reading', meters: 3 });
  const bus = quietBus(slaves);

  it.each(slaves.map((slave) => [slave.primary, slave] as const))('primary address %i', (address, slave) => {
    const { result } = converse(readMeter(primary(address)), bus);
    expect(result.error).toBeUndefined();
    for (const { telegram } of result.telegrams)
      expect(telegram?.body).toMatchObject({ header: { meter: slave.meter } });
  });

  it('goes on while the meter has another telegram, with the frame count turned', () => {
    const { result } = converse(readMeter(primary(1)), bus);
    expect(result.telegrams).toHaveLength(2);
    const [first, second] = result.telegrams.map(({ telegram }) =>
      telegram?.body.kind === 'variable' ? telegram.body.data : undefined,
    );
    expect(first?.hasMore).toBe(true);
    expect(second).toMatchObject({ hasMore: false });
    expect(second?.records).toHaveLength(12);
  });

  it.each(slaves.map((slave) => [slave.meter.id, slave] as const))('secondary address %s', (_id, slave) => {
    const { result } = converse(readMeter(secondary(slave)), bus);
    expect(result.error).toBeUndefined();
    expect(result.telegrams[0]?.telegram?.body).toMatchObject({ header: { meter: slave.meter } });
  });

  it('tells two meters of one secondary address apart by their fabrication numbers', () => {
    const twins = [20_000_001, 20_000_002].map((number) =>
      meterWith('12345678', number % 100, WATER, { fabricationNumber: String(number) }),
    );
    const twin = quietBus(twins);
    const selection = selectionOf(at(twins, 0).meter);
    const one = converse(readMeter({ kind: 'secondary', selection, fabricationNumber: '20000002' }), twin).result;
    expect(one.telegrams[0]?.telegram?.frame).toMatchObject({ address: 2 });
    expect(converse(readMeter({ kind: 'secondary', selection }), twin).result.error?.code).toBe('mbus.damaged');
  });

  it('a meter that is not there is silence, after three tries in the time of the standard', () => {
    const { result, tookMs } = converse(readMeter(primary(99)), bus);
    expect(result).toMatchObject({ telegrams: [], error: { code: 'mbus.silence' } });
    expect(tookMs).toBeLessThan(6_000);
  });

  it('is not confused by its own echo, nor by pieces', () => {
    const { result } = converse(readMeter(primary(1)), bus, { echoes: true, pieces: [1, 7, 3] });
    expect(result).toMatchObject({ error: undefined, telegrams: [{}, {}] });
  });

  it('without an alarm a meter acknowledges', () =>
    expect(converse(readAlarms(primary(1)), bus).result).toEqual({ telegrams: [], error: undefined }));

  it('does not follow a meter whose telegrams never end', () => {
    const endless = new Slave({
      ...HEAT,
      meter: at(slaves, 0).meter,
      primary: 9,
      answerDelayBits: 20,
      readout: () => [Uint8Array.of(0x1f)],
    });
    expect(converse(readMeter(primary(9)), quietBus([endless])).result).toMatchObject({
      error: { code: 'mbus.endless' },
    });
  });

  it('a late answer of another meter is passed over', () => {
    const request = {
      bytes: Uint8Array.of(0x10),
      awaits: 'data',
      tries: 1,
      accepts: ({ address }: { address: number }) => address === 1,
    } as const;
    const late = converse(readMeter(primary(2)), bus).result.telegrams[0]?.bytes ?? new Uint8Array(0);
    const started = stepExchange(openExchange(request, { baud: 2_400, latencyMs: 0 }), { kind: 'start' }, 0);
    const step = stepExchange(started.exchange, { kind: 'bytes', bytes: late }, 10);
    expect(step.effects).toMatchObject([{ kind: 'wakeAt' }]);
    expect(step.exchange.isOver).toBe(false);
  });
});

describe('searching', () => {
  it('primary addresses: who is there, who shares one', () => {
    const bus = quietBus([meterWith('11111111', 3), meterWith('22222222', 7, HEAT), meterWith('33333333', 7)]);
    const { result, progress } = converse(searchPrimary({ to: 10 }), bus);
    expect(result).toMatchObject({ found: [{ primary: 3, meter: { id: '11111111' } }], collisions: ['7'], asked: 11 });
    expect(progress.at(-1)).toEqual({ asking: '10', asked: 10, found: 1 });
  });

  it.each([
    ['one', ['12345678']],
    ['numbers that differ in the last digit', ['12345670', '12345671', '12345679']],
    ['numbers that differ in the first', ['02345678', '92345678']],
    ['hexadecimal digits of a maker', ['1234a678', '1234b678', '12340678', 'e2345678']],
    ['nobody', []],
  ])('secondary addresses: %s', (_name, ids) => {
    const bus = quietBus(ids.map((id, index) => meterWith(id, index + 1)));
    const { result } = converse(searchSecondary(), bus);
    expect(idsOf(result.found)).toEqual([...ids].sort());
    expect(result.collisions).toEqual([]);
  });

  it('the same number of two makers and kinds', () => {
    const bus = quietBus([meterWith('12345678', 1, WATER), meterWith('12345678', 2, HEAT)]);
    const { result } = converse(searchSecondary(), bus);
    expect(result.found.map(({ meter }) => meter?.deviceType).sort()).toEqual([4, 7]);
  });

  it('two meters that nothing tells apart are a collision', () => {
    const bus = quietBus([meterWith('12345678', 1), meterWith('12345678', 2)]);
    const { result } = converse(searchSecondary(), bus);
    expect(result).toMatchObject({ found: [], collisions: ['12345678.HYD.133.7'] });
  });

  it('within what is known already', () => {
    const bus = quietBus([meterWith('12345678', 1), meterWith('22345678', 2)]);
    const { result } = converse(searchSecondary({}, { ...ANY, id: '2fffffff' }), bus);
    expect(idsOf(result.found)).toEqual(['22345678']);
  });

  it('finds every meter, whatever the numbers', () => {
    const id = fc.stringMatching(/^[0-9a-e]{8}$/);
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 12 }), fc.integer(), (ids, seed) => {
        const random = seededRandom(seed);
        const slaves = ids.map((one, index) =>
          meterWith(one, index + 1, WATER, { answerDelayBits: 11 + random.integer(300) }),
        );
        expect(idsOf(converse(searchSecondary(), quietBus(slaves)).result.found)).toEqual([...ids].sort());
      }),
      { numRuns: 6 * runs },
    );
  });
});

describe('telling', () => {
  it('another primary address, and it answers there', () => {
    const slave = meterWith('12345678', 0);
    const bus = quietBus([slave]);
    expect(converse(setAddress(primary(0), 200), bus).result).toBeUndefined();
    expect(slave.primary).toBe(200);
    expect(converse(readMeter(primary(200)), bus).result.error).toBeUndefined();
    expect(converse(setAddress(secondary(slave), 17), bus).result).toBeUndefined();
    expect(slave.primary).toBe(17);
  });

  it.each([-1, 251, 1.5])('the address %s is none', (address) =>
    expect(converse(setAddress(primary(0), address), quietBus([])).result?.code).toBe('mbus.address'),
  );

  it.each(['F', 'I'] as const)('the time, type %s', (type) => {
    const slave = meterWith('12345678', 5);
    expect(
      converse(setClock(primary(5), meterTime(Date.UTC(2026, 5, 1, 12, 30)), type), quietBus([slave])).result,
    ).toBeUndefined();
    expect(slave.clockSetMs).toBeDefined();
  });

  it('a reset of the application', () =>
    expect(converse(resetApplication(primary(5), 0x10), quietBus([meterWith('12345678', 5)])).result).toBeUndefined());

  it('another rate, and back when nobody answers there', () => {
    const slave = meterWith('12345678', 5);
    const bus = quietBus([slave]);
    expect(converse(setBaud(primary(5), 9_600, 2_400), bus).result).toBeUndefined();
    expect([slave.baud, bus.baud]).toEqual([9_600, 9_600]);
    const deaf = meterWith('12345679', 6, WATER, { isDead: true });
    const other = quietBus([deaf]);
    expect(converse(setBaud(primary(6), 9_600, 2_400), other).result?.code).toBe('mbus.silence');
    expect(other.baud).toBe(2_400);
  });
});

describe('a line that damages and loses', () => {
  it('what is read is right, or there is an error with a name; nothing is read twice', () => {
    let [read, failed] = [0, 0];
    for (let seed = 0; seed < 60 * runs; seed += 1) {
      const slaves = simulatedSlaves({ seed: 'lossy', meters: 3 });
      const bus = new SimulatedBus(slaves, seededRandom(seed), { damage: 0.08, loss: 0.08 });
      const slave = at(slaves, seed % 3);
      const { result } = converse(readMeter(seed % 2 === 0 ? primary(slave.primary) : secondary(slave)), bus);
      for (const { telegram } of result.telegrams)
        expect(telegram?.body).toMatchObject({ header: { meter: slave.meter } });
      expect(new Set(result.telegrams.map(({ bytes }) => toHex(bytes))).size).toBe(result.telegrams.length);
      if (result.error === undefined) read += 1;
      else failed += 1;
      if (result.error !== undefined) expect(['mbus.silence', 'mbus.damaged']).toContain(result.error.code);
      else expect(result.telegrams).toHaveLength(slave.meter.deviceType === 4 ? 2 : 1);
    }
    expect(read).toBeGreaterThan(15 * failed);
  });
});

describe('a bus of 250 meters', () => {
  it('is read in the time its rate allows and 5 %', () => {
    const slaves = simulatedSlaves({ seed: 'long', meters: 250, slowMeter: 17 });
    const bus = quietBus(slaves);
    let [tookMs, leastMs] = [0, 0];
    for (const slave of slaves) {
      const outcome = converse(readMeter(primary(slave.primary)), bus, { timing: { baud: 2_400, latencyMs: 20 } });
      expect(outcome.result.error).toBeUndefined();
      tookMs += outcome.tookMs;
      // Characters both ways, the pause before each request, and what each answer waits for.
      const pausesMs = outcome.requests * (33 + slave.answerDelayBits) * (1_000 / 2_400);
      leastMs += charactersMs(outcome.bytesOut + outcome.bytesIn, 2_400) + pausesMs;
    }
    expect(tookMs).toBeLessThan(1.05 * leastMs);
  });
});
