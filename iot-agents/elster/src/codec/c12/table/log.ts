/** ANSI C12.19-2008, decade 7: what the device keeps of its history and of events. */

import { TABLE_ID } from './general.js';
import type { Field, Table } from './type.js';

/** Which events, tables and procedures are supported or monitored. */
const MONITORED: readonly Field[] = [
  { name: 'standardEvents', type: { set: 'ST71.standardEventsSize' } },
  { name: 'manufacturerEvents', type: { set: 'ST71.manufacturerEventsSize' } },
  { name: 'standardTables', type: { set: 'ST0.standardTablesSize' } },
  { name: 'manufacturerTables', type: { set: 'ST0.manufacturerTablesSize' } },
  { name: 'standardProcedures', type: { set: 'ST0.standardProceduresSize' } },
  { name: 'manufacturerProcedures', type: { set: 'ST0.manufacturerProceduresSize' } },
];

const LIST: readonly Field[] = [
  {
    name: 'list',
    type: { bits: 1, parts: { isDescending: [0, 0], overflow: [1, 1], isCircular: [2, 2], inhibitOverflow: [3, 3] } },
  },
  { name: 'numberOfValidEntries', type: 'u16' },
  { name: 'lastEntry', type: 'u16' },
  { name: 'lastSequence', type: 'u32' },
  { name: 'numberOfUnreadEntries', type: 'u16' },
];

export const LOG_TABLES = [
  {
    number: 71,
    name: 'actualLog',
    fields: [
      {
        name: 'flags',
        type: {
          bits: 1,
          parts: {
            eventNumber: [0, 0],
            historyTime: [1, 1],
            historySequence: [2, 2],
            historyInhibitOverflow: [3, 3],
            eventInhibitOverflow: [4, 4],
          },
        },
      },
      { name: 'standardEventsSize', type: 'u8' },
      { name: 'manufacturerEventsSize', type: 'u8' },
      { name: 'historyDataLength', type: 'u8' },
      { name: 'eventDataLength', type: 'u8' },
      { name: 'numberOfHistoryEntries', type: 'u16' },
      { name: 'numberOfEventEntries', type: 'u16' },
      // The second edition adds flags and a count of programs (ST0, STD_VERSION_NO above 1).
      { name: 'extendedFlags', type: 'u8', when: { path: 'ST0.standardVersion', equals: 2 } },
      { name: 'numberOfProgramTables', type: 'u16', when: { path: 'ST0.standardVersion', equals: 2 } },
    ],
  },
  {
    number: 72,
    name: 'eventsIdentification',
    fields: [
      { name: 'standardEvents', type: { set: 'ST71.standardEventsSize' } },
      { name: 'manufacturerEvents', type: { set: 'ST71.manufacturerEventsSize' } },
    ],
  },
  { number: 73, name: 'historyLogControl', fields: MONITORED },
  {
    number: 74,
    name: 'historyLog',
    fields: [
      ...LIST,
      {
        name: 'entries',
        type: {
          array: 'ST71.numberOfHistoryEntries',
          of: {
            record: [
              { name: 'at', type: 'ltime', when: 'ST71.flags.historyTime' },
              { name: 'eventNumber', type: 'u16', when: 'ST71.flags.eventNumber' },
              { name: 'sequence', type: 'u16', when: 'ST71.flags.historySequence' },
              { name: 'userId', type: 'u16' },
              { name: 'code', type: TABLE_ID },
              { name: 'argument', type: { bytes: 'ST71.historyDataLength' } },
            ],
          },
        },
      },
    ],
  },
  { number: 75, name: 'eventLogControl', fields: MONITORED },
  {
    number: 76,
    name: 'eventLog',
    fields: [
      ...LIST,
      {
        name: 'entries',
        type: {
          array: 'ST71.numberOfEventEntries',
          of: {
            record: [
              { name: 'at', type: 'ltime' },
              { name: 'eventNumber', type: 'u16', when: 'ST71.flags.eventNumber' },
              { name: 'sequence', type: 'u16' },
              { name: 'userId', type: 'u16' },
              { name: 'code', type: TABLE_ID },
              { name: 'argument', type: { bytes: 'ST71.eventDataLength' } },
            ],
          },
        },
      },
    ],
  },
] as const satisfies readonly Table[];
