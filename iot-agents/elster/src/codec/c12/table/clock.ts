/** ANSI C12.19-2008, decade 5: clock, offset, calendar and the state of the tariff. */

import type { Bits, Field, Table } from './type.js';

const QUALITY: Bits = {
  bits: 1,
  parts: {
    dayOfWeek: [0, 2],
    isDaylightSaving: [3, 3],
    isGmt: [4, 4],
    isZoneApplied: [5, 5],
    isDaylightSavingApplied: [6, 6],
  },
};

const ACTION: Bits = { bits: 1, parts: { control: [0, 4], demandReset: [5, 5], selfRead: [6, 6] } };

const WEEK = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;
const SEPARATE = 'ST51.functions2.separateWeekdays';

/** Schedules of one season: a day each, or Saturday, Sunday and weekday. */
const SCHEDULES: readonly Field[] = [
  ...WEEK.map((name): Field => ({ name, type: 'u8', when: SEPARATE })),
  ...['saturdays', 'sundays', 'weekdays'].map((name): Field => ({ name, type: 'u8', when: { not: SEPARATE } })),
  { name: 'special', type: { array: 'ST51.calendar.numberOfSpecialSchedules', of: 'u8' } },
];

export const CLOCK_TABLES = [
  {
    number: 51,
    name: 'actualTimeOfUse',
    fields: [
      {
        name: 'functions1',
        type: {
          bits: 1,
          parts: {
            selfRead: [0, 0],
            seasonSelfRead: [1, 1],
            seasonDemandReset: [2, 2],
            seasonChangeArmed: [3, 3],
            sortDates: [4, 4],
            anchorDate: [5, 5],
          },
        },
      },
      {
        name: 'functions2',
        type: {
          bits: 1,
          parts: {
            daylightSavingAutomatic: [0, 0],
            separateWeekdays: [1, 1],
            separateSummationDemands: [2, 2],
            sortTierSwitches: [3, 3],
            zoneOffset: [4, 4],
          },
        },
      },
      { name: 'calendar', type: { bits: 1, parts: { numberOfSeasons: [0, 3], numberOfSpecialSchedules: [4, 7] } } },
      { name: 'numberOfDates', type: 'u8' },
      { name: 'numberOfRecurringDates', type: 'u8' },
      { name: 'numberOfTierSwitches', type: 'u16' },
      { name: 'calendarSize', type: 'u16' },
    ],
  },
  {
    number: 52,
    name: 'clock',
    fields: [
      { name: 'clock', type: 'ltime' },
      { name: 'quality', type: QUALITY },
    ],
  },
  {
    number: 53,
    name: 'timeOffset',
    fields: [
      { name: 'daylightSavingAt', type: 'time' },
      { name: 'daylightSavingMinutes', type: 'u8' },
      { name: 'zoneOffsetMinutes', type: 'i16' },
    ],
  },
  {
    number: 54,
    name: 'calendar',
    fields: [
      { name: 'anchor', type: 'date', when: 'ST51.functions1.anchorDate' },
      {
        name: 'dates',
        type: {
          array: 'ST51.numberOfDates',
          of: {
            record: [
              { name: 'date', type: 'date' },
              { name: 'action', type: ACTION },
            ],
          },
        },
      },
      {
        name: 'recurringDates',
        type: {
          array: 'ST51.numberOfRecurringDates',
          of: {
            record: [
              // RDATE: what the bits above the first four say depends on the month; 4.3.
              { name: 'date', type: { bits: 2, parts: { month: [0, 3], rule: [4, 15] } } },
              { name: 'action', type: ACTION },
            ],
          },
        },
      },
      {
        name: 'tierSwitches',
        type: {
          array: 'ST51.numberOfTierSwitches',
          of: {
            record: [
              {
                name: 'switch',
                type: {
                  bits: 2,
                  parts: { tier: [0, 2], summations: [3, 3], demands: [4, 4], minute: [5, 10], hour: [11, 15] },
                },
              },
              { name: 'schedule', type: 'u8' },
            ],
          },
        },
      },
      { name: 'seasons', type: { array: 'ST51.calendar.numberOfSeasons', of: { record: SCHEDULES } } },
    ],
  },
  {
    number: 55,
    name: 'clockState',
    fields: [
      { name: 'clock', type: 'ltime' },
      { name: 'quality', type: QUALITY },
      {
        name: 'status',
        type: {
          bits: 2,
          parts: {
            summationTier: [0, 2],
            demandTier: [3, 5],
            tierDrive: [6, 7],
            specialSchedule: [8, 11],
            season: [12, 15],
          },
        },
      },
    ],
  },
] as const satisfies readonly Table[];
