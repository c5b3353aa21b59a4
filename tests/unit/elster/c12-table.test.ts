import { decodeTable } from '@contor/elster/codec/c12/table/decode.js';
import { encodeTable } from '@contor/elster/codec/c12/table/encode.js';
import { NON_INTEGERS } from '@contor/elster/codec/c12/table/number.js';
import { TABLES } from '@contor/elster/codec/c12/table/tables.js';
import type { Fields, Known, Type } from '@contor/elster/codec/c12/table/type.js';
import { fromHex, toHex, WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decoderOf } from './vectors.js';

const ALL_TABLES = Array.from({ length: 88 }, (_, number) => number);

interface Form {
  readonly dataOrder: boolean;
  readonly tm: number;
  readonly ni1: number;
  readonly ni2: number;
  readonly idForm: boolean;
  readonly int: number;
}

function generalConfiguration({ dataOrder, tm, ni1, ni2, idForm, int }: Form): Fields {
  return {
    formatControl1: { dataOrder, characterFormat: 1, modelSelect: 0 },
    formatControl2: { timeFormat: tm, dataAccessMethod: 0, idForm, integerFormat: int },
    formatControl3: { niFormat1: ni1, niFormat2: ni2 },
    deviceClass: '47452020',
    nameplateType: 2,
    defaultSetUsed: 0,
    maxProcedureParameterLength: 8,
    maxResponseDataLength: 8,
    standardVersion: 1,
    standardRevision: 0,
    standardTablesSize: 11,
    manufacturerTablesSize: 1,
    standardProceduresSize: 2,
    manufacturerProceduresSize: 1,
    manufacturerStatusSize: 2,
    numberOfPending: 1,
    standardTablesUsed: ALL_TABLES.filter((number) => number !== 66 && number !== 67),
    manufacturerTablesUsed: [0, 3],
    standardProceduresUsed: [0, 10],
    manufacturerProceduresUsed: [],
    standardTablesWritable: [7],
    manufacturerTablesWritable: [],
  };
}

const LITTLE: Form = { dataOrder: false, tm: 1, ni1: 8, ni2: 8, idForm: false, int: 0 };

function knownOf(form: Form): Map<number, Fields> {
  return new Map([[0, generalConfiguration(form)]]);
}

function read(number: number, hex: string, known: Known): Fields {
  return decoded(number, fromHex(hex), known);
}

const LENGTH = 1000;

/** Characters of seven bits by a seed: every byte is text, a digit or a small number. */
function anyText(seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: LENGTH }, () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return state & 0x7f;
  });
}

function decoded(number: number, bytes: Uint8Array, known: Known): Fields {
  const fields = decodeTable(number, bytes, known);
  if (fields instanceof WireError) throw fields;
  return fields;
}

describe('table 0 (ANSI C12.19, 5.1)', () => {
  it('says how all others are written, and comes back', () => {
    const fields = generalConfiguration(LITTLE);
    const bytes = encodeTable(0, fields, new Map());
    expect(bytes).toHaveLength(19 + 11 + 1 + 2 + 1 + 11 + 1);
    expect(decodeTable(0, bytes, new Map())).toEqual(fields);
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeTable(0, bytes.subarray(0, length), new Map())).toMatchObject({ code: 'wire.short' });
  });
});

describe('registers (5.3)', () => {
  /** One summation, one demand with stamp and cumulative value, one occurrence, two tiers: what a small meter declares. */
  const known = knownOf(LITTLE);
  known.set(21, read(21, '1600' + '00010100010200' + '02', known));

  it('declares by ST21 what ST23 holds', () => {
    const block = (energy: string): string => `${energy}${'2306150930'}${'05000000'}${'64000000'}`;
    const fields = read(23, `07${block('10270000')}${block('01000000')}${block('02000000')}`, known);
    expect(fields).toEqual({
      numberOfDemandResets: 7,
      total: {
        summations: [10_000],
        demands: [{ eventTimes: ['2023-06-15T09:30'], cumulative: 5, demands: [100] }],
        coincidents: [],
      },
      tiers: [1, 2].map((summation) => ({
        summations: [summation],
        demands: [{ eventTimes: ['2023-06-15T09:30'], cumulative: 5, demands: [100] }],
        coincidents: [],
      })),
    });
  });

  it('reads high bytes first where ST0 says so', () => {
    const high = knownOf({ ...LITTLE, dataOrder: true });
    high.set(21, read(21, '0000' + '0002000001000000', high));
    expect(read(23, '0000271000000001', high)).toMatchObject({ total: { summations: [10_000, 1] } });
  });

  it('shows bytes beyond what is declared', () => {
    expect(read(5, `${'31'.repeat(20)}ff`, known)).toMatchObject({ identification: '1'.repeat(20), undeclared: 'ff' });
  });

  it('asks for the tables it leans on', () => {
    expect(decodeTable(23, new Uint8Array(100), new Map())).toMatchObject({
      code: 'c12.table-needed',
      context: { table: 21 },
    });
  });
});

