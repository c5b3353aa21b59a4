/** Valve and pump of a substation (S3-03): told, and read back. */

import { seededRandom } from '@contor/kit';
import { operate, type SubstationWish } from '@contor/mbus/session/operate.js';
import type { Target } from '@contor/mbus/session/select.js';
import { SimulatedBus } from '@contor/mbus/simulator/bus/bus.js';
import { simulatedSlaves } from '@contor/mbus/simulator/bus/street.js';
import { simulatedSubstation } from '@contor/mbus/simulator/bus/substation.js';
import { describe, expect, it } from '@jest/globals';
import { converse } from './bus-line.js';

const TARGET: Target = { kind: 'primary', address: 4 };
const substation = (isJammed = false) => simulatedSubstation({ seed: 'house', id: '12345678', primary: 4, isJammed });
const on = (slave: ReturnType<typeof substation>, wish: SubstationWish) =>
  converse(operate(TARGET, wish), new SimulatedBus([slave], seededRandom('quiet'))).result;

describe('operating a substation', () => {
  it.each([
    [
      { valvePercent: 0, isPumpOn: false },
      { valvePercent: 0, isPumpOn: false },
    ],
    [
      { valvePercent: 100, isPumpOn: true },
      { valvePercent: 100, isPumpOn: true },
    ],
    [{ valvePercent: 37 }, { valvePercent: 37, isPumpOn: true }],
    [{ isPumpOn: false }, { valvePercent: 65, isPumpOn: false }],
  ])('%j', (wish, shown) => expect(on(substation(), wish)).toMatchObject({ error: undefined, shown }));

  it('a jammed valve is no success, though the controller acknowledged', () =>
    expect(on(substation(true), { valvePercent: 0, isPumpOn: false })).toMatchObject({
      error: { code: 'mbus.not-done' },
      shown: { valvePercent: 65, isPumpOn: false },
    }));

  it.each([-1, 101, Number.NaN])('%s percent are none', (valvePercent) =>
    expect(on(substation(), { valvePercent })).toMatchObject({ error: { code: 'mbus.valve' }, shown: undefined }),
  );

  it('nobody there is silence', () => {
    const bus = new SimulatedBus([], seededRandom('quiet'));
    expect(converse(operate(TARGET, { isPumpOn: true }), bus).result.error?.code).toBe('mbus.silence');
  });

  it('over a line that damages and loses: done as shown, or an error with a name', () => {
    let done = 0;
    for (let seed = 0; seed < 40; seed += 1) {
      const bus = new SimulatedBus([substation()], seededRandom(seed), { damage: 0.1, loss: 0.1 });
      const { shown, error } = converse(operate(TARGET, { valvePercent: 0, isPumpOn: false }), bus).result;
      if (error === undefined) {
        done += 1;
        expect(shown).toEqual({ valvePercent: 0, isPumpOn: false });
      } else expect(['mbus.silence', 'mbus.damaged']).toContain(error.code);
    }
    expect(done).toBeGreaterThan(30);
  });

  it('stands behind the meters of a simulated bus', () => {
    const slaves = simulatedSlaves({ seed: 'house', meters: 3, hasSubstation: true });
    expect(slaves.map(({ meter, primary }) => [meter.deviceType, primary])).toEqual([
      [4, 1],
      [7, 2],
      [3, 3],
      [14, 4],
    ]);
  });
});
