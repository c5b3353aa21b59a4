/** Readings of a push under the names of the trade, with scaler applied where it is known. */

import type { Data } from '../codec/axdr/data.js';
import { type CosemDateTime, decodeDateTime } from '../codec/axdr/date-time.js';
import { type Reading, readPush } from '../codec/cosem/push.js';
import { templateFor, versionOf } from '../codec/cosem/templates.js';
import { UNITS } from '../codec/cosem/units.js';

type Answer = Readonly<Record<string, unknown>>;

/** IEC 62056-6-1, 6.2 and 7.5: value groups C.D.E of electricity, any channel B; a phase is 20, 40 or 60 more in C. */
const QUANTITIES: Readonly<Record<string, string>> = {
  '1.7.0': 'ACTIVE_POWER_P',
  '2.7.0': 'ACTIVE_POWER_N',
  '3.7.0': 'REACTIVE_POWER_P',
  '4.7.0': 'REACTIVE_POWER_N',
  '5.7.0': 'REACTIVE_POWER_Q1',
  '6.7.0': 'REACTIVE_POWER_Q2',
  '7.7.0': 'REACTIVE_POWER_Q3',
  '8.7.0': 'REACTIVE_POWER_Q4',
  '9.7.0': 'APPARENT_POWER_P',
  '10.7.0': 'APPARENT_POWER_N',
  '21.7.0': 'ACTIVE_POWER_P_L1',
  '41.7.0': 'ACTIVE_POWER_P_L2',
  '61.7.0': 'ACTIVE_POWER_P_L3',
  '22.7.0': 'ACTIVE_POWER_N_L1',
  '42.7.0': 'ACTIVE_POWER_N_L2',
  '62.7.0': 'ACTIVE_POWER_N_L3',
  '23.7.0': 'REACTIVE_POWER_P_L1',
  '43.7.0': 'REACTIVE_POWER_P_L2',
  '63.7.0': 'REACTIVE_POWER_P_L3',
  '24.7.0': 'REACTIVE_POWER_N_L1',
  '44.7.0': 'REACTIVE_POWER_N_L2',
  '64.7.0': 'REACTIVE_POWER_N_L3',
  '13.7.0': 'POWER_FACTOR',
  '14.7.0': 'NET_FREQUENCY',
  '32.7.0': 'VOLTAGE_L1',
  '52.7.0': 'VOLTAGE_L2',
  '72.7.0': 'VOLTAGE_L3',
  '31.7.0': 'CURRENT_L1',
  '51.7.0': 'CURRENT_L2',
  '71.7.0': 'CURRENT_L3',
  '1.8.0': 'ACTIVE_ENERGY_P',
  '1.8.1': 'ACTIVE_ENERGY_P_T1',
  '1.8.2': 'ACTIVE_ENERGY_P_T2',
  '2.8.0': 'ACTIVE_ENERGY_N',
  '2.8.1': 'ACTIVE_ENERGY_N_T1',
  '2.8.2': 'ACTIVE_ENERGY_N_T2',
  '3.8.0': 'REACTIVE_ENERGY_P',
  '4.8.0': 'REACTIVE_ENERGY_N',
  '5.8.0': 'REACTIVE_ENERGY_Q1',
  '6.8.0': 'REACTIVE_ENERGY_Q2',
  '7.8.0': 'REACTIVE_ENERGY_Q3',
  '8.8.0': 'REACTIVE_ENERGY_Q4',
};

interface ScalerRow {
  /** How the name of the meter, or of its list, begins. */
  readonly identity: string;
  readonly quantities: readonly string[];
  readonly scaler: number;
}

const CURRENTS = ['CURRENT_L1', 'CURRENT_L2', 'CURRENT_L3'];
const VOLTAGES = ['VOLTAGE_L1', 'VOLTAGE_L2', 'VOLTAGE_L3'];
const ENERGIES = Object.values(QUANTITIES).filter((quantity) => quantity.includes('ENERGY'));

/** Scalers of meters that push values without them; by the logical device name or the list version that is pushed along. */
const UNSAID_SCALERS: readonly ScalerRow[] = [
  // Landis+Gyr E450 and E570, configuration of 2026: public captures of scs/smartmeter-datacollector with their readings.
  { identity: 'LGZ', quantities: CURRENTS, scaler: -2 },
  // Kamstrup HAN list: public description beside the captures of toreamun/amshan (currents in 0.01 A, energy in 10 Wh).
  { identity: 'Kamstrup_V', quantities: CURRENTS, scaler: -2 },
  { identity: 'Kamstrup_V', quantities: ENERGIES, scaler: 1 },
  // Kaifa HAN list: the maker's public description (currents in mA, voltages in 0.1 V).
  { identity: 'KFM', quantities: CURRENTS, scaler: -3 },
  { identity: 'KFM', quantities: VOLTAGES, scaler: -1 },
];