describe('load profile (5.7)', () => {
  const only = { ...generalConfiguration(LITTLE), standardTablesUsed: [0, 61, 62, 63, 64] };

  it('reads the actual table of a GE meter: 60 blocks of 96 intervals, 4 channels, 15 minutes', () => {
    expect(read(61, '4cfe00005004103c006000040f', new Map([[0, only]]))).toMatchObject({
      memoryLength: 65_100,
      flags: { blockEndReading: true, scalarDivisorSet1: true, extendedStatus: true, simpleStatus: false },
      formats: { i16: true, u16: false },
      set1: { numberOfBlocks: 60, intervalsPerBlock: 96, numberOfChannels: 4, intervalMinutes: 15 },
    });
  });

  it('reads blocks by what ST61 and ST62 declare', () => {
    const known = new Map<number, Fields>([[0, only]]);
    known.set(61, read(61, '00100000' + '1004' + '10' + '0100' + '0200' + '02' + '0f', known));
    known.set(62, read(62, '000100' + '000200' + '10', known));
    const bytes = `${'2306151000'}${'01000000'}${'02000000'}${'1000'}${'0a00'}${'f6ff'}${'0000'}${'0b00'}${'0c00'}`;
    expect(read(64, bytes, known)).toEqual({
      blocks: [
        {
          end: '2023-06-15T10:00',
          endReadings: [{ reading: 1 }, { reading: 2 }],
          intervals: [
            { status: '1000', values: [10, -10] },
            { status: '0000', values: [11, 12] },
          ],
        },
      ],
    });
  });
});

describe('clock (5.6)', () => {
  it.each([
    [1, '231115123456' + '0a', '2023-11-15T12:34:56'],
    [1, '990101000000' + '0a', '1999-01-01T00:00:00'],
    [2, '170b0f0c2238' + '0a', '2023-11-15T12:34:56'],
    [3, '7258b001' + '38' + '0a', '2023-11-15T12:34:56'],
    [4, 'f0ba5465' + '0a', '2023-11-15T12:34:56'],
  ])('reads TM_FORMAT %i', (tm, hex, clock) => {
    const known = knownOf({ ...LITTLE, tm });
    expect(read(52, hex, known)).toMatchObject({ clock, quality: { dayOfWeek: 2, isDaylightSaving: true } });
    expect(toHex(encodeTable(52, read(52, hex, known), known))).toBe(hex);
  });

  it('keeps a stamp that is no date', () => {
    expect(read(52, '000000000000' + '00', knownOf(LITTLE))).toMatchObject({ clock: '2000-00-00T00:00:00' });
  });
});

