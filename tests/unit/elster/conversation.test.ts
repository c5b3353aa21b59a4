/** Mode C as a table and a conversation: every cell, partial blocks, repeats, parity, and the limits. */

import { encodeBlock } from '@contor/elster/codec/iec62056/block.js';
import { addParity, stripParity } from '@contor/elster/codec/iec62056/parity.js';
import { passwordSchemeNamed } from '@contor/elster/codec/iec62056/password.js';
import { toBytes } from '@contor/elster/codec/iec62056/text.js';
import { instantOf, stampInstant } from '@contor/elster/mapping/local-time.js';
import { amountIn, bare, codeOf } from '@contor/elster/mapping/registers.js';
import { type Conversation, inProgramming, readOut, readRegister } from '@contor/elster/session/conversation.js';
import { type Answer, openExchange, stepExchange } from '@contor/elster/session/exchange.js';
import {
  nextProgramming,
  PROGRAMMING,
  type ProgrammingInput,
  type ProgrammingState,
} from '@contor/elster/session/table.js';
import { Station } from '@contor/elster/simulator/station.js';
import { simulatedMeters } from '@contor/elster/simulator/street.js';
import { parseComm, parseEndpoint, parsePlace } from '@contor/elster/transport/comm.js';
import { describe, expect, it } from '@jest/globals';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const ZONE = 'Europe/Bucharest';
const meters = () => simulatedMeters({ meters: 2, seed: 1, zone: ZONE, password: '12345678' });
const PLAIN = passwordSchemeNamed('plain');
const TIMING = { baud: 9600, latencyMs: 200 };
const OPEN = { address: '', fixedBaud: 9600, ...(PLAIN && { access: { scheme: PLAIN, password: '12345678' } }) };

/** A conversation with a station in memory, a byte at a time; `disturb` sees every answer on its way. */
function talk<Result>(
  conversation: Conversation<Result>,
  station: Station,
  disturb: (answer: Uint8Array, number: number) => { bytes: Uint8Array; isDamaged?: boolean } = (bytes) => ({ bytes }),
) {
  const said: string[] = [];
  const bauds: number[] = [];
  let answers = 0;
  let answer: Answer = { kind: 'silence' };
  const hear = (bytes: Uint8Array) => {
    said.push(Buffer.from(bytes).toString('latin1'));
    return station.hear(bytes, NOW_MS);
  };
  for (;;) {
    const { value, done } = conversation.next(answer);
    if (done === true) return { result: value, said, bauds };
    if (value.kind === 'setBaud') bauds.push(value.baud);
    if (value.kind === 'send') hear(value.bytes);
    if (value.kind !== 'exchange') continue;
    let state = openExchange(value, TIMING);
    let came: Answer | undefined;
    const queue: Parameters<typeof stepExchange>[1][] = [{ kind: 'start' }];
    for (let turn = 0; came === undefined && turn < 100_000; turn += 1) {
      const { exchange, effects } = stepExchange(state, queue.shift() ?? { kind: 'wake' }, NOW_MS);
      state = exchange;
      for (const effect of effects) {
        if (effect.kind === 'answer') came = effect.answer;
        if (effect.kind !== 'send') continue;
        for (const one of hear(effect.bytes)) {
          answers += 1;
          const { bytes, isDamaged = false } = disturb(one, answers);
          for (const byte of bytes) queue.push({ kind: 'bytes', bytes: Uint8Array.of(byte), isDamaged });
        }
      }
    }
    if (came === undefined) throw new Error('The exchange does not end.');
    answer = came;
  }
}

