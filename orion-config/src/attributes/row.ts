/** What a row of the attribute table says, and the shapes that many rows share. */

import type { Namespace } from '../namespaces.js';
import type { UnitCode } from '../units.js';

/**
 * `register`: a counter that only grows, until it rolls over. `interval`: an amount between two instants.
 * `gauge`: a value at an instant. `count`: a whole number. `ratio`: a factor or share. `money`: an amount of a
 * currency, in minor units where nothing else is said.
 * `text`, `flag`, `time`, `object`, `link`, `place`: not a number.
 */
export type Quantity =
  | 'register'
  | 'interval'
  | 'gauge'
  | 'count'
  | 'ratio'
  | 'money'
  | 'text'
  | 'flag'
  | 'time'
  | 'object'
  | 'link'
  | 'place';

export type AttributeKind = 'property' | 'relationship' | 'geoProperty' | 'languageProperty';

export interface AttributeRow {
  readonly kind: AttributeKind;
  /** Whose word it is. */
  readonly from: Namespace;
  readonly quantity: Quantity;
  /** The one unit in which this attribute travels. */
  readonly unitCode?: UnitCode;
  /** Digits behind the decimal point that are kept exactly; every numeric attribute has them. */
  readonly decimals?: number;
  readonly about: string;
}

export const TEXT = { kind: 'property', from: 'contor', quantity: 'text' } as const;
export const FLAG = { kind: 'property', from: 'contor', quantity: 'flag' } as const;
export const TIME = { kind: 'property', from: 'contor', quantity: 'time' } as const;
export const OBJECT = { kind: 'property', from: 'contor', quantity: 'object' } as const;
export const LINK = { kind: 'relationship', from: 'contor', quantity: 'link' } as const;
export const COUNT = { kind: 'property', from: 'contor', quantity: 'count', unitCode: 'C62', decimals: 0 } as const;
export const SECONDS = { kind: 'property', from: 'contor', quantity: 'gauge', unitCode: 'SEC', decimals: 0 } as const;
export const FACTOR = { kind: 'property', from: 'contor', quantity: 'ratio', unitCode: 'C62', decimals: 9 } as const;
/** A quotient for which Recommendation 20 has no code: the row says of what. */
export const RATE = { kind: 'property', from: 'contor', quantity: 'ratio', decimals: 9 } as const;
export const MONEY = { kind: 'property', from: 'contor', quantity: 'money', decimals: 0 } as const;

/** Six decimals of a kilowatt hour are a milliwatt hour: finer than any register, and 10⁹ kWh still fit into 15 digits. */
export const ENERGY_REGISTER = {
  kind: 'property',
  from: 'contor',
  quantity: 'register',
  unitCode: 'KWH',
  decimals: 6,
} as const;
export const REACTIVE_REGISTER = { ...ENERGY_REGISTER, unitCode: 'K3' } as const;
export const APPARENT_REGISTER = { ...ENERGY_REGISTER, unitCode: 'C79' } as const;
export const VOLUME_REGISTER = { ...ENERGY_REGISTER, unitCode: 'MTQ' } as const;
export const ENERGY_INTERVAL = { ...ENERGY_REGISTER, quantity: 'interval' } as const;
export const REACTIVE_INTERVAL = { ...REACTIVE_REGISTER, quantity: 'interval' } as const;
export const VOLUME_INTERVAL = { ...VOLUME_REGISTER, quantity: 'interval' } as const;

export const POWER = { kind: 'property', from: 'contor', quantity: 'gauge', unitCode: 'WTT', decimals: 3 } as const;
export const REACTIVE_POWER = { ...POWER, unitCode: 'D44' } as const;
export const APPARENT_POWER = { ...POWER, unitCode: 'D46' } as const;
export const VOLTAGE = { ...POWER, unitCode: 'VLT' } as const;
export const CURRENT = { ...POWER, unitCode: 'AMP' } as const;
export const TEMPERATURE = { ...POWER, unitCode: 'CEL' } as const;
export const FLOW = { ...POWER, unitCode: 'MQH', decimals: 6 } as const;
export const COSINE = { ...POWER, quantity: 'ratio', unitCode: 'C62', decimals: 4 } as const;
