/** Names for codes of the headers: device types (EN 13757-7, table 13), status, application errors (EN 13757-3, 10.2). */

/** Media 16 to 24 and 32 to 63 as of the 2018 edition; the open ones stay "reserved". */
const DEVICE_TYPES: Readonly<Record<number, string>> = {
  0: 'other',
  1: 'oil',
  2: 'electricity',
  3: 'gas',
  4: 'heat',
  5: 'steam',
  6: 'warm water',
  7: 'water',
  8: 'heat cost allocation',
  9: 'compressed air',
  10: 'cooling load volume at outlet',
  11: 'cooling load volume at inlet',
  12: 'heat volume at inlet',
  13: 'heat/cooling load',
  14: 'bus/system component',
  15: 'unknown',
  20: 'calorific value',
  21: 'hot water',
  22: 'cold water',
  23: 'dual register water meter',
  24: 'pressure',
  25: 'A/D converter',
  26: 'smoke detector',
  27: 'room sensor',
  28: 'gas detector',
  32: 'breaker (electricity)',
  33: 'valve (gas or water)',
  37: 'customer unit (display)',
  40: 'waste water',
  41: 'garbage',
  42: 'carbon dioxide',
  49: 'communication controller',
  50: 'unidirectional repeater',
  51: 'bidirectional repeater',
  54: 'radio converter (system side)',
  55: 'radio converter (meter side)',
  56: 'wired adapter',
};

export function deviceTypeName(deviceType: number): string {
  return DEVICE_TYPES[deviceType] ?? 'reserved';
}

/** Of an application error telegram; other codes are reserved or the maker's. */
const APPLICATION_ERRORS: readonly string[] = [
  'Unspecified error',
  'Unimplemented CI-Field',
  'Buffer too long, truncated',
  'Too many records',
  'Premature end of record',
  'More than 10 DIFE´s',
  'More than 10 VIFE´s',
  'Reserved',
  'Application busy',
  'Too many readouts',
];

export function applicationErrorName(code: number): string {
  return APPLICATION_ERRORS[code] ?? `Unknown error 0x${code.toString(16).padStart(2, '0')}`;
}

/** The names that readers of the wired bus are used to (EN 13757-3:2004, table 3); beyond them those of today. */
const WIRED_MEDIA: Readonly<Record<number, string>> = {
  0: 'Other',
  1: 'Oil',
  2: 'Electricity',
  3: 'Gas',
  4: 'Heat: Outlet',
  5: 'Steam',
  6: 'Warm water (30-90°C)',
  7: 'Water',
  8: 'Heat Cost Allocator',
  9: 'Compressed Air',
  10: 'Cooling load meter: Outlet',
  11: 'Cooling load meter: Inlet',
  12: 'Heat: Inlet',
  13: 'Heat / Cooling load meter',
  14: 'Bus/System',
  15: 'Unknown',
  22: 'Cold water',
  23: 'Dual water',
  24: 'Pressure',
  25: 'A/D Converter',
};

export function wiredMediumName(medium: number): string {
  return WIRED_MEDIA[medium] ?? deviceTypeName(medium);
}