describe('programming mode', () => {
  const cells = Object.entries(PROGRAMMING).flatMap(([state, row]) =>
    Object.entries(row).map(([input, to]) => ({ state, input, to })),
  );

  it.each(cells)('$state, $input → $to', ({ state, input, to }) => {
    expect(nextProgramming(state as ProgrammingState, input as ProgrammingInput)).toBe(to);
    expect(Object.keys(PROGRAMMING)).toContain(to);
  });

  it('signs on, proves the password, reads and breaks off (IEC 62056-21, 6.4.3.2)', () => {
    const station = new Station(meters());
    const { result, said } = talk(
      inProgramming(OPEN, () => readRegister('1.8.0')),
      station,
    );
    expect(said).toEqual([
      '/?!\r\n',
      '\x06051\r\n',
      `\x01P1\x02(12345678)\x03${checkOf('P1\x02(12345678)\x03')}`,
      `\x01R5\x021.8.0()\x03${checkOf('R5\x021.8.0()\x03')}`,
      `\x01B0\x03${checkOf('B0\x03')}`,
    ]);
    expect(result.sets[0]?.values[0]).toMatchObject({ unit: 'kWh' });
    expect(station.state).toBe('dormant');
  });

  it('takes a profile in partial blocks as it takes it whole (Annex A.2)', () => {
    const range = '02611190000;02611200000';
    const partial = talk(
      inProgramming(OPEN, () => readRegister('P.01', range, 'R6')),
      new Station(meters()),
    );
    const whole = talk(
      inProgramming(OPEN, () => readRegister('P.01', range)),
      new Station(meters()),
    );
    expect(partial.said.filter((one) => one === '\x06').length).toBeGreaterThan(1);
    expect(partial.result.sets).toEqual(whole.result.sets);
    expect(whole.result.sets[0]?.values).toHaveLength(4 + 6 + 97 * 3);
  });

  it('breaks off also when the meter refuses', () => {
    const station = new Station(meters());
    expect(() =>
      talk(
        inProgramming(OPEN, () => readRegister('9.9.9')),
        station,
      ),
    ).toThrow(expect.objectContaining({ code: 'elster.error' }));
    expect(station.state).toBe('dormant');
  });

  it('says a wrong password once; three of them lock the meter', () => {
    const street = meters();
    const attempt = (password: string) => () =>
      talk(
        inProgramming({ ...OPEN, ...(PLAIN && { access: { scheme: PLAIN, password } }) }, () => readRegister('1.8.0')),
        new Station(street),
      );
    for (let turn = 0; turn < 3; turn += 1)
      expect(attempt('wrong')).toThrow(expect.objectContaining({ code: 'elster.password' }));
    expect(attempt('12345678')).toThrow(expect.objectContaining({ code: 'elster.password' }));
  });
});

describe('a readout', () => {
  const whole = talk(readOut({ address: '', fixedBaud: 9600 }), new Station(meters())).result;

  it.each(['60010002', '0060010002'])('by the address %s', (address) => {
    const { result } = talk(readOut({ address, fixedBaud: 9600 }), new Station(meters()));
    expect(result.sets).toContainEqual({ address: '0.0.0', values: [{ value: '60010002' }] });
  });

  it('follows the meter to its rate on a line that can', () => {
    const { bauds, result } = talk(readOut({ address: '' }), new Station(meters()));
    expect(bauds).toEqual([300, 9600]);
    expect(result.sets).toEqual(whole.sets);
  });

  it.each([
    [300, '\x06000\r\n'],
    [2400, '\x06030\r\n'],
    [19_200, '\x06050\r\n'],
  ])('on a line fixed at %i', (fixedBaud, select) => {
    expect(talk(readOut({ address: '', fixedBaud }), new Station(meters())).said).toContain(select);
  });

  it('asks for a damaged block again, and has the same', () => {
    const turned = talk(readOut({ address: '', fixedBaud: 9600 }), new Station(meters()), (bytes, number) => ({
      bytes: number === 2 ? bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) : bytes,
    }));
    expect(turned.said).toContain('\x15');
    expect(turned.result.sets).toEqual(whole.sets);
  });

  it('gives up on a block that is damaged every time', () => {
    expect(() =>
      talk(readOut({ address: '', fixedBaud: 9600 }), new Station(meters()), (bytes, number) =>
        number === 1 ? { bytes } : { bytes: bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)) },
      ),
    ).toThrow(expect.objectContaining({ code: 'elster.damaged' }));
  });

  it('believes no block with a byte of wrong parity, even when its check character agrees', () => {
    const { said } = talk(readOut({ address: '', fixedBaud: 9600 }), new Station(meters()), (bytes, number) => ({
      bytes,
      isDamaged: number === 2,
    }));
    expect(said.filter((one) => one === '\x15')).toHaveLength(1);
  });

  it('passes over its own echo', () => {
    const request = { awaits: 'block', bytes: encodeBlock({ command: 'R5', data: '1.8.0()', isLast: true }) } as const;
    const answer = encodeBlock({ data: '(1*kWh)', isLast: true });
    const { exchange } = stepExchange(openExchange(request, TIMING), { kind: 'start' }, 0);
    const both = new Uint8Array(Buffer.concat([request.bytes, answer]));
    const { effects } = stepExchange(exchange, { kind: 'bytes', bytes: both }, 10);
    expect(effects).toMatchObject([{ kind: 'answer', answer: { kind: 'block', bytes: answer } }]);
  });

  it('waits for a late answer after it has asked twice, so that the next question does not get it', () => {
    const bytes = encodeBlock({ command: 'R5', data: '0.9.2()', isLast: true });
    const answer = encodeBlock({ data: '(0261120)', isLast: true });
    let state = openExchange({ awaits: 'block', bytes, again: bytes }, TIMING);
    const seen = [{ kind: 'start' }, { kind: 'wake' }, hears(answer), hears(answer), { kind: 'wake' }].map(
      (input, turn) => {
        const { exchange, effects } = stepExchange(state, input as Parameters<typeof stepExchange>[1], turn * 2_000);
        state = exchange;
        return effects.map(({ kind }) => kind);
      },
    );
    expect(seen).toEqual([['send', 'wakeAt'], ['send', 'wakeAt'], ['wakeAt'], ['wakeAt'], ['answer']]);
  });

  it.each([
    ['an endless block', 1_100],
    ['a byte now and then', 1],
  ])('%s has an end', (_name, size) => {
    let state = openExchange({ awaits: 'block', bytes: new Uint8Array(0) }, TIMING);
    state = stepExchange(state, { kind: 'start' }, 0).exchange;
    state = stepExchange(state, { kind: 'bytes', bytes: Uint8Array.of(2) }, 0).exchange;
    for (let turn = 1; !state.isOver && turn < 1_100; turn += 1)
      state = stepExchange(state, { kind: 'bytes', bytes: new Uint8Array(size).fill(0x31) }, turn * 1_000).exchange;
    expect(state.isOver).toBe(true);
  });
});

