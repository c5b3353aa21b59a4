/** Primary VIF codes (EN 13757-3:2018, table 10). Rows of one quantity differ by a power of ten. */

import { durationRows, expandRows, type VifRow } from './vif-row.js';

const ROWS = [
  { bits: 0x00, count: 8, quantity: 'Energy', unit: 'Wh', exponent: -3 },
  { bits: 0x08, count: 8, quantity: 'Energy', unit: 'J', exponent: 0 },
  { bits: 0x10, count: 8, quantity: 'Volume', unit: 'm^3', exponent: -6 },
  { bits: 0x18, count: 8, quantity: 'Mass', unit: 'kg', exponent: -3 },
  ...durationRows(0x20, 'On time'),
  ...durationRows(0x24, 'Operating time'),
  { bits: 0x28, count: 8, quantity: 'Power', unit: 'W', exponent: -3 },
  { bits: 0x30, count: 8, quantity: 'Power', unit: 'J/h', exponent: 0 },
  { bits: 0x38, count: 8, quantity: 'Volume flow', unit: 'm^3/h', exponent: -6 },
  { bits: 0x40, count: 8, quantity: 'Volume flow', unit: 'm^3/min', exponent: -7 },
  { bits: 0x48, count: 8, quantity: 'Volume flow', unit: 'm^3/s', exponent: -9 },
  { bits: 0x50, count: 8, quantity: 'Mass flow', unit: 'kg/h', exponent: -3 },
  { bits: 0x58, count: 4, quantity: 'Flow temperature', unit: '°C', exponent: -3 },
  { bits: 0x5c, count: 4, quantity: 'Return temperature', unit: '°C', exponent: -3 },
  { bits: 0x60, count: 4, quantity: 'Temperature difference', unit: 'K', exponent: -3 },
  { bits: 0x64, count: 4, quantity: 'External temperature', unit: '°C', exponent: -3 },
  { bits: 0x68, count: 4, quantity: 'Pressure', unit: 'bar', exponent: -3 },
  { bits: 0x6c, quantity: 'Time point (date)', unit: '-', kind: 'date' },
  { bits: 0x6d, quantity: 'Time point (date & time)', unit: '-', kind: 'dateTime' },
  { bits: 0x6e, quantity: 'H.C.A.', unit: 'Units for H.C.A.' },
  ...durationRows(0x70, 'Averaging Duration'),
  ...durationRows(0x74, 'Actuality Duration'),
  { bits: 0x78, quantity: 'Fabrication No', kind: 'unsigned' },
  { bits: 0x79, quantity: 'Enhanced identification', kind: 'unsigned' },
  { bits: 0x7a, quantity: 'Bus Address', kind: 'unsigned' },
  { bits: 0x7e, quantity: 'Any VIF' },
  { bits: 0x7f, quantity: 'Manufacturer specific' },
] as const satisfies readonly VifRow[];

export const PRIMARY_VIFS = expandRows(ROWS);