const CLOCK = '0-0:1.0.0';
const DEVICE_NAMES = ['0-0:42.0.0', '0-0:96.1.0', '0-0:96.1.1'];

/** `readings` by name and `objects` with all that is known of each; empty when the body holds no objects. */
export function presentReadings(body: Data, dateTime: Uint8Array): Answer {
  const objects = readPush(body, templateFor(body));
  if (objects.length === 0) return {};
  const identity = identityOf(objects, body);
  const readings: Record<string, unknown> = {};
  for (const object of objects) {
    if (object.attributeIndex !== 2 || isStructured(object.value)) continue;
    const name = QUANTITIES[quantityCode(object.obis)];
    if (name === undefined || name in readings) continue;
    const scaler = object.scaler ?? unsaidScaler(identity, name);
    readings[name] = scaled(object.value, scaler);
  }
  const source = deviceName(objects);
  if (source !== undefined) readings.source = source;
  const timestamp = timeOf(objects, dateTime);
  if (timestamp !== undefined) readings.timestamp = timestamp;
  return { readings, objects: objects.filter(({ value }) => !isStructured(value)).map(presentObject) };
}

function presentObject({ obis, classId, attributeIndex, value, scaler, unit }: Reading): Answer {
  const shown = scaled(value, scaler);
  return {
    obis,
    ...(classId !== undefined && { classId }),
    attribute: attributeIndex,
    type: value.type,
    value: shown,
    ...(scaler !== undefined && { scaler }),
    ...(unit !== undefined && { unit: UNITS[unit] ?? unit }),
  };
}

/** Shrunk by dividing: 236 / 10 is 23.6, and 236 * 0.1 is not. */
function scaled({ value }: Data, scaler = 0): unknown {
  if (typeof value !== 'number' || scaler === 0) return value;
  return scaler > 0 ? value * 10 ** scaler : value / 10 ** -scaler;
}

function unsaidScaler(identity: string | undefined, quantity: string): number | undefined {
  if (identity === undefined) return undefined;
  return UNSAID_SCALERS.find((row) => identity.startsWith(row.identity) && row.quantities.includes(quantity))?.scaler;
}

/** A list version stands first where a maker has one; else the meter says its name. */
function identityOf(objects: readonly Reading[], body: Data): string | undefined {
  const first = body.type === 'structure' ? body.value[0] : undefined;
  return versionOf(first) ?? deviceName(objects);
}

function deviceName(objects: readonly Reading[]): string | undefined {
  for (const obis of DEVICE_NAMES) {
    const found = objects.find((object) => object.obis === obis && object.attributeIndex === 2)?.value;
    const text = found === undefined ? undefined : textOf(found);
    if (text !== undefined) return text;
  }
  return undefined;
}

function textOf({ value }: Data): string | undefined {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return undefined;
  return value.every((byte) => byte >= 0x20 && byte < 0x7f) ? Buffer.from(value).toString('latin1') : undefined;
}

/** The clock of the meter if it is among the objects, else the time of the notification; local, as the meter says it. */
function timeOf(objects: readonly Reading[], dateTime: Uint8Array): string | undefined {
  const clock = objects.find(({ obis, attributeIndex }) => obis === CLOCK && attributeIndex === 2)?.value.value;
  const decoded = decodeDateTime(clock instanceof Uint8Array ? clock : dateTime);
  return decoded.kind === 'value' ? formatLocal(decoded.value) : undefined;
}

function formatLocal({ year, month, dayOfMonth, hour, minute, second }: CosemDateTime): string | undefined {
  const fields = [dayOfMonth, month, hour, minute, second];
  if (year === undefined || !fields.every((field) => typeof field === 'number')) return undefined;
  const [day, mon, h, m, s] = fields.map((field) => String(field).padStart(2, '0'));
  return `${day}.${mon}.${year} ${h}:${m}:${s}`;
}

/** `A-B:C.D.E` → `C.D.E`, of electricity only. */
function quantityCode(obis: string): string {
  return obis.startsWith('1-') && !obis.includes('*') ? obis.slice(obis.indexOf(':') + 1) : '';
}

function isStructured({ type }: Data): boolean {
  return type === 'array' || type === 'structure' || type === 'compact-array';
}