describe('parity (5.2)', () => {
  it('a turned bit at any place of a message is seen', () => {
    const sent = addParity(toBytes('/ELS5\\@V9.30\r\n'), 'even');
    for (let at = 0; at < sent.length; at += 1)
      for (let bit = 0; bit < 8; bit += 1) {
        const turned = sent.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte));
        expect(stripParity(turned, 'even')).toMatchObject({ code: 'iec62056.parity', context: { offset: at } });
      }
  });
});

describe('words of the line', () => {
  it.each([
    ['9600,e,7,1', { baud: 9600, parity: 'even' }],
    ['300,E,7,1', { baud: 300, parity: 'even' }],
    ['4800,n,8,1', { baud: 4800, parity: 'none' }],
    ['9600,e,8,1', undefined],
    ['9601,e,7,1', undefined],
    ['', undefined],
  ])('%s', (text, comm) => expect(parseComm(text)).toEqual(comm));

  it.each([
    ['192.168.2.12,2332', { host: '192.168.2.12', port: 2332 }],
    ['meter.example:2332', { host: 'meter.example', port: 2332 }],
    ['192.168.2.12', undefined],
    ['x,70000', undefined],
  ])('%s', (text, place) => expect(parsePlace(text)).toEqual(place));

  it.each([
    ['9600,e,7,1/60010001', { comm: { baud: 9600, parity: 'even' }, address: '60010001' }],
    [undefined, { comm: { baud: 9600, parity: 'even' }, address: '' }],
    ['9600,e,7,1/a/b', undefined],
  ])('%s', (text, endpoint) => expect(parseEndpoint(text)).toEqual(endpoint));
});

describe('codes, amounts and times', () => {
  it.each([
    ['1-1:1.8.0*255', '1.8.0'],
    ['1.8.0', '1.8.0'],
    ['1-1:30D', undefined],
    ['1.8.0*01', undefined],
    ['7-0:3.0.0', undefined],
  ])('%s', (address, code) => expect(codeOf(address)).toBe(code));

  it.each([
    ['1.8.0', '012345.678', 'kWh', { integer: 12_345_678n, exponent: -3, unitCode: 'KWH' }],
    ['1.7.0', '01.500', 'kW', { integer: 1_500n, exponent: 0, unitCode: 'WTT' }],
    ['13.7.0', '0.98', undefined, { integer: 98n, exponent: -2, unitCode: 'C62' }],
    ['1.8.0', '12', undefined, undefined],
    ['1.8.0', '12', 'BTU', undefined],
    ['1.8.0', '--', 'kWh', undefined],
  ])('%s(%s*%s)', (code, value, unit, amount) =>
    expect(amountIn(code, { value, ...(unit !== undefined && { unit }) })).toEqual(amount),
  );

  it('zeros in front of a serial number do not count', () =>
    expect(['0012', '12', '0'].map(bare)).toEqual(['12', '12', '0']));

  // 2026-10-25: at 04:00 summer time Bucharest goes back to 03:00. 2026-03-29: at 03:00 it goes on to 04:00.
  it.each([
    ['2610250330', 1, '2026-10-25T00:30:00.000Z'],
    ['2610250330', 0, '2026-10-25T01:30:00.000Z'],
    ['2610250130', 2, '2026-10-25T01:30:00.000Z'],
    ['2611200800', undefined, '2026-11-20T06:00:00.000Z'],
  ])('%s, season %s', (stamp, season, instant) => {
    expect(new Date(stampInstant(stamp, season, ZONE) ?? 0).toISOString()).toBe(instant);
  });

  it('the hour that the clocks skip is no time', () =>
    expect(instantOf({ date: '2026-03-29', time: '03:30' }, ZONE)).toBeUndefined());
});

function checkOf(text: string): string {
  return String.fromCharCode([...text].reduce((check, character) => check ^ character.charCodeAt(0), 0));
}

function hears(bytes: Uint8Array) {
  return { kind: 'bytes', bytes };
}
