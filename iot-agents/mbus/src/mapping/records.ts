/**
 * Records of EN 13757-3 by the names that device models use. A row says which records it means: quantity, function, VIFEs and
 * subunit; storage and tariff are zero unless it says otherwise. The first record that fits is taken; every other one is kept beside
 * the model's values, never dropped.
 */

import type { MeasuredValue } from '@contor/agent-kit';
import { type Amount, amountOf, type UnitCode } from '@contor/orion-config';
import type { MeterRecord, RecordFunction } from '../codec/record/record.js';

export interface RecordRow {
  readonly objectId: string;
  readonly quantity: string;
  readonly function?: RecordFunction;
  readonly tariff?: number;
  readonly subunit?: number;
  /** Names of the VIFEs, in their order. */
  readonly modifiers?: readonly string[];
  /** Of a quantity without a unit, what its number counts. */
  readonly unitCode?: UnitCode;
}

const NEGATIVE = 'accumulation of the absolute value only if negative';
const POSITIVE = 'accumulation only if positive';
const phase = (number: 1 | 2 | 3) => `at phase L${number}`;

// biome-ignore format: a table
export const RECORDS = [
  { objectId: 'energy', quantity: 'Energy' },
  { objectId: 'energyT1', quantity: 'Energy', tariff: 1 },
  { objectId: 'energyT2', quantity: 'Energy', tariff: 2 },
  { objectId: 'energyT3', quantity: 'Energy', tariff: 3 },
  { objectId: 'energyT4', quantity: 'Energy', tariff: 4 },
  { objectId: 'energyPositive', quantity: 'Energy', modifiers: [POSITIVE] },
  { objectId: 'energyNegative', quantity: 'Energy', modifiers: [NEGATIVE] },
  { objectId: 'reactiveEnergy', quantity: 'Reactive energy' },
  { objectId: 'reactiveEnergyNegative', quantity: 'Reactive energy', modifiers: [NEGATIVE] },
  { objectId: 'volume', quantity: 'Volume' },
  { objectId: 'volumePositive', quantity: 'Volume', modifiers: [POSITIVE] },
  { objectId: 'volumeNegative', quantity: 'Volume', modifiers: [NEGATIVE] },
  { objectId: 'volumeConverted', quantity: 'Volume', modifiers: ['value at base conditions'] },
  { objectId: 'volumeUncorrected', quantity: 'Volume', modifiers: ['uncorrected unit'] },
  { objectId: 'flow', quantity: 'Volume flow' },
  { objectId: 'flowMinimum', quantity: 'Volume flow', function: 'minimum' },
  { objectId: 'flowMaximum', quantity: 'Volume flow', function: 'maximum' },
  { objectId: 'power', quantity: 'Power' },
  { objectId: 'powerMaximum', quantity: 'Power', function: 'maximum' },
  { objectId: 'powerL1', quantity: 'Power', modifiers: [phase(1)] },
  { objectId: 'powerL2', quantity: 'Power', modifiers: [phase(2)] },
  { objectId: 'powerL3', quantity: 'Power', modifiers: [phase(3)] },
  { objectId: 'reactivePower', quantity: 'Reactive power' },
  { objectId: 'forwardTemperature', quantity: 'Flow temperature' },
  { objectId: 'returnTemperature', quantity: 'Return temperature' },
  { objectId: 'temperatureDifference', quantity: 'Temperature difference' },
  { objectId: 'externalTemperature', quantity: 'External temperature' },
  { objectId: 'pressure', quantity: 'Pressure' },
  { objectId: 'voltageL1', quantity: 'Voltage', modifiers: [phase(1)] },
  { objectId: 'voltageL2', quantity: 'Voltage', modifiers: [phase(2)] },
  { objectId: 'voltageL3', quantity: 'Voltage', modifiers: [phase(3)] },
  { objectId: 'voltage', quantity: 'Voltage' },
  { objectId: 'currentL1', quantity: 'Current', modifiers: [phase(1)] },
  { objectId: 'currentL2', quantity: 'Current', modifiers: [phase(2)] },
  { objectId: 'currentL3', quantity: 'Current', modifiers: [phase(3)] },
  { objectId: 'current', quantity: 'Current' },
  { objectId: 'frequency', quantity: 'Frequency' },
  { objectId: 'allocation', quantity: 'H.C.A.' },
  { objectId: 'valvePosition', quantity: 'Dimensionless', subunit: 1, unitCode: 'P1' },
  { objectId: 'digitalOutput', quantity: 'Digital Output' },
] as const satisfies readonly RecordRow[];

