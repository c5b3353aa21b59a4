import { type Block, decodeBlock, encodeBlock } from '@contor/elster/codec/iec62056/block.js';
import { COMMANDS, commandBlock, errorIn, setsIn } from '@contor/elster/codec/iec62056/command.js';
import { type DataSet, formatDataSet, parseDataSets } from '@contor/elster/codec/iec62056/data-set.js';
import { decodeTelegram, encodeTelegram, readoutBlock } from '@contor/elster/codec/iec62056/telegram.js';
import { toBytes } from '@contor/elster/codec/iec62056/text.js';
import { fromHex, toHex, WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const cell = fc.stringMatching(/^[0-9A-Za-z.:&, -]{0,20}$/);
const set: fc.Arbitrary<DataSet> = fc.record({
  address: fc.stringMatching(/^[0-9A-Z]-[0-9]:[0-9A-Z]{1,3}\.[0-9]\.[0-9](\*[0-9]{2})?$/),
  values: fc.array(
    fc.oneof(fc.record({ value: cell }), fc.record({ value: cell, unit: fc.constantFrom('kWh', 'kW', 'm3', '') })),
    { minLength: 1, maxLength: 6 },
  ),
});

describe('data sets (IEC 62056-21, 6.5)', () => {
  it.each<[string, DataSet[]]>([
    ['1.8.0(001.5*kWh)', [{ address: '1.8.0', values: [{ value: '001.5', unit: 'kWh' }] }]],
    ['1-1:30D(5)\r\n', [{ address: '1-1:30D', values: [{ value: '5' }] }]],
    ['(101415)', [{ address: '', values: [{ value: '101415' }] }]],
    [
      '0.0(1)6.8(2*GJ)!',
      [
        { address: '0.0', values: [{ value: '1' }] },
        { address: '6.8', values: [{ value: '2', unit: 'GJ' }] },
      ],
    ],
    ['9.4(088*C&082*C)', [{ address: '9.4', values: [{ value: '088*C&082', unit: 'C' }] }]],
    [
      '0-1:24.3.0(1)(m3)\r\n(00001.001)\r\n',
      [{ address: '0-1:24.3.0', values: [{ value: '1' }, { value: 'm3' }, { value: '00001.001' }] }],
    ],
    ['0.2.2(hi! you)', [{ address: '0.2.2', values: [{ value: 'hi! you' }] }]],
    ['', []],
  ])('reads %j', (text, sets) => expect(parseDataSets(text)).toMatchObject({ sets }));

  it.each([
    ['1.8.0', 'wire.short'],
    ['1.8.0(12', 'wire.short'],
    ['1.8.0\r\n', 'iec62056.data-set'],
    ['1.8.0)12(', 'iec62056.data-set'],
    ['x'.repeat(70), 'iec62056.address-too-long'],
    [`${'x'.repeat(70)}(1)`, 'iec62056.address-too-long'],
    [`1.8.0(${'1'.repeat(2 ** 20)}`, 'iec62056.value-too-long'],
    [`1.8.0(${'1'.repeat(5000)})`, 'iec62056.value-too-long'],
  ])('refuses %#', (text, code) => expect(parseDataSets(text)).toMatchObject({ code }));

  it('comes back for every set', () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 8 }), (sets) => {
        expect(parseDataSets(sets.map((one) => `${formatDataSet(one)}\r\n`).join(''))).toMatchObject({ sets });
      }),
    );
  });

  it.each<DataSet>([
    { address: '1(2', values: [] },
    { address: '1', values: [{ value: 'a)b' }] },
    { address: '1', values: [{ value: 'a*b' }] },
    { address: '1', values: [{ value: 'a', unit: 'b*c' }] },
  ])('refuses to write %j', (wrong) => expect(() => formatDataSet(wrong)).toThrow(WireError));
});

