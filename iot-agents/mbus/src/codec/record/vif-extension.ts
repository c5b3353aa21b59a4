/** VIF codes behind FB and FD (EN 13757-3:2018, tables 12 to 14). */

import { durationRows, expandRows, type VifRow } from './vif-row.js';

/** Table 14, behind FB. MWh, GJ, MW and t are counted in Wh, J, W and kg. */
const FIRST = [
  { bits: 0x00, count: 2, quantity: 'Energy', unit: 'Wh', exponent: 5 },
  { bits: 0x02, count: 2, quantity: 'Reactive energy', unit: 'varh', exponent: 3 },
  { bits: 0x04, count: 2, quantity: 'Apparent energy', unit: 'VAh', exponent: 3 },
  { bits: 0x08, count: 2, quantity: 'Energy', unit: 'J', exponent: 8 },
  { bits: 0x0c, count: 4, quantity: 'Energy', unit: 'cal', exponent: 5 },
  { bits: 0x10, count: 2, quantity: 'Volume', unit: 'm^3', exponent: 2 },
  { bits: 0x14, count: 4, quantity: 'Reactive power', unit: 'var', exponent: 0 },
  { bits: 0x18, count: 2, quantity: 'Mass', unit: 'kg', exponent: 5 },
  { bits: 0x1a, count: 2, quantity: 'Relative humidity', unit: '%RH', exponent: -1 },
  { bits: 0x20, quantity: 'Volume', unit: 'feet^3' },
  { bits: 0x21, quantity: 'Volume', unit: 'feet^3', exponent: -1 },
  { bits: 0x22, quantity: 'Volume', unit: 'american gallon', exponent: -1 },
  { bits: 0x23, quantity: 'Volume', unit: 'american gallon' },
  { bits: 0x24, quantity: 'Volume flow', unit: 'american gallon/min', exponent: -3 },
  { bits: 0x25, quantity: 'Volume flow', unit: 'american gallon/min' },
  { bits: 0x26, quantity: 'Volume flow', unit: 'american gallon/h' },
  { bits: 0x28, count: 2, quantity: 'Power', unit: 'W', exponent: 5 },
  { bits: 0x2a, quantity: 'Phase U-U', unit: '°', exponent: -1 },
  { bits: 0x2b, quantity: 'Phase U-I', unit: '°', exponent: -1 },
  { bits: 0x2c, count: 4, quantity: 'Frequency', unit: 'Hz', exponent: -3 },
  { bits: 0x30, count: 2, quantity: 'Power', unit: 'J/h', exponent: 8 },
  { bits: 0x34, count: 4, quantity: 'Apparent power', unit: 'VA', exponent: 0 },
  { bits: 0x58, count: 4, quantity: 'Flow temperature', unit: '°F', exponent: -3 },
  { bits: 0x5c, count: 4, quantity: 'Return temperature', unit: '°F', exponent: -3 },
  { bits: 0x60, count: 4, quantity: 'Temperature difference', unit: '°F', exponent: -3 },
  { bits: 0x64, count: 4, quantity: 'External temperature', unit: '°F', exponent: -3 },
  { bits: 0x70, count: 4, quantity: 'Cold / Warm Temperature Limit', unit: '°F', exponent: -3 },
  { bits: 0x74, count: 4, quantity: 'Cold / Warm Temperature Limit', unit: '°C', exponent: -3 },
  { bits: 0x78, count: 8, quantity: 'Cumulative count max power', unit: 'W', exponent: -3 },
] as const satisfies readonly VifRow[];

const HOURS = 3_600;
const DAYS = 86_400;

/** Months and years are no fixed count of seconds and keep their names. */
function longDurationRows(bits: number, quantity: string): readonly VifRow[] {
  return [
    { bits, quantity, unit: 's', factor: HOURS },
    { bits: bits + 1, quantity, unit: 's', factor: DAYS },
    { bits: bits + 2, quantity, unit: 'month' },
    { bits: bits + 3, quantity, unit: 'year' },
  ];
}

