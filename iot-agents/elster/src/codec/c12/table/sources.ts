/** ANSI C12.19-2008, decade 1: what is measured, in which unit, by which constants. */

import type { Field, Table } from './type.js';

/** A transformer set: whether it is applied already, and its two ratios. */
const RATIOS: readonly Field[] = [
  { name: 'flags', type: { bits: 1, parts: { isApplied: [0, 0] } } },
  { name: 'currentRatio', type: 'ni1' },
  { name: 'voltageRatio', type: 'ni1' },
];

export const SOURCE_TABLES = [
  {
    number: 11,
    name: 'actualSourcesLimiting',
    fields: [
      {
        name: 'flags',
        type: {
          bits: 1,
          parts: {
            powerFailExclusion: [0, 0],
            resetExclusion: [1, 1],
            blockDemand: [2, 2],
            slidingDemand: [3, 3],
            thermalDemand: [4, 4],
            set1Present: [5, 5],
            set2Present: [6, 6],
          },
        },
      },
      { name: 'numberOfUnits', type: 'u8' },
      { name: 'numberOfDemandControls', type: 'u8' },
      { name: 'dataControlLength', type: 'u8' },
      { name: 'numberOfDataControls', type: 'u8' },
      { name: 'numberOfConstants', type: 'u8' },
      { name: 'constantsSelector', type: 'u8' },
      { name: 'numberOfSources', type: 'u8' },
    ],
  },
  {
    number: 12,
    name: 'unitsOfMeasure',
    fields: [
      {
        name: 'units',
        type: {
          array: 'ST11.numberOfUnits',
          of: {
            bits: 4,
            parts: {
              code: [0, 7],
              timeBase: [8, 10],
              multiplier: [11, 13],
              quadrant1: [14, 14],
              quadrant2: [15, 15],
              quadrant3: [16, 16],
              quadrant4: [17, 17],
              netFlow: [18, 18],
              segmentation: [19, 21],
              harmonic: [22, 22],
              isNotFormattedStandard: [31, 31],
            },
          },
        },
      },
    ],
  },
  {
    number: 13,
    name: 'demandControl',
    fields: [
      { name: 'resetExclusionMinutes', type: 'u8', when: 'ST11.flags.resetExclusion' },
      { name: 'powerFailRecognitionSeconds', type: 'u8', when: 'ST11.flags.powerFailExclusion' },
      { name: 'powerFailExclusionMinutes', type: 'u8', when: 'ST11.flags.powerFailExclusion' },
      { name: 'coldLoadPickupMinutes', type: 'u8', when: 'ST11.flags.powerFailExclusion' },
      {
        name: 'intervals',
        type: {
          array: 'ST11.numberOfDemandControls',
          of: {
            record: [
              { name: 'subIntervalMinutes', type: 'u8', when: 'ST11.flags.slidingDemand' },
              { name: 'multiplier', type: 'u8', when: 'ST11.flags.slidingDemand' },
              { name: 'lengthMinutes', type: 'u16', when: { not: 'ST11.flags.slidingDemand' } },
            ],
          },
        },
      },
    ],
  },
  {
    number: 14,
    name: 'dataControl',
    fields: [
      { name: 'sources', type: { array: 'ST11.numberOfDataControls', of: { bytes: 'ST11.dataControlLength' } } },
    ],
  },
  {
    number: 15,
    name: 'constants',
    fields: [
      {
        name: 'constants',
        // 2 is electricity; the gas records of selectors 0 and 1 are not described here.
        when: { path: 'ST11.constantsSelector', equals: 2 },
        type: {
          array: 'ST11.numberOfConstants',
          of: {
            record: [
              { name: 'multiplier', type: 'ni1' },
              { name: 'offset', type: 'ni1' },
              { name: 'set1', type: { record: RATIOS }, when: 'ST11.flags.set1Present' },
              { name: 'set2', type: { record: RATIOS }, when: 'ST11.flags.set2Present' },
            ],
          },
        },
      },
    ],
  },
  {
    number: 16,
    name: 'sourceDefinition',
    fields: [
      {
        name: 'sources',
        type: {
          array: 'ST11.numberOfSources',
          of: {
            bits: 1,
            parts: {
              hasUnit: [0, 0],
              hasDemandControl: [1, 1],
              hasDataControl: [2, 2],
              hasConstants: [3, 3],
              isEngineeringUnits: [4, 4],
              isConstantApplied: [5, 5],
            },
          },
        },
      },
    ],
  },
] as const satisfies readonly Table[];