describe('all tables', () => {
  const form: fc.Arbitrary<Form> = fc.record({
    dataOrder: fc.boolean(),
    tm: fc.nat({ max: 4 }),
    ni1: fc.nat({ max: 13 }),
    ni2: fc.nat({ max: 13 }),
    idForm: fc.boolean(),
    int: fc.nat({ max: 2 }),
  });

  /** Bytes any meter might send: small counts in the tables that declare, so that the others come to an end. */
  const ACTUAL = [11, 21, 51, 61, 71] as const;

  it.each(TABLES)('$number $name: what was read is written so that it reads the same', ({ number }) => {
    fc.assert(
      fc.property(
        form,
        fc.uint8Array({ minLength: 64, maxLength: 64, max: 3 }),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        (one, small, seed) => {
          const known = knownOf(one);
          for (const actual of ACTUAL) {
            const fields = decodeTable(actual, small, known);
            if (fields instanceof WireError) return;
            known.set(actual, fields);
          }
          const control = decodeTable(62, new Uint8Array(4096).fill(1), known);
          if (control instanceof WireError) return;
          known.set(62, control);
          const bytes = anyText(seed);
          const fields = decodeTable(number, bytes, number === 0 ? new Map() : known);
          if (fields instanceof WireError) return;
          const { undeclared: _, ...declared } = fields;
          // As many bytes as before: what a table may declare is bounded by them.
          const written = new Uint8Array(LENGTH);
          written.set(encodeTable(number, declared, known));
          const { undeclared: __, ...again } = decoded(number, written, number === 0 ? new Map() : known);
          expect(again).toEqual(declared);
        },
      ),
      { numRuns: 8 },
    );
  });

  it.each(TABLES)('$number $name: no bytes make it throw', ({ number }) => {
    fc.assert(
      fc.property(
        form,
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 60 }),
        (one, declaring, bytes) => {
          const known = knownOf(one);
          for (const actual of [...ACTUAL, 62]) {
            const fields = decodeTable(actual, declaring, known);
            if (!(fields instanceof WireError)) known.set(actual, fields);
          }
          expect(() => decodeTable(number, bytes, known)).not.toThrow();
        },
      ),
      { numRuns: 15 },
    );
  });

  it('does not let empty elements multiply', () => {
    const known = knownOf({ ...LITTLE, tm: 0 });
    known.set(21, read(21, '0200' + 'ff00ffffffffffff', known));
    const begin = process.cpuUsage();
    expect(decodeTable(23, new Uint8Array(1024), known)).toBeInstanceOf(WireError);
    expect(process.cpuUsage(begin).user).toBeLessThan(100_000);
  });

  it('has no number and no field name twice', () => {
    expect(new Set(TABLES.map(({ number }) => number)).size).toBe(TABLES.length);
    for (const { fields } of TABLES) checkNames({ record: fields });
  });

  function checkNames(type: Type): void {
    if (typeof type === 'string') return;
    if ('array' in type) checkNames(type.of);
    if (!('record' in type)) return;
    expect(new Set(type.record.map(({ name }) => name)).size).toBe(type.record.length);
    for (const field of type.record) checkNames(field.type);
  }
});

describe('formats of numbers (4.2)', () => {
  it.each([
    [0, '000000000000f83f', 1.5],
    [1, '0000c03f', 1.5],
    [2, '202020202020312e35302020', '      1.50  '],
    [3, '202031322e35', '  12.5'],
    [4, '39300000', 1.2345],
    [5, '000000012345', '000000012345'],
    [6, '00012345', '00012345'],
    [7, 'feffff', -2],
    [8, 'feffffff', -2],
    [9, 'feffffffff', -2],
    [10, 'feffffffffff', -2],
    [11, 'feffffffffffffff', -2n],
    [12, '0000000000012345', '0000000000012345'],
  ])('%i: %s', (format, hex, value) => {
    const known = knownOf({ ...LITTLE, ni1: format });
    known.set(21, read(21, '0000' + '0001000000000000', known));
    expect(read(23, hex, known)).toMatchObject({ total: { summations: [value] } });
    expect(NON_INTEGERS[format]?.length).toBe(hex.length / 2);
  });

  it("knows one's complement, and sign and magnitude", () => {
    for (const [int, hex] of [
      [1, 'fdffff'],
      [2, '020080'],
    ] as const) {
      const known = knownOf({ ...LITTLE, ni1: 7, int });
      known.set(21, read(21, '0000' + '0001000000000000', known));
      expect(read(23, hex, known)).toMatchObject({ total: { summations: [-2] } });
    }
  });

  it('refuses a reserved format', () => {
    const known = knownOf({ ...LITTLE, ni1: 15 });
    known.set(21, read(21, '0000' + '0001000000000000', known));
    expect(decodeTable(23, new Uint8Array(30), known)).toMatchObject({ code: 'c12.number-format' });
  });
});

describe('contor decode, layer table', () => {
  it('reads a table with those it leans on', () => {
    const st0 = toHex(encodeTable(0, generalConfiguration(LITTLE), new Map()));
    const answer = decoderOf('ansi-c12').decode({
      layer: 'table',
      input: { table: 23, hex: '10270000', known: { 0: st0, 21: '00000001000000000000' } },
    });
    expect(answer).toMatchObject({ ok: true, name: 'currentRegisters', fields: { total: { summations: [10_000] } } });
  });

  it.each([
    { table: 23, hex: '10270000' },
    { table: 'x', hex: '00' },
    { table: 9999, hex: '00' },
  ])('refuses %j', (input) => {
    expect(decoderOf('ansi-c12').decode({ layer: 'table', input }).ok).toBe(false);
  });
});
