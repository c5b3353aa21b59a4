import { ByteReader, ByteWriter, crc32, fromHex, toHex, WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

type Field = { [Name in FieldName]: { name: Name; value: Parameters<ByteWriter[Name]>[0] } }[FieldName];
type FieldName = (typeof FIELD_NAMES)[number];

const FIELD_NAMES = [
  ...(['u8', 'i8', 'u16', 'u16Le', 'i16', 'i16Le', 'u32', 'u32Le', 'i32', 'i32Le'] as const),
  ...(['u64', 'u64Le', 'i64', 'i64Le', 'f64'] as const),
] as const;

const integer = (bits: number, isSigned: boolean): fc.Arbitrary<number> =>
  isSigned
    ? fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 })
    : fc.integer({ min: 0, max: 2 ** bits - 1 });
const big = (isSigned: boolean): fc.Arbitrary<bigint> =>
  isSigned ? fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }) : fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

const VALUES: Readonly<Record<FieldName, fc.Arbitrary<number | bigint>>> = {
  u8: integer(8, false),
  i8: integer(8, true),
  u16: integer(16, false),
  u16Le: integer(16, false),
  i16: integer(16, true),
  i16Le: integer(16, true),
  u32: integer(32, false),
  u32Le: integer(32, false),
  i32: integer(32, true),
  i32Le: integer(32, true),
  u64: big(false),
  u64Le: big(false),
  i64: big(true),
  i64Le: big(true),
  f64: fc.double({ noNaN: true }),
};

const field = fc.constantFrom(...FIELD_NAMES).chain((name) => VALUES[name].map((value) => ({ name, value }) as Field));

function write(writer: ByteWriter, { name, value }: Field): void {
  (writer[name] as (value: number | bigint) => ByteWriter).call(writer, value);
}

describe('ByteReader and ByteWriter', () => {
  it('read back what was written', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 30 }), (fields) => {
        const writer = new ByteWriter(1000);
        for (const one of fields) write(writer, one);
        const reader = new ByteReader(writer.finish());
        for (const { name, value } of fields) expect(reader[name]()).toEqual(value);
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  it('answer any bytes and any reads with a value or a WireError', () => {
    const read = fc.oneof(fc.constantFrom(...FIELD_NAMES), fc.integer({ min: -5, max: 50 }), fc.double());
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(read, { maxLength: 20 }), (bytes, reads) => {
        const reader = new ByteReader(bytes);
        for (const one of reads) {
          const before = reader.offset;
          try {
            if (typeof one === 'string') reader[one]();
            else reader.bytes(one);
          } catch (error) {
            expect(error).toBeInstanceOf(WireError);
            expect(reader.offset).toBe(before);
          }
        }
      }),
    );
  });

  it('read from a part of a larger buffer', () => {
    const reader = new ByteReader(fromHex('ff ff 01 02 ff').subarray(2, 4));
    expect([reader.peek(), reader.u16(), reader.remaining, reader.peek()]).toEqual([1, 0x0102, 0, undefined]);
  });

  it.each([
    ['u8', 256],
    ['u8', -1],
    ['u16', 1.5],
    ['i32', 2 ** 31],
    ['u32', Number.NaN],
  ] as const)('refuse %s(%d), which does not fit', (name, value) => {
    expect(() => new ByteWriter(10)[name](value)).toThrow(expect.objectContaining({ code: 'wire.range' }));
  });

  it('keep a value at whose first byte the buffer has to grow', () => {
    // 63 bytes of the first 64: every width above one byte falls over the edge.
    for (const name of ['u16', 'u16Le', 'i32', 'u32', 'f32', 'f64'] as const) {
      const bytes = new ByteWriter(1000).bytes(new Uint8Array(63))[name](1).finish();
      expect(toHex(bytes.subarray(63))).toBe(toHex(new ByteWriter(8)[name](1).finish()));
    }
  });

  it('never grow beyond their limit', () => {
    const writer = new ByteWriter(5).u32(1);
    expect(() => writer.u16(1)).toThrow(expect.objectContaining({ code: 'wire.long' }));
    expect(toHex(writer.u8(2).finish())).toBe('0000000102');
  });

  it('read text strictly', () => {
    expect(new ByteReader(fromHex('c3a9')).text(2)).toBe('é');
    expect(() => new ByteReader(fromHex('c3')).text(1)).toThrow(expect.objectContaining({ code: 'wire.text' }));
  });
});

describe('hexadecimal', () => {
  it('goes there and back', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expect(fromHex(toHex(bytes))).toEqual(bytes)));
  });

  it.each(['0', 'zz', '0x12'])('refuses %s', (text) => expect(() => fromHex(text)).toThrow(WireError));
});

describe('CRC-32', () => {
  it('has the check value of the catalogue (Williams, 1993: "123456789")', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });

  it('continues from a seed', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) =>
        expect(crc32(b, crc32(a))).toBe(crc32(Buffer.concat([a, b]))),
      ),
    );
  });
});