interface UnitRow {
  readonly unitCode: UnitCode;
  /** Powers of ten and a ratio between the unit of the record and the one we name. */
  readonly exponent?: number;
  readonly numerator?: bigint;
  readonly denominator?: bigint;
}

const HOUR = 3_600n;

/** Units as the VIF tables write them. The vocabulary converts the rest of the way. */
const UNITS: Readonly<Record<string, UnitRow>> = {
  Wh: { unitCode: 'WHR' },
  J: { unitCode: '3B', exponent: -6 },
  W: { unitCode: 'WTT' },
  'J/h': { unitCode: 'WTT', denominator: HOUR },
  varh: { unitCode: 'K3', exponent: -3 },
  var: { unitCode: 'D44' },
  'm^3': { unitCode: 'MTQ' },
  'm^3/h': { unitCode: 'MQH' },
  'm^3/min': { unitCode: 'MQH', numerator: 60n },
  'm^3/s': { unitCode: 'MQH', numerator: HOUR },
  '°C': { unitCode: 'CEL' },
  K: { unitCode: 'KEL' },
  bar: { unitCode: 'BAR' },
  V: { unitCode: 'VLT' },
  A: { unitCode: 'AMP' },
  Hz: { unitCode: 'HTZ' },
  '': { unitCode: 'C62' },
  'Units for H.C.A.': { unitCode: 'C62' },
};
/** Digits kept behind a ratio that does not come out even. */
const GUARD_DIGITS = 9;

/** By quantity, for a telegram has thirty records and the table forty rows. */
const BY_QUANTITY = new Map<string, RecordRow[]>();
for (const row of RECORDS as readonly RecordRow[])
  BY_QUANTITY.set(row.quantity, [...(BY_QUANTITY.get(row.quantity) ?? []), row]);

export interface NamedRecords {
  readonly values: ReadonlyMap<string, MeasuredValue>;
  /** What no row names, and what a row names a second time. */
  readonly others: readonly MeterRecord[];
}

export function nameRecords(records: readonly MeterRecord[], wanted: ReadonlySet<string>): NamedRecords {
  const values = new Map<string, MeasuredValue>();
  const others: MeterRecord[] = [];
  for (const record of records) {
    const row = rowOf(record);
    const isWanted = row !== undefined && wanted.has(row.objectId) && !values.has(row.objectId);
    const value = isWanted ? valueOfRecord(record) : undefined;
    if (row === undefined || value === undefined) others.push(record);
    else values.set(row.objectId, row.unitCode === undefined ? value : { ...value, unitCode: row.unitCode });
  }
  return { values, others };
}

function rowOf(record: MeterRecord): RecordRow | undefined {
  return record.storage === 0 ? BY_QUANTITY.get(record.quantity)?.find((row) => isMeant(row, record)) : undefined;
}

function isMeant(row: RecordRow, { function: kind, tariff, subunit, modifiers }: MeterRecord): boolean {
  const { modifiers: names = [] } = row;
  if ((row.function ?? 'instantaneous') !== kind || (row.tariff ?? 0) !== tariff) return false;
  if ((row.subunit ?? 0) !== subunit || names.length !== modifiers.length) return false;
  return names.every((name, at) => modifiers[at]?.name === name);
}

/** Undefined for what is no number, or is one in a unit that no quantity of ours has. */
function valueOfRecord({ value, unit, exponent, factor }: MeterRecord): Amount | undefined {
  const row = UNITS[unit];
  if (row === undefined || factor !== 1) return undefined;
  if (value.kind === 'real') {
    const { integer, exponent: digits } = amountOf(value.value);
    return inUnit(integer, digits + exponent, row);
  }
  return value.kind === 'integer' ? inUnit(BigInt(value.value), exponent, row) : undefined;
}

function inUnit(
  integer: bigint,
  exponent: number,
  { unitCode, exponent: shift = 0, numerator = 1n, denominator = 1n }: UnitRow,
): Amount {
  if (denominator === 1n) return { integer: integer * numerator, exponent: exponent + shift, unitCode };
  const scaled = (integer * numerator * 10n ** BigInt(GUARD_DIGITS)) / denominator;
  return { integer: scaled, exponent: exponent + shift - GUARD_DIGITS, unitCode };
}
