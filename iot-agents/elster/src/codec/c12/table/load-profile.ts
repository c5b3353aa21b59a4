/** ANSI C12.19-2008, decade 6: up to four sets of load profile, in blocks of intervals. */

import type { Field, Path, Table, Type } from './type.js';

const SETS = [1, 2, 3, 4] as const;
type SetNumber = (typeof SETS)[number];

/** The data of set n are table 63 + n; a set whose table is not in use has no place in the others. */
function dataTable(set: SetNumber): number {
  return 63 + set;
}

function perSet(fieldOf: (set: SetNumber) => Field): readonly Field[] {
  return SETS.map((set) => ({ ...fieldOf(set), when: { uses: dataTable(set) } }));
}

function actual(set: SetNumber, name: string): Path {
  return `ST61.set${set}.${name}`;
}

function divisorFlag(set: SetNumber): Path {
  return `ST61.flags.scalarDivisorSet${set}`;
}

/** INT_FMT_CDE (ST62). */
const INTERVAL_FORMATS: Readonly<Record<number, Type>> = {
  1: 'u8',
  2: 'u16',
  4: 'u32',
  8: 'i8',
  16: 'i16',
  32: 'i32',
  64: 'ni1',
  128: 'ni2',
};

function block(set: SetNumber): Type {
  const channels = actual(set, 'numberOfChannels');
  const intervals = actual(set, 'intervalsPerBlock');
  return {
    record: [
      { name: 'end', type: 'stime' },
      {
        name: 'endReadings',
        type: {
          array: channels,
          of: {
            record: [
              { name: 'reading', type: 'ni1', when: 'ST61.flags.blockEndReading' },
              { name: 'pulses', type: 'u32', when: 'ST61.flags.blockEndPulse' },
            ],
          },
        },
      },
      // One bit an interval: it holds what it should.
      { name: 'validIntervals', type: { set: { bitsOf: intervals } }, when: 'ST61.flags.simpleStatus' },
      {
        name: 'intervals',
        type: {
          array: intervals,
          of: {
            record: [
              // A nibble for the interval (DST, power failure, clock reset), then one a channel.
              { name: 'status', type: { bytes: { nibblesOf: channels } }, when: 'ST61.flags.extendedStatus' },
              {
                name: 'values',
                type: { array: channels, of: { choose: `ST62.set${set}.format`, of: INTERVAL_FORMATS } },
              },
            ],
          },
        },
      },
    ],
  };
}

export const LOAD_PROFILE_TABLES: readonly Table[] = [
  {
    number: 61,
    name: 'actualLoadProfile',
    fields: [
      { name: 'memoryLength', type: 'u32' },
      {
        name: 'flags',
        type: {
          bits: 2,
          parts: {
            inhibitOverflowSet1: [0, 0],
            inhibitOverflowSet2: [1, 1],
            inhibitOverflowSet3: [2, 2],
            inhibitOverflowSet4: [3, 3],
            blockEndReading: [4, 4],
            blockEndPulse: [5, 5],
            scalarDivisorSet1: [6, 6],
            scalarDivisorSet2: [7, 7],
            scalarDivisorSet3: [8, 8],
            scalarDivisorSet4: [9, 9],
            extendedStatus: [10, 10],
            simpleStatus: [11, 11],
          },
        },
      },
      {
        name: 'formats',
        type: {
          bits: 1,
          parts: {
            u8: [0, 0],
            u16: [1, 1],
            u32: [2, 2],
            i8: [3, 3],
            i16: [4, 4],
            i32: [5, 5],
            ni1: [6, 6],
            ni2: [7, 7],
          },
        },
      },
      ...perSet((set) => ({
        name: `set${set}`,
        type: {
          record: [
            { name: 'numberOfBlocks', type: 'u16' },
            { name: 'intervalsPerBlock', type: 'u16' },
            { name: 'numberOfChannels', type: 'u8' },
            { name: 'intervalMinutes', type: 'u8' },
          ],
        },
      })),
    ],
  },
  {
    number: 62,
    name: 'loadProfileControl',
    fields: perSet((set) => ({
      name: `set${set}`,
      type: {
        record: [
          {
            name: 'channels',
            type: {
              array: actual(set, 'numberOfChannels'),
              of: {
                record: [
                  { name: 'flags', type: { bits: 1, parts: { hasEndReading: [0, 0] } } },
                  { name: 'source', type: 'u8' },
                  { name: 'endReadingSource', type: 'u8' },
                ],
              },
            },
          },
          { name: 'format', type: 'u8' },
          { name: 'scalars', type: { array: actual(set, 'numberOfChannels'), of: 'u16' }, when: divisorFlag(set) },
          { name: 'divisors', type: { array: actual(set, 'numberOfChannels'), of: 'u16' }, when: divisorFlag(set) },
        ],
      },
    })),
  },
  {
    number: 63,
    name: 'loadProfileStatus',
    fields: perSet((set) => ({
      name: `set${set}`,
      type: {
        record: [
          {
            name: 'flags',
            type: {
              bits: 1,
              parts: {
                isDescending: [0, 0],
                overflow: [1, 1],
                isCircular: [2, 2],
                inhibitOverflow: [3, 3],
                intervalsDescending: [4, 4],
                isActive: [5, 5],
                isTest: [6, 6],
              },
            },
          },
          { name: 'numberOfValidBlocks', type: 'u16' },
          { name: 'lastBlock', type: 'u16' },
          { name: 'lastSequence', type: 'u32' },
          { name: 'numberOfUnreadBlocks', type: 'u16' },
          { name: 'validIntervals', type: 'u16' },
        ],
      },
    })),
  },
  ...SETS.map((set) => ({
    number: dataTable(set),
    name: `loadProfileSet${set}`,
    fields: [{ name: 'blocks', type: { array: actual(set, 'numberOfBlocks'), of: block(set) } }] as const,
  })),
];
