/** Laws of the DLMS codec: there and back, waiting for the rest, any bytes answered, bounds kept. */

import { decodeAcse, encodeAcse } from '@contor/dlms/codec/acse/apdu.js';
import type { Data } from '@contor/dlms/codec/axdr/data.js';
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
import { bytes } from './arbitrary-data.js';
import { SAMPLES, sample } from './samples.js';

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
