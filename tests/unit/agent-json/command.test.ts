/** Commands as iotagent-json words them, and the breaker of the simulated E350 (S3-11). */

import { decodeAttrs } from '@contor/agent-json/codec/attrs.js';
import { decodeAnswer, decodeCommand, encodeCommand } from '@contor/agent-json/codec/command.js';
import { INTERVAL_MS, SimulatedMeter } from '@contor/agent-json/simulator';
import { isClosedAt, offSpans } from '@contor/agent-json/simulator/breaker.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const NOW_MS = Date.UTC(2026, 10, 20, 8, 0, 3);
const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const command = (name: string, orderId = 'o-1', parameters: Readonly<Record<string, unknown>> = {}) => ({
  ...{ command: name, orderId, notAfterMs: NOW_MS + 60_000, parameters },
});

describe('a command on the wire', () => {
  it('is an object with the name of the command, and is read back as it was', () => {
    const bytes = encodeCommand(command('limit', 'o-1', { watts: 500 }));
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual({
      limit: { watts: 500, order: 'o-1', notAfter: '2026-11-20T08:01:03.000Z' },
    });
    expect(decodeCommand(bytes)).toEqual({ kind: 'value', value: command('limit', 'o-1', { watts: 500 }) });
  });

  it.each([
    ['nothing', '', 'json.syntax'],
    ['a list', '[]', 'command.members'],
    ['two commands', '{"read":{},"limit":{}}', 'command.members'],
    ['a name that is none', '{"../x":{}}', 'command.members'],
    ['a bare word', '{"disconnect":"now"}', 'command.shape'],
    ['no order', '{"disconnect":{"notAfter":"2026-11-20T08:00:00Z"}}', 'command.order'],
    ['no end', '{"disconnect":{"order":"o"}}', 'command.time'],
  ])('%s is no command', (_, body, code) => {
    const decoded = decodeCommand(new TextEncoder().encode(body));
    expect(decoded).toMatchObject({ kind: 'garbage', error: { code } });
  });

  it.each([
    ['a plain text', { disconnect: 'OK' }, { state: 'OK', text: 'OK', orderId: undefined }],
    [
      'a result',
      { disconnect: { order: 'o', result: 'disconnected' } },
      { state: 'OK', text: 'disconnected', orderId: 'o' },
    ],
    ['an error', { disconnect: { order: 'o', error: 'stuck' } }, { state: 'ERROR', text: 'stuck' }],
    ['values', { read: { order: 'o', result: { energyImport: 1 } } }, { state: 'OK', values: { energyImport: 1 } }],
  ])('%s is an answer', (_, body, value) => {
    expect(decodeAnswer(text(body))).toMatchObject({ kind: 'value', value });
  });

  it('answers any bytes without throwing', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodeCommand(bytes);
        decodeAnswer(bytes);
      }),
    ));
});

describe('the breaker of an E350', () => {
  const valuesOf = (meter: SimulatedMeter, atMs: number) => {
    const decoded = decodeAttrs(meter.liveMessage(atMs));
    if (decoded.kind !== 'value' || decoded.value[0]?.kind !== 'measure') throw new Error('not a measure');
    return decoded.value[0].measure.values;
  };
  const tell = (meter: SimulatedMeter, name: string, orderId: string, atMs: number, parameters = {}) => {
    const { memory, answer } = meter.tell({ ...command(name, orderId, parameters), notAfterMs: atMs + 60_000 }, atMs);
    meter.breaker = memory;
    return answer;
  };

  it('opens and closes, shows it, and nothing flows meanwhile', () => {
    const meter = new SimulatedMeter({ seed: 'test', number: 3 });
    const other = new SimulatedMeter({ seed: 'test', number: 3 });
    expect(valuesOf(meter, NOW_MS).get('breaker')).toBe('connected');
    expect(tell(meter, 'disconnect', 'o-1', NOW_MS)).toMatchObject({ state: 'OK', text: 'disconnected' });
    const hourLater = NOW_MS + 3_600_000;
    const open = valuesOf(meter, hourLater);
    expect([open.get('breaker'), open.get('powerL1'), open.get('powerL2')]).toEqual(['disconnected', 0, 0]);
    expect(open.get('energyImport')).toBe(meter.shownAt(NOW_MS).importWh / 1_000);
    tell(meter, 'reconnect', 'o-2', hourLater);
    const later = hourLater + 3_600_000;
    const missed = other.shownAt(hourLater).importWh - other.shownAt(NOW_MS).importWh;
    expect(other.shownAt(later).importWh - meter.shownAt(later).importWh).toBe(missed);
    expect(missed).toBeGreaterThan(0);
    expect(valuesOf(meter, later).get('breaker')).toBe('connected');
    // What was measured before stays what it was.
    expect(meter.shownAt(NOW_MS - INTERVAL_MS)).toEqual(other.shownAt(NOW_MS - INTERVAL_MS));
  });

  it('does an order once, and none that comes too late (T22)', () => {
    const meter = new SimulatedMeter({ seed: 'test', number: 1 });
    tell(meter, 'disconnect', 'o-1', NOW_MS);
    expect(tell(meter, 'disconnect', 'o-1', NOW_MS + 10)).toMatchObject({ state: 'ERROR', text: 'order.repeated' });
    expect(meter.tell(command('reconnect', 'o-2'), NOW_MS + 60_001).answer).toMatchObject({ text: 'order.expired' });
    expect(meter.breaker.switchings).toHaveLength(1);
  });

  it('jams by seed, and moves nothing then', () => {
    const meter = new SimulatedMeter({ seed: 'test', number: 1, breakerFault: 1 });
    expect(tell(meter, 'disconnect', 'o-1', NOW_MS)).toMatchObject({ state: 'ERROR', text: 'breaker.stuck' });
    expect(isClosedAt(meter.breaker, NOW_MS)).toBe(true);
  });

  it('keeps a limit, tells its registers, and refuses what it does not know', () => {
    const meter = new SimulatedMeter({ seed: 'test', number: 1 });
    expect(tell(meter, 'limit', 'o-1', NOW_MS, { watts: 500 })).toMatchObject({ state: 'OK' });
    expect(valuesOf(meter, NOW_MS).get('powerLimit')).toBe(500);
    expect(tell(meter, 'limit', 'o-2', NOW_MS, { watts: -1 })).toMatchObject({ state: 'ERROR' });
    expect(tell(meter, 'read', 'o-3', NOW_MS).values).toMatchObject({
      breaker: 'connected',
      voltageL1: expect.any(Number),
    });
    expect(tell(meter, 'explode', 'o-4', NOW_MS)).toMatchObject({ state: 'ERROR', text: 'command.unknown' });
  });

  it('knows when it was open, whatever it was told', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 1_000 })), { maxLength: 20 }), (told) => {
        let atMs = NOW_MS;
        const switchings = told.map(([isClosed, gap]) => {
          atMs += gap;
          return { atMs, isClosed };
        });
        const memory = { switchings, limitW: undefined, orders: [] };
        const spans = offSpans(memory, atMs + 1_000);
        for (const { fromMs, toMs } of spans) expect(toMs).toBeGreaterThan(fromMs);
        for (let at = NOW_MS; at < atMs + 1_000; at += 37)
          expect(spans.some(({ fromMs, toMs }) => fromMs <= at && at < toMs)).toBe(!isClosedAt(memory, at));
      }),
      { numRuns: 50 },
    ));
});
