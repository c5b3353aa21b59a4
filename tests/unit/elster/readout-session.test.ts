import { encodeBlock } from '@contor/elster/codec/iec62056/block.js';
import type { DataSet } from '@contor/elster/codec/iec62056/data-set.js';
import { toBytes } from '@contor/elster/codec/iec62056/text.js';
import { createMeter, stepMeter } from '@contor/elster/session/meter.js';
import { createReader, stepReader } from '@contor/elster/session/reader.js';
import { next, READOUT, type ReadoutInput, type ReadoutState } from '@contor/elster/session/table.js';
import { describe, expect, it } from '@jest/globals';
import { converse, type Noise } from './readout-line.js';

const QUIET: Noise = { seed: 1, lost: 0, doubled: 0, turned: 0 };
const READER = { address: '', latencyMs: 200, maxBaud: 9600 };
const SETS: readonly DataSet[] = Array.from({ length: 20 }, (_, index) => ({
  address: `1-1:${index + 1}.8.0`,
  values: [{ value: `00${index}.5`, unit: 'kWh' }],
}));
const METER = { address: '00123456', line: '/ELS5\\@V9.30', sets: SETS };
const INPUTS: readonly ReadoutInput[] = ['request', 'identification', 'acknowledge', 'partialBlock', 'block', 'nak'];

describe('the table of a readout (IEC 62056-21, 6.4)', () => {
  const cells = Object.entries(READOUT).flatMap(([state, row]) =>
    Object.entries(row).map(([input, to]) => ({ state, input, to })),
  );

  it.each(cells)('$state, $input → $to', ({ state, input, to }) => {
    expect(next(state as ReadoutState, input as ReadoutInput)).toBe(to);
    expect(Object.keys(READOUT)).toContain(to);
  });

  it('refuses every other input', () => {
    const named = new Set(cells.map(({ state, input }) => `${state} ${input}`));
    for (const state of Object.keys(READOUT) as ReadoutState[])
      for (const input of INPUTS) if (!named.has(`${state} ${input}`)) expect(next(state, input)).toBeUndefined();
  });
});

describe('reader against meter', () => {
  it.each([
    ['mode C', '/ELS5\\@V9.30', [300, 9600]],
    ['mode C at a rate the head does not carry', '/ELS6V9', [300, 300]],
    ['mode E, readout only', '/LGZ4\\2ZMD3104100', [300, 4800]],
    ['mode B', '/ABCCx', [300, 2400]],
    ['mode A', '/KAM MC', [300]],
  ])('%s', (_name, line, bauds) => {
    const outcome = converse(READER, { ...METER, line }, QUIET);
    expect(outcome).toMatchObject({ failures: [], bauds });
    expect(outcome.readouts.map(({ sets }) => sets)).toEqual([SETS]);
  });

  it.each(['123456', '00123456', ''])('is answered at the address %j', (address) => {
    expect(converse({ ...READER, address }, METER, QUIET).readouts).toHaveLength(1);
  });

  it('gives up on silence, in the time the standard leaves', () => {
    const outcome = converse({ ...READER, address: '999' }, METER, QUIET);
    expect(outcome).toMatchObject({ readouts: [], failures: ['elster.silence'] });
    expect(outcome.tookMs).toBeLessThan(2500);
  });

  it('is not confused by its own echo', () => {
    expect(converse(READER, METER, { ...QUIET, echoes: true })).toMatchObject({ failures: [] });
    expect(converse(READER, METER, { ...QUIET, echoes: true }).readouts.map(({ sets }) => sets)).toEqual([SETS]);
  });

  it('delivers once or fails by name, over a line that loses, doubles and turns by seed', () => {
    let [delivered, wrong] = [0, 0];
    for (let seed = 1; seed <= 150; seed += 1) {
      const noise = { seed, lost: 0.001, doubled: 0.001, turned: 0.001 };
      const { readouts, failures, steps } = converse(READER, METER, noise);
      expect(readouts.length + failures.length).toBe(1);
      expect(steps).toBeLessThan(1000);
      delivered += readouts.length;
      wrong += readouts.filter(({ sets }) => JSON.stringify(sets) !== JSON.stringify(SETS)).length;
    }
    // Most damage is repaired by a repeat; one character of check lets two equal faults through (a digit lost
    // here, the same digit doubled there), which no reader can see.
    expect(delivered).toBeGreaterThan(100);
    expect(wrong / delivered).toBeLessThan(0.06);
  });
});

