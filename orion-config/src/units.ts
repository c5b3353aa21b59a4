/**
 * Units of measure: the UN/CEFACT Recommendation 20 common codes that this platform writes into `unitCode`
 * (GS CIM 009 V1.9.1, 4.5.2). Every code, name and symbol was checked row by row against Recommendation 20, revision 14
 * (Annex II and III, 2020); none of them is marked deprecated (D) or deleted (X) there.
 */

export interface UnitRow {
  /** The name as Recommendation 20 prints it. */
  readonly name: string;
  /** What a person reads beside the number. */
  readonly symbol: string;
}

export const UNITS = {
  WTT: { name: 'watt', symbol: 'W' },
  KWT: { name: 'kilowatt', symbol: 'kW' },
  MAW: { name: 'megawatt', symbol: 'MW' },
  WHR: { name: 'watt hour', symbol: 'Wh' },
  KWH: { name: 'kilowatt hour', symbol: 'kWh' },
  MWH: { name: 'megawatt hour (1000 kW.h)', symbol: 'MWh' },
  D44: { name: 'var', symbol: 'var' },
  KVR: { name: 'kilovar', symbol: 'kvar' },
  K3: { name: 'kilovolt ampere reactive hour', symbol: 'kvarh' },
  D46: { name: 'volt - ampere', symbol: 'VA' },
  KVA: { name: 'kilovolt - ampere', symbol: 'kVA' },
  C79: { name: 'kilovolt ampere hour', symbol: 'kVAh' },
  VLT: { name: 'volt', symbol: 'V' },
  AMP: { name: 'ampere', symbol: 'A' },
  HTZ: { name: 'hertz', symbol: 'Hz' },
  DD: { name: 'degree [unit of angle]', symbol: '°' },
  MTQ: { name: 'cubic metre', symbol: 'm³' },
  LTR: { name: 'litre', symbol: 'l' },
  MQH: { name: 'cubic metre per hour', symbol: 'm³/h' },
  E32: { name: 'litre per hour', symbol: 'l/h' },
  '3B': { name: 'megajoule', symbol: 'MJ' },
  GV: { name: 'gigajoule', symbol: 'GJ' },
  E46: { name: 'kilowatt hour per cubic metre', symbol: 'kWh/m³' },
  CEL: { name: 'degree Celsius', symbol: '°C' },
  KEL: { name: 'kelvin', symbol: 'K' },
  BAR: { name: 'bar [unit of pressure]', symbol: 'bar' },
  A97: { name: 'hectopascal', symbol: 'hPa' },
  P1: { name: 'percent', symbol: '%' },
  '59': { name: 'part per million', symbol: 'ppm' },
  '61': { name: 'part per billion (US)', symbol: 'ppb' },
  GQ: { name: 'microgram per cubic metre', symbol: 'µg/m³' },
  LUX: { name: 'lux', symbol: 'lx' },
  MTK: { name: 'square metre', symbol: 'm²' },
  KGM: { name: 'kilogram', symbol: 'kg' },
  SEC: { name: 'second [unit of time]', symbol: 's' },
  MIN: { name: 'minute [unit of time]', symbol: 'min' },
  HUR: { name: 'hour', symbol: 'h' },
  DAY: { name: 'day', symbol: 'd' },
  C62: { name: 'one', symbol: '' },
} as const satisfies Record<string, UnitRow>;

export type UnitCode = keyof typeof UNITS;
