/**
 * The map of a device model: which object id of what a meter says (a JSON name, an OBIS code, a record of M-Bus) is which attribute of
 * the vocabulary. Data only, so that a metering expert can proof-read it; adding a meter is adding rows.
 */

import type { Amount, AttributeOf, NumericAttribute, PropertyOf, UnitCode } from '@contor/orion-config';

/** The entity types that hold the present of one meter or sensor. */
export type LiveType =
  | 'ACMeasurement'
  | 'HeatMeasurement'
  | 'GasMeasurement'
  | 'WaterConsumptionObserved'
  | 'IndoorEnvironmentObserved';

export type LiveNumber<Type extends LiveType = LiveType> = Extract<AttributeOf<Type>, NumericAttribute>;
export type LiveWord<Type extends LiveType = LiveType> = Extract<
  Exclude<PropertyOf<Type>, NumericAttribute>,
  'breakerState' | 'valveState' | 'pumpState' | 'phaseType'
>;
export type LiveFlag<Type extends LiveType = LiveType> = Extract<PropertyOf<Type>, `alarm${string}`>;
export type IntervalNumber = Extract<AttributeOf<'IntervalReading'>, NumericAttribute>;

/** What a codec brings: an exact amount, a JSON number in the unit of the row, a word or a flag. */
export type MeasuredValue = Amount | number | string | boolean;

export interface ValueRow<Type extends LiveType = LiveType> {
  readonly objectId: string;
  readonly attribute: LiveNumber<Type>;
  /** A register is published as it was metered or not at all; a gauge is rounded to the digits it is kept with. */
  readonly kind: 'register' | 'gauge';
  /** The unit of a bare number, where it is not that of the attribute. */
  readonly unitCode?: UnitCode;
}

export interface StateRow<Type extends LiveType = LiveType> {
  readonly objectId: string;
  readonly attribute: LiveWord<Type>;
  /** The device's word → ours. A word that is not here is a fault of the value. */
  readonly words: Readonly<Record<string, string>>;
}

export interface FlagRow<Type extends LiveType = LiveType> {
  readonly objectId: string;
  readonly attribute: LiveFlag<Type>;
}

export interface SumRow<Type extends LiveType = LiveType> {
  readonly attribute: LiveNumber<Type>;
  /** Published only when all of them are there; each has as many decimals as the sum. */
  readonly addends: readonly LiveNumber<Type>[];
  readonly subtrahends?: readonly LiveNumber<Type>[];
}

export interface ChannelRow {
  readonly objectId: string;
  /** Absent: the profile holds the amounts of the intervals themselves. */
  readonly register?: IntervalNumber;
  readonly interval: IntervalNumber;
  readonly unitCode?: UnitCode;
}

export interface ProfileRow {
  readonly name: string;
  readonly channels: readonly ChannelRow[];
}

export interface DeviceModel<Type extends LiveType = LiveType> {
  readonly type: Type;
  readonly values: readonly ValueRow<Type>[];
  readonly states?: readonly StateRow<Type>[];
  readonly flags?: readonly FlagRow<Type>[];
  readonly sums?: readonly SumRow<Type>[];
  readonly profile?: ProfileRow;
  /** What it does when it is told to. */
  readonly commands?: readonly string[];
}

/** A value that may not go on, and why. */
export interface ValueFault {
  readonly reason: string;
  readonly detail: string;
}