describe('the reader', () => {
  const reading = () => {
    const started = stepReader(createReader(READER), { kind: 'start' }, 0).session;
    return stepReader(started, { kind: 'bytes', bytes: toBytes('/ELS5V\r\n') }, 300).session;
  };

  it('asks, chooses, changes the rate and waits', () => {
    const started = stepReader(createReader(READER), { kind: 'start' }, 0);
    expect(started.effects).toMatchObject([
      { kind: 'setBaud', baud: 300 },
      { kind: 'send' },
      { kind: 'wakeAt', atMs: 1867 },
    ]);
    const identified = stepReader(started.session, { kind: 'bytes', bytes: toBytes('/ELS5V\r\n') }, 300);
    expect(identified.effects).toMatchObject([
      { kind: 'send', bytes: toBytes('\x06050\r\n') },
      { kind: 'setBaud', baud: 9600 },
      { kind: 'wakeAt' },
    ]);
    expect(identified.session.state).toBe('reading');
  });

  it('asks three times for a repeat, not for ever', () => {
    let session = reading();
    const damaged = toBytes('\x02x\x03\x00');
    for (let time = 0; time < 3; time += 1) {
      const step = stepReader(session, { kind: 'bytes', bytes: damaged }, 1000 + time);
      expect(step.effects[0]).toMatchObject({ kind: 'send', bytes: Uint8Array.of(0x15) });
      session = step.session;
    }
    const last = stepReader(session, { kind: 'bytes', bytes: damaged }, 2000);
    expect(last.effects).toMatchObject([{ kind: 'fail', error: { code: 'elster.damaged' } }]);
    expect(stepReader(last.session, { kind: 'bytes', bytes: damaged }, 3000).effects).toEqual([]);
  });

  it('acknowledges partial blocks and joins them', () => {
    const first = stepReader(
      reading(),
      { kind: 'bytes', bytes: encodeBlock({ data: '1.8.0(1)\r\n', isLast: false }) },
      1000,
    );
    expect(first.effects[0]).toMatchObject({ kind: 'send', bytes: Uint8Array.of(0x06) });
    const second = stepReader(
      first.session,
      { kind: 'bytes', bytes: encodeBlock({ data: '2.8.0(2)\r\n!\r\n', isLast: true }) },
      1100,
    );
    expect(second.effects).toMatchObject([
      { kind: 'deliver', readout: { sets: [{ address: '1.8.0' }, { address: '2.8.0' }] } },
    ]);
  });

  it('does not wait for a meter that trickles', () => {
    let session = reading();
    let failure: string | undefined;
    for (let nowMs = 1000; failure === undefined && nowMs < 3_600_000; nowMs += 1400) {
      const step = stepReader(session, { kind: 'bytes', bytes: toBytes(nowMs === 1000 ? '\x02' : 'x') }, nowMs);
      session = step.session;
      for (const effect of step.effects) if (effect.kind === 'fail') failure = effect.error.code;
    }
    expect(failure).toBe('elster.endless');
  });
});

describe('the meter', () => {
  it('sends its data at the opening rate when nobody chooses', () => {
    const asked = stepMeter(createMeter(METER), { kind: 'bytes', bytes: toBytes('/?!\r\n') }, 0);
    expect(asked.effects).toMatchObject([{ kind: 'send' }, { kind: 'wakeAt' }]);
    expect(stepMeter(asked.session, { kind: 'wake' }, 3000)).toMatchObject({
      session: { state: 'finished', baud: 300 },
      effects: [{ kind: 'send' }],
    });
  });

  it('refuses an option it does not know, and stays', () => {
    const asked = stepMeter(createMeter(METER), { kind: 'bytes', bytes: toBytes('/?!\r\n') }, 0).session;
    const answer = stepMeter(asked, { kind: 'bytes', bytes: toBytes('\x06051\r\n') }, 100);
    expect(answer.effects).toMatchObject([{ kind: 'fail', error: { code: 'elster.option' } }]);
    expect(answer.session.state).toBe('choosing');
  });
});