/** Table 12, behind FD. */
const SECOND = [
  { bits: 0x00, count: 4, quantity: 'Credit', unit: 'Currency units', exponent: -3 },
  { bits: 0x04, count: 4, quantity: 'Debit', unit: 'Currency units', exponent: -3 },
  { bits: 0x08, quantity: 'Access Number (transmission count)', kind: 'unsigned' },
  { bits: 0x09, quantity: 'Medium', kind: 'unsigned' },
  { bits: 0x0a, quantity: 'Manufacturer', kind: 'unsigned' },
  { bits: 0x0b, quantity: 'Parameter set identification', kind: 'unsigned' },
  { bits: 0x0c, quantity: 'Model / Version', kind: 'unsigned' },
  { bits: 0x0d, quantity: 'Hardware version', kind: 'unsigned' },
  { bits: 0x0e, quantity: 'Firmware version', kind: 'unsigned' },
  { bits: 0x0f, quantity: 'Software version', kind: 'unsigned' },
  { bits: 0x10, quantity: 'Customer location', kind: 'unsigned' },
  { bits: 0x11, quantity: 'Customer', kind: 'unsigned' },
  { bits: 0x12, quantity: 'Access Code User', kind: 'unsigned' },
  { bits: 0x13, quantity: 'Access Code Operator', kind: 'unsigned' },
  { bits: 0x14, quantity: 'Access Code System Operator', kind: 'unsigned' },
  { bits: 0x15, quantity: 'Access Code Developer', kind: 'unsigned' },
  { bits: 0x16, quantity: 'Password', kind: 'unsigned' },
  { bits: 0x17, quantity: 'Error flags', kind: 'unsigned' },
  { bits: 0x18, quantity: 'Error mask', kind: 'unsigned' },
  { bits: 0x19, quantity: 'Security key', kind: 'unsigned' },
  { bits: 0x1a, quantity: 'Digital Output', kind: 'unsigned' },
  { bits: 0x1b, quantity: 'Digital Input', kind: 'unsigned' },
  { bits: 0x1c, quantity: 'Baudrate', unit: 'baud' },
  { bits: 0x1d, quantity: 'Response delay time', unit: 'bit times' },
  { bits: 0x1e, quantity: 'Retry' },
  { bits: 0x1f, quantity: 'Remote control', kind: 'unsigned' },
  { bits: 0x20, quantity: 'First storage number for cyclic storage', kind: 'unsigned' },
  { bits: 0x21, quantity: 'Last storage number for cyclic storage', kind: 'unsigned' },
  { bits: 0x22, quantity: 'Size of storage block', kind: 'unsigned' },
  { bits: 0x23, quantity: 'Descriptor for tariff and subunit', kind: 'unsigned' },
  ...durationRows(0x24, 'Storage interval'),
  { bits: 0x28, quantity: 'Storage interval', unit: 'month' },
  { bits: 0x29, quantity: 'Storage interval', unit: 'year' },
  { bits: 0x2a, quantity: 'Operator specific data', kind: 'unsigned' },
  { bits: 0x2b, quantity: 'Time point second', unit: 's', kind: 'unsigned' },
  ...durationRows(0x2c, 'Duration since last readout'),
  { bits: 0x30, quantity: 'Start (date/time) of tariff', unit: '-', kind: 'dateTime' },
  ...durationRows(0x30, 'Duration of tariff', 1),
  ...durationRows(0x34, 'Period of tariff'),
  { bits: 0x38, quantity: 'Period of tariff', unit: 'month' },
  { bits: 0x39, quantity: 'Period of tariff', unit: 'year' },
  { bits: 0x3a, quantity: 'Dimensionless' },
  { bits: 0x3b, quantity: 'Data container for wireless M-Bus', kind: 'unsigned' },
  ...durationRows(0x3c, 'Period of nominal data transmissions'),
  { bits: 0x40, count: 16, quantity: 'Voltage', unit: 'V', exponent: -9 },
  { bits: 0x50, count: 16, quantity: 'Current', unit: 'A', exponent: -12 },
  { bits: 0x60, quantity: 'Reset counter', kind: 'unsigned' },
  { bits: 0x61, quantity: 'Cumulation counter', kind: 'unsigned' },
  { bits: 0x62, quantity: 'Control signal', kind: 'unsigned' },
  { bits: 0x63, quantity: 'Day of week', kind: 'unsigned' },
  { bits: 0x64, quantity: 'Week number', kind: 'unsigned' },
  { bits: 0x65, quantity: 'Time point of day change', kind: 'dateTime' },
  { bits: 0x66, quantity: 'State of parameter activation', kind: 'unsigned' },
  { bits: 0x67, quantity: 'Special supplier information', kind: 'unsigned' },
  ...longDurationRows(0x68, 'Duration since last cumulation'),
  ...longDurationRows(0x6c, 'Operating time battery'),
  { bits: 0x70, quantity: 'Date and time of battery change', unit: '-', kind: 'dateTime' },
  { bits: 0x71, quantity: 'RF level', unit: 'dBm' },
  { bits: 0x72, quantity: 'Daylight saving (begin, end, deviation)', kind: 'unsigned' },
  { bits: 0x73, quantity: 'Listening window management', kind: 'unsigned' },
  { bits: 0x74, quantity: 'Remaining battery life time', unit: 's', factor: DAYS },
  { bits: 0x75, quantity: 'Number of times the meter was stopped', kind: 'unsigned' },
  { bits: 0x76, quantity: 'Data container for manufacturer specific protocol', kind: 'unsigned' },
] as const satisfies readonly VifRow[];

/** Table 13, behind FD FD. */
const SECOND_LEVEL_TWO = [
  { bits: 0x00, quantity: 'Currently selected application', kind: 'unsigned' },
  { bits: 0x02, quantity: 'Remaining battery life time', unit: 'month' },
  { bits: 0x03, quantity: 'Remaining battery life time', unit: 'year' },
] as const satisfies readonly VifRow[];

export const FIRST_EXTENSION_VIFS = expandRows(FIRST);
export const SECOND_EXTENSION_VIFS = expandRows(SECOND);
export const SECOND_EXTENSION_LEVEL_TWO = expandRows(SECOND_LEVEL_TWO);