describe('blocks (Annex A)', () => {
  const block: fc.Arbitrary<Block> = fc.oneof(
    fc.record({ data: cell, isLast: fc.boolean() }),
    fc.record({ command: fc.constantFrom('P1', 'R5', 'W5', 'R6', 'E2'), data: cell, isLast: fc.boolean() }),
  );

  it('comes back, waits at every cut, and refuses every flipped bit of data', () => {
    fc.assert(
      fc.property(block, fc.nat(), fc.nat({ max: 7 }), (sent, place, bit) => {
        const bytes = encodeBlock(sent);
        expect(decodeBlock(bytes)).toEqual({ kind: 'value', value: sent, used: bytes.length });
        for (let length = 0; length < bytes.length; length += 1)
          expect(decodeBlock(bytes.subarray(0, length)).kind).toBe('pending');
        const turned = bytes.slice();
        const at = place % bytes.length;
        turned[at] = (turned[at] ?? 0) ^ (1 << bit);
        const answer = decodeBlock(turned);
        expect(answer.kind === 'value' && toHex(turned) !== toHex(bytes) ? answer.value : undefined).not.toEqual(sent);
        if (answer.kind === 'garbage') expect(answer.used).toBeGreaterThan(0);
      }),
    );
  });

  it('breaks without data: SOH B 0 ETX q', () => {
    expect(toHex(encodeBlock(commandBlock('B0')))).toBe('0142300371');
    expect(toHex(encodeBlock(commandBlock('R5', { address: '0.9.2', values: [{ value: '' }] })))).toBe(
      '01523502302e392e322829035c',
    );
  });

  it('takes ETX for the check character when it is one', () => {
    // Two equal characters cancel out, and the check of ETX alone is ETX.
    const bytes = encodeBlock({ data: 'AA', isLast: true });
    expect(bytes.at(-1)).toBe(0x03);
    expect(decodeBlock(bytes)).toMatchObject({ kind: 'value', used: 5 });
  });

  it.each(['(ERROR)', '(ERR1)', '(ER07)'])('finds the error in %j', (data) => {
    expect(errorIn({ data, isLast: true })).toBe(data.slice(1, -1));
  });

  it('finds none in data', () => {
    expect(errorIn({ data: '1.8.0(ER)', isLast: true })).toBeUndefined();
    expect(setsIn({ data: '(0.5*kWh)', isLast: true })).toEqual([
      { address: '', values: [{ value: '0.5', unit: 'kWh' }] },
    ]);
  });

  it('lists no command twice', () => expect(new Set(COMMANDS.map((row) => row.command)).size).toBe(COMMANDS.length));
  it('refuses frame characters in data', () => {
    expect(() => encodeBlock({ data: '\x03', isLast: true })).toThrow(WireError);
    expect(() => encodeBlock({ data: '€', isLast: true })).toThrow(WireError);
  });

  it.each(['58', '0141', '01ff31020361', '0150310361'])('skips %s', (hex) => {
    const answer = decodeBlock(fromHex(hex));
    if (answer.kind === 'garbage') expect(answer.used).toBeGreaterThan(0);
    expect(answer.kind).not.toBe('value');
  });
});

describe('telegrams (6.4.4; DSMR P1 5.0.2, 6.2)', () => {
  const line = { line: '/ISk5\\2MT382-1000' };

  it('comes back with and without CRC, waits at every cut', () => {
    fc.assert(
      fc.property(fc.array(set, { maxLength: 5 }), fc.boolean(), (sets, hasCrc) => {
        const bytes = encodeTelegram({ identification: line, sets }, hasCrc);
        const answer = decodeTelegram(bytes);
        expect(answer).toMatchObject({ kind: 'value', value: { identification: line, sets }, used: bytes.length });
        expect(answer.kind === 'value' && answer.value.crc16?.ok).toBe(hasCrc ? true : undefined);
        for (let length = 0; length < bytes.length; length += 1)
          expect(decodeTelegram(bytes.subarray(0, length)).kind).toBe('pending');
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a wrong CRC', () => {
    const bytes = encodeTelegram(
      { identification: line, sets: [{ address: '1-0:1.8.0', values: [{ value: '1' }] }] },
      true,
    );
    bytes[bytes.indexOf(0x31, 25)] = 0x39;
    expect(decodeTelegram(bytes)).toMatchObject({ kind: 'garbage', error: { code: 'wire.checksum' } });
  });

  it('finds the telegram behind noise', () => {
    expect(decodeTelegram(toBytes('xyz/ELS5V\r\n'))).toMatchObject({ kind: 'garbage', used: 3 });
  });

  it('leaves one that was cut for the next that begins', () => {
    const whole = encodeTelegram({ identification: line, sets: [] }, true);
    const cut = toBytes('/ISk5\\2MT382-1000\r\n\r\n1-0:1.8.0(00');
    const answer = decodeTelegram(Uint8Array.of(...cut, 0x0d, 0x0a, ...whole));
    expect(answer).toMatchObject({ kind: 'garbage', used: cut.length + 2 });
    expect(decodeTelegram(whole)).toMatchObject({ kind: 'value' });
  });

  it('does not keep an endless one', () => {
    expect(decodeTelegram(toBytes(`/ELS5V\r\n${'x'.repeat(2 ** 20)}`))).toMatchObject({
      kind: 'garbage',
      error: { code: 'iec62056.telegram-too-long' },
    });
  });

  it('wraps a readout for modes A to C', () => {
    const sets = [{ address: '1.8.0', values: [{ value: '1', unit: 'kWh' }] }];
    expect(decodeBlock(encodeBlock(readoutBlock(sets)))).toMatchObject({ value: { data: '1.8.0(1*kWh)\r\n!\r\n' } });
  });
});
