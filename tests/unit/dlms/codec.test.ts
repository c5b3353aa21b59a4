/** Laws of the DLMS codec: there and back, waiting for the rest, any bytes answered, bounds kept. */

import { decodeAcse, encodeAcse } from '@contor/dlms/codec/acse/apdu.js';
import type { Data, TypeDescription } from '@contor/dlms/codec/axdr/data.js';
import { decodeDateTime, encodeDateTime, toInstantMs } from '@contor/dlms/codec/axdr/date-time.js';
import { decodeData } from '@contor/dlms/codec/axdr/read-data.js';
import { encodeData } from '@contor/dlms/codec/axdr/write-data.js';
import { parseLogicalName } from '@contor/dlms/codec/cosem/logical-name.js';
import { readPush } from '@contor/dlms/codec/cosem/push.js';
import { decodeFrame, encodeFrame, type HdlcFrame } from '@contor/dlms/codec/hdlc/frame.js';
import { decodeParameters, encodeParameters } from '@contor/dlms/codec/hdlc/parameters.js';
import { joinSegment, NO_SEGMENTS, splitInformation } from '@contor/dlms/codec/hdlc/segments.js';
import { decodeWrapper, encodeWrapper } from '@contor/dlms/codec/wrapper.js';
import { decodeApdu, decodeWholeApdu, encodeApdu } from '@contor/dlms/codec/xdlms/apdu.js';
import { joinBlock, NO_BLOCKS, splitBlocks } from '@contor/dlms/codec/xdlms/blocks.js';
import { fromSelector, toSelector } from '@contor/dlms/codec/xdlms/selective-access.js';
import { DECODERS } from '@contor/dlms/decode.js';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SAMPLES, sample } from './samples.js';

const bytes = (most: number) => fc.uint8Array({ maxLength: most });
const fixedBytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });

/** Every type of IEC 62056-5-3, Data, by what it may hold. */
const { data } = fc.letrec<{ data: Data }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Data>({ type: 'null-data', value: null }, { type: 'dont-care', value: null }),
    fc.record({ type: fc.constant('boolean' as const), value: fc.boolean() }),
    fc.record({
      type: fc.constantFrom('integer' as const, 'bcd' as const, 'delta-integer' as const),
      value: fc.integer({ min: -128, max: 127 }),
    }),
    fc.record({
      type: fc.constantFrom('long' as const, 'delta-long' as const),
      value: fc.integer({ min: -32768, max: 32767 }),
    }),
    fc.record({ type: fc.constantFrom('double-long' as const, 'delta-double-long' as const), value: fc.integer() }),
    fc.record({
      type: fc.constantFrom('unsigned' as const, 'enum' as const, 'delta-unsigned' as const),
      value: fc.nat(255),
    }),
    fc.record({
      type: fc.constantFrom('long-unsigned' as const, 'delta-long-unsigned' as const),
      value: fc.nat(65535),
    }),
    fc.record({
      type: fc.constantFrom('double-long-unsigned' as const, 'delta-double-long-unsigned' as const),
      value: fc.nat(0xffff_ffff),
    }),
    fc.record({ type: fc.constant('long64' as const), value: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) }),
    fc.record({ type: fc.constant('long64-unsigned' as const), value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }) }),
    fc.record({ type: fc.constant('float32' as const), value: fc.float() }),
    fc.record({ type: fc.constant('float64' as const), value: fc.double() }),
    fc.record({ type: fc.constant('octet-string' as const), value: bytes(300) }),
    fc.record({ type: fc.constant('date-time' as const), value: fixedBytes(12) }),
    fc.record({ type: fc.constant('date' as const), value: fixedBytes(5) }),
    fc.record({
      type: fc.constantFrom('time' as const, 'floating-point' as const),
      value: fixedBytes(4),
    }),
    fc.record({
      type: fc.constant('bit-string' as const),
      value: fc.array(fc.constantFrom('0', '1'), { maxLength: 40 }).map((digits) => digits.join('')),
    }),
    fc.record({
      type: fc.constant('visible-string' as const),
      value: bytes(40).map((all) => Buffer.from(all).toString('latin1')),
    }),
    fc.record({
      type: fc.constant('utf8-string' as const),
      value: fc.string({ unit: 'binary', maxLength: 40 }),
    }),
    fc.record({
      type: fc.constantFrom('array' as const, 'structure' as const),
      value: fc.array(tie('data'), { maxLength: 5 }),
    }),
  ),
}));

