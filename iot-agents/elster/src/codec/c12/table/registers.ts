/** ANSI C12.19-2008, decade 2: the registers, in total and by tier, now, last season, at the last reset and at self-reads. */

import type { Field, Table } from './type.js';

/** DATA_BLK_RCD. */
const BLOCK: readonly Field[] = [
  { name: 'summations', type: { array: 'ST21.numberOfSummations', of: 'ni1' } },
  {
    name: 'demands',
    type: {
      array: 'ST21.numberOfDemands',
      of: {
        record: [
          {
            name: 'eventTimes',
            type: { array: 'ST21.numberOfOccurrences', of: 'stime' },
            when: 'ST21.functions1.dateTimeStamp',
          },
          { name: 'cumulative', type: 'ni1', when: 'ST21.functions1.cumulativeDemand' },
          { name: 'continuousCumulative', type: 'ni1', when: 'ST21.functions1.continuousCumulativeDemand' },
          { name: 'demands', type: { array: 'ST21.numberOfOccurrences', of: 'ni2' } },
        ],
      },
    },
  },
  {
    name: 'coincidents',
    type: { array: 'ST21.numberOfCoincidents', of: { array: 'ST21.numberOfOccurrences', of: 'ni2' } },
  },
];

/** REGISTER_DATA. */
const REGISTERS: readonly Field[] = [
  { name: 'numberOfDemandResets', type: 'u8', when: 'ST21.functions1.demandResetCounter' },
  { name: 'total', type: { record: BLOCK } },
  { name: 'tiers', type: { array: 'ST21.numberOfTiers', of: { record: BLOCK } } },
];

const STAMPED: readonly Field[] = [
  { name: 'end', type: 'stime', when: 'ST21.functions1.dateTimeStamp' },
  { name: 'season', type: 'u8', when: 'ST21.functions1.seasonInfo' },
  ...REGISTERS,
];

export const REGISTER_TABLES = [
  {
    number: 21,
    name: 'actualRegisters',
    fields: [
      {
        name: 'functions1',
        type: {
          bits: 1,
          parts: {
            seasonInfo: [0, 0],
            dateTimeStamp: [1, 1],
            demandResetCounter: [2, 2],
            demandResetLock: [3, 3],
            cumulativeDemand: [4, 4],
            continuousCumulativeDemand: [5, 5],
            timeRemaining: [6, 6],
          },
        },
      },
      {
        name: 'functions2',
        type: {
          bits: 1,
          parts: {
            selfReadInhibitOverflow: [0, 0],
            selfReadSequence: [1, 1],
            dailySelfRead: [2, 2],
            weeklySelfRead: [3, 3],
            selfReadDemandReset: [4, 5],
          },
        },
      },
      { name: 'numberOfSelfReads', type: 'u8' },
      { name: 'numberOfSummations', type: 'u8' },
      { name: 'numberOfDemands', type: 'u8' },
      { name: 'numberOfCoincidents', type: 'u8' },
      { name: 'numberOfOccurrences', type: 'u8' },
      { name: 'numberOfTiers', type: 'u8' },
      { name: 'numberOfPresentDemands', type: 'u8' },
      { name: 'numberOfPresentValues', type: 'u8' },
    ],
  },
  {
    number: 22,
    name: 'dataSelection',
    fields: [
      { name: 'summations', type: { array: 'ST21.numberOfSummations', of: 'u8' } },
      { name: 'demands', type: { array: 'ST21.numberOfDemands', of: 'u8' } },
      { name: 'maximumDemands', type: { set: { bitsOf: 'ST21.numberOfDemands' } } },
      { name: 'coincidents', type: { array: 'ST21.numberOfCoincidents', of: 'u8' } },
      { name: 'coincidentDemands', type: { array: 'ST21.numberOfCoincidents', of: 'u8' } },
    ],
  },
  { number: 23, name: 'currentRegisters', fields: REGISTERS },
  { number: 24, name: 'previousSeason', fields: STAMPED },
  { number: 25, name: 'previousDemandReset', fields: STAMPED },
  {
    number: 26,
    name: 'selfReads',
    fields: [
      {
        name: 'list',
        type: {
          bits: 1,
          parts: { isDescending: [0, 0], overflow: [1, 1], isCircular: [2, 2], inhibitOverflow: [3, 3] },
        },
      },
      { name: 'numberOfValidEntries', type: 'u8' },
      { name: 'lastEntry', type: 'u8' },
      { name: 'lastSequence', type: 'u16' },
      { name: 'numberOfUnreadEntries', type: 'u8' },
      {
        name: 'entries',
        type: {
          array: 'ST21.numberOfSelfReads',
          of: { record: [{ name: 'sequence', type: 'u16', when: 'ST21.functions2.selfReadSequence' }, ...STAMPED] },
        },
      },
    ],
  },
  {
    number: 27,
    name: 'presentRegisterSelection',
    fields: [
      { name: 'demands', type: { array: 'ST21.numberOfPresentDemands', of: 'u8' } },
      { name: 'values', type: { array: 'ST21.numberOfPresentValues', of: 'u8' } },
    ],
  },
  {
    number: 28,
    name: 'presentRegisters',
    fields: [
      {
        name: 'demands',
        type: {
          array: 'ST21.numberOfPresentDemands',
          of: {
            record: [
              { name: 'timeRemaining', type: 'time', when: 'ST21.functions1.timeRemaining' },
              { name: 'demand', type: 'ni2' },
            ],
          },
        },
      },
      { name: 'values', type: { array: 'ST21.numberOfPresentValues', of: 'ni1' } },
    ],
  },
] as const satisfies readonly Table[];