describe('data', () => {
  it('goes there and back in every type', () => {
    fc.assert(
      fc.property(data, (value) => {
        const encoded = encodeData(value);
        expect(decodeData(encoded)).toEqual({ kind: 'value', value, used: encoded.length });
      }),
    );
  });

  it('waits for the rest of any value', () => {
    fc.assert(
      fc.property(data, (value) => {
        const encoded = encodeData(value);
        for (let length = 0; length < Math.min(encoded.length, 60); length += 1)
          expect(decodeData(encoded.subarray(0, length)).kind).toBe('pending');
      }),
    );
  });

  it('goes there and back in a compact array', () => {
    const description: TypeDescription = {
      type: 'structure',
      elements: [{ type: 'long-unsigned' }, { type: 'array', count: 2, element: { type: 'null-data' } }],
    };
    const row: Data = {
      type: 'structure',
      value: [
        { type: 'long-unsigned', value: 7 },
        {
          type: 'array',
          value: [
            { type: 'null-data', value: null },
            { type: 'null-data', value: null },
          ],
        },
      ],
    };
    const value: Data = { type: 'compact-array', description, value: [row, row] };
    const encoded = encodeData(value);
    expect(decodeData(encoded)).toEqual({ kind: 'value', value, used: encoded.length });
  });

  it.each([
    ['an array of 2³² nulls', '0184ffffffff', 'axdr.long'],
    ['a string longer than any message', '0984ffffffff0000', 'axdr.long'],
    ['nesting without end', '0101'.repeat(100_000), 'axdr.deep'],
    ['descriptions without end', `13${'010001'.repeat(100_000)}`, 'axdr.deep'],
    ['a compact array whose elements take no byte', '130102000001ff', 'axdr.compact'],
    ['nulls by the million for a byte', '1301ffff01ffff000100', 'axdr.empty'],
    ['a type that is not there', '08', 'axdr.type'],
    ['a length in five bytes', '09850000000001', 'axdr.length'],
  ])('refuses %s', (_name, hex, code) => {
    const decoded = decodeData(fromHex(hex));
    expect(decoded).toMatchObject({ kind: 'garbage', error: { code } });
  });
});

/** IEC 62056-6-2, 4.1.6.1. */
describe('dates', () => {
  it.each([
    ['all open', 'ffffffffffffffffff8000ff', {}],
    [
      'a rule for the day',
      'fffffdfeff02ffffff8000ff',
      { month: 'daylight-savings-end', dayOfMonth: 'last-day', hour: 2 },
    ],
    [
      'the other rules',
      'fffffefd07ffffffff8000ff',
      { month: 'daylight-savings-begin', dayOfMonth: 'second-last-day', dayOfWeek: 7 },
    ],
    [
      'an instant',
      '07ea0504010b271400ff88ff',
      {
        year: 2026,
        month: 5,
        dayOfMonth: 4,
        dayOfWeek: 1,
        hour: 11,
        minute: 39,
        second: 20,
        hundredths: 0,
        deviationMinutes: -120,
      },
    ],
  ])('say %s', (_name, hex, value) => {
    expect(decodeDateTime(fromHex(hex))).toEqual({ kind: 'value', value, used: 12 });
    expect(toHex(encodeDateTime(value as Parameters<typeof encodeDateTime>[0]))).toBe(hex);
  });

  it('are instants only when they name one', () => {
    const value = { year: 2026, month: 5, dayOfMonth: 4, hour: 11, minute: 39, deviationMinutes: -120 };
    expect(toInstantMs(value)).toBe(Date.UTC(2026, 4, 4, 9, 39));
    expect(toInstantMs({ ...value, dayOfMonth: 'last-day' })).toBeUndefined();
    expect(toInstantMs({ year: 2026, month: 5, dayOfMonth: 4, hour: 11, minute: 39 })).toBeUndefined();
  });

  it.each([
    '07ea0d04010b2714ff8000ff',
    '07ea0520010b2714ff8000ff',
    '07ea050401182714ff8000ff',
    '07ea0504010b271400300000',
  ])('refuse %s', (hex) =>
    expect(decodeDateTime(fromHex(hex))).toMatchObject({ kind: 'garbage', error: { code: 'axdr.date' } }),
  );
});

const address = fc.oneof(
  fc.record({ upper: fc.nat(0x7f), size: fc.constant(1 as const) }),
  fc.record({ upper: fc.nat(0x7f), lower: fc.nat(0x7f), size: fc.constant(2 as const) }),
  fc.record({ upper: fc.nat(0x3fff), lower: fc.nat(0x3fff), size: fc.constant(4 as const) }),
);
const control = fc.oneof(
  fc.record({
    name: fc.constant('I' as const),
    sendNumber: fc.nat(7),
    receiveNumber: fc.nat(7),
    isPollFinal: fc.boolean(),
  }),
  fc.record({
    name: fc.constantFrom('RR' as const, 'RNR' as const),
    receiveNumber: fc.nat(7),
    isPollFinal: fc.boolean(),
  }),
  fc.record({
    name: fc.constantFrom(
      'SNRM' as const,
      'DISC' as const,
      'UA' as const,
      'DM' as const,
      'FRMR' as const,
      'UI' as const,
    ),
    isPollFinal: fc.boolean(),
  }),
);
const frame: fc.Arbitrary<HdlcFrame> = fc.record({
  destination: address,
  source: address,
  control,
  isSegmented: fc.boolean(),
  information: bytes(400),
});

describe('HDLC frames', () => {
  it('go there and back, and wait when cut anywhere', () => {
    fc.assert(
      fc.property(frame, (value) => {
        const encoded = encodeFrame(value);
        expect(decodeFrame(encoded)).toEqual({ kind: 'value', value, used: encoded.length - 1 });
        for (let length = 0; length < encoded.length; length += 7)
          expect(decodeFrame(encoded.subarray(0, length)).kind).toBe('pending');
      }),
    );
  });

  it('are refused with any bit turned', () => {
    const encoded = encodeFrame({ ...example, information: Uint8Array.of(1, 2, 3) });
    for (let bit = 0; bit < encoded.length * 8; bit += 1) {
      const turned = encoded.slice();
      turned[bit >>> 3] = (turned[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeFrame(turned).kind).not.toBe('value');
    }
  });

  it('are found again behind noise', () => {
    fc.assert(
      fc.property(bytes(100), (noise) => {
        const stream = Uint8Array.from([...noise, ...encodeFrame(example), 0x7e]);
        let at = 0;
        let last: unknown;
        // A beginning in the noise may claim the frame; a line that falls silent gives it up a byte later.
        while (at < stream.length) {
          const decoded = decodeFrame(stream.subarray(at));
          if (decoded.kind === 'value') last = decoded.value;
          at += decoded.kind === 'pending' ? 1 : decoded.used;
        }
        expect(last).toEqual(example);
      }),
    );
  });

  it('join their segments', () => {
    fc.assert(
      fc.property(bytes(500), fc.integer({ min: 1, max: 128 }), (message, size) => {
        const parts = splitInformation(message, size);
        let segments = NO_SEGMENTS;
        parts.forEach((information, index) => {
          const isSegmented = index < parts.length - 1;
          const step = joinSegment(segments, { ...example, information, isSegmented });
          segments = step.segments;
          expect(step.joined).toEqual(isSegmented ? { kind: 'pending' } : { kind: 'value', value: message, used: 1 });
        });
      }),
    );
  });

  it('end a message whose segments never do', () => {
    let segments = NO_SEGMENTS;
    const codes = new Set<string>();
    for (let count = 0; count < 5000; count += 1) {
      const step = joinSegment(segments, { ...example, isSegmented: true, information: Uint8Array.of(1) });
      segments = step.segments;
      if (step.joined.kind === 'garbage') codes.add(step.joined.error.code);
    }
    expect([...codes]).toEqual(['hdlc.endless']);
  });

  it('agree on parameters', () => {
    const value = { maxInformationTransmit: 512, maxInformationReceive: 64, windowTransmit: 7, windowReceive: 1 };
    expect(decodeParameters(encodeParameters(value))).toMatchObject({ kind: 'value', value });
    expect(decodeParameters(fromHex('81800307010a'))).toMatchObject({ error: { code: 'hdlc.parameters' } });
  });
});

describe('blocks', () => {
  it('join to the message they were split from, repeats dropped', () => {
    fc.assert(
      fc.property(bytes(500), fc.integer({ min: 1, max: 100 }), (message, size) => {
        let blocks = NO_BLOCKS;
        for (const block of splitBlocks(message, size)) {
          const step = joinBlock(blocks, block);
          if (step.joined.kind === 'value') expect(toHex(step.joined.value)).toBe(toHex(message));
          else expect(joinBlock(step.blocks, block).joined.kind).toBe('pending');
          blocks = step.blocks;
        }
        expect(blocks).toBe(NO_BLOCKS);
      }),
    );
  });

  it('refuse a gap and a transfer without end', () => {
    const data = Uint8Array.of(1);
    const { blocks } = joinBlock(NO_BLOCKS, { number: 1, isLastBlock: false, data });
    expect(joinBlock(blocks, { number: 3, isLastBlock: false, data }).joined).toMatchObject({
      error: { code: 'block.number' },
    });
    let endless = NO_BLOCKS;
    let code: string | undefined;
    for (let number = 1; number < 5000 && code === undefined; number += 1) {
      const step = joinBlock(endless, { number, isLastBlock: false, data });
      endless = step.blocks;
      if (step.joined.kind === 'garbage') code = step.joined.error.code;
    }
    expect(code).toBe('block.endless');
  });
});

describe('messages', () => {
  const APDUS = SAMPLES.map(([name]) => ({ name, message: sample(name) })).filter(
    ({ message }) => decodeWholeApdu(message).kind === 'value',
  );

  it.each(APDUS)('$name goes there and back, and waits when cut', ({ message }) => {
    const decoded = decodeWholeApdu(message);
    if (decoded.kind !== 'value') throw new Error(decoded.kind);
    expect(toHex(encodeApdu(decoded.value))).toBe(toHex(message));
    for (let length = 0; length < message.length; length += 1)
      expect([length, decodeApdu(message.subarray(0, length)).kind]).toEqual([length, 'pending']);
  });

  it('of each sample have a name in the standard', () => {
    const refused = SAMPLES.filter(([, hex]) => DECODERS[0]?.decode({ input: { hex } }).ok !== true);
    expect(refused).toEqual([]);
  });

  it.each(['aarq', 'aare', 'rlrq'] as const)('%s goes there and back', (name) => {
    const decoded = decodeAcse(sample(name));
    if (decoded.kind !== 'value') throw new Error(decoded.kind);
    expect(toHex(encodeAcse(decoded.value))).toBe(toHex(sample(name)));
  });

  it('in a wrapper go there and back and wait when cut', () => {
    fc.assert(
      fc.property(
        fc.nat(65535),
        fc.nat(65535),
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        (source, destination, payload) => {
          const value = { version: 1, source, destination, payload } as const;
          const encoded = encodeWrapper(value);
          expect(decodeWrapper(encoded)).toEqual({ kind: 'value', value, used: encoded.length });
          for (let length = 0; length < encoded.length; length += 1)
            expect(decodeWrapper(encoded.subarray(0, length)).kind).toBe('pending');
        },
      ),
    );
  });

  it('select rows of a profile by entry and by range', () => {
    const clock = { classId: 8, logicalName: parseLogicalName('0-0:1.0.0'), attributeIndex: 2, dataIndex: 0 };
    const entry = { by: 'entry', fromEntry: 1, toEntry: 0, fromSelectedValue: 1, toSelectedValue: 0 } as const;
    const bound: Data = { type: 'date-time', value: new Uint8Array(12) };
    const range = { by: 'range', restrictingObject: clock, from: bound, to: bound, selectedValues: [clock] } as const;
    for (const access of [entry, range]) expect(fromSelector(toSelector(access))).toEqual(access);
  });
});

/** IEC 62056-6-2, 4.4.8: the list may be left to the description of the meter. */
describe('a push', () => {
  const value: Data = { type: 'double-long-unsigned', value: 5 };
  const object = { classId: 3, logicalName: parseLogicalName('1-0:1.8.0'), attributeIndex: 2, dataIndex: 0 };

  it('of bare values is read by a template, and says nothing without', () => {
    const body: Data = { type: 'structure', value: [value] };
    expect(readPush(body)).toEqual([]);
    expect(readPush(body, [object])).toEqual([{ obis: '1-0:1.8.0', classId: 3, attributeIndex: 2, value }]);
  });

  it('of bare values with a version is read by the list of that version', () => {
    const texts: readonly Data[] = ['KFM_001', '6970631401', 'MA304H3E'].map((text) => ({
      type: 'octet-string',
      value: Buffer.from(text, 'latin1'),
    }));
    const numbers: readonly Data[] = [1500, 0, 0, 20, 6500, 0, 0, 2301, 2302, 2303].map((number) => ({
      type: 'double-long-unsigned',
      value: number,
    }));
    const body: Data = { type: 'structure', value: [...texts, ...numbers] };
    const answered = DECODERS[0]?.decode({
      layer: 'xdlms',
      input: { hex: `0f0000000100${toHex(encodeData(body))}` },
    });
    expect(answered?.readings).toMatchObject({ ACTIVE_POWER_P: 1500, CURRENT_L1: 6.5, VOLTAGE_L3: 230.3 });
    expect(answered?.readings).toMatchObject({ source: '6970631401' });
  });

  it('of names, values and scalers is read flat or nested', () => {
    const name: Data = { type: 'octet-string', value: object.logicalName };
    const scale: Data = {
      type: 'structure',
      value: [
        { type: 'integer', value: -1 },
        { type: 'enum', value: 30 },
      ],
    };
    const expected = [{ obis: '1-0:1.8.0', attributeIndex: 2, value, scaler: -1, unit: 30 }];
    expect(readPush({ type: 'structure', value: [name, value, scale] })).toEqual(expected);
    expect(readPush({ type: 'array', value: [{ type: 'structure', value: [name, value, scale] }] })).toEqual(expected);
  });
});

it('answers any bytes at any layer without throwing', () => {
  const layer = fc.constantFrom('hdlc', 'llc', 'wrapper', 'acse', 'xdlms', 'axdr', 'other', 'none');
  fc.assert(
    fc.property(bytes(300), layer, (any, at) => {
      const request = { layer: at, input: { hex: toHex(any) }, key: '00'.repeat(16), systemTitle: '00'.repeat(8) };
      const answer = DECODERS[0]?.decode(request);
      expect(answer?.ok === true || typeof answer?.code === 'string').toBe(true);
      const explained = DECODERS[0]?.explain?.(request) ?? [];
      expect(explained.reduce((sum, row) => sum + row.bytes.length, 0)).toBe(any.length);
    }),
    { numRuns: 500 },
  );
});

const example: HdlcFrame = {
  destination: { upper: 16, size: 1 },
  source: { upper: 1, lower: 17, size: 2 },
  control: { name: 'UI', isPollFinal: false },
  isSegmented: false,
  information: Uint8Array.of(0x7e, 2, 3),
};
