/**
 * A notification → readings. The body describes itself in one of two ways: it begins with the list of the pushed objects
 * (IEC 62056-6-2, 4.4.8, push_object_list), and the values follow in that order; or each value has its logical name before it
 * and, if it is a register, scaler and unit behind it. A meter that pushes bare values needs the list from its description.
 */

import type { Data } from '../axdr/data.js';
import { asCaptureObject, type CaptureObject } from '../xdlms/selective-access.js';
import { formatObis } from './logical-name.js';

/** Integers stay integers: the scaler is applied where the unit is chosen. */
export interface Reading {
  /** `1-0:1.8.0`. */
  readonly obis: string;
  readonly classId?: number;
  readonly attributeIndex: number;
  readonly value: Data;
  readonly scaler?: number;
  /** The code of the standard, see units.ts. */
  readonly unit?: number;
}

const VALUE_ATTRIBUTE = 2;
const SCALER_ATTRIBUTE = 3;
/** Classes whose third attribute is the scaler and unit: Register and Extended register. */
const REGISTER_CLASSES: readonly (number | undefined)[] = [3, 4];
const LOGICAL_NAME_SIZE = 6;

/** `template` is the list of a meter that does not send it. */
export function readPush(body: Data, template?: readonly CaptureObject[]): readonly Reading[] {
  if (body.type !== 'structure' && body.type !== 'array') return [];
  const sent = listOf(body.value[0]);
  if (sent !== undefined) {
    // The list is itself an object of the list with most makers; where it is not, it stands before the values.
    const skipped = body.value.length === sent.length + 1 ? 1 : 0;
    return byList(sent, body.value.slice(skipped));
  }
  if (template !== undefined) return byList(template, body.value);
  const readings: Reading[] = [];
  walk(body.value, readings);
  return readings;
}

function byList(list: readonly CaptureObject[], values: readonly Data[]): readonly Reading[] {
  const readings: Reading[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const [object, value] = [list[index], values[index]];
    if (object === undefined || value === undefined) break;
    const { classId, attributeIndex } = object;
    readings.push({ obis: formatObis(object.logicalName), classId, attributeIndex, value });
  }
  return withScalers(readings);
}

/** A list may name scaler and unit of a register as an object of its own. */
function withScalers(readings: readonly Reading[]): readonly Reading[] {
  const scalers = new Map<string, { scaler: number; unit: number }>();
  for (const { obis, classId, attributeIndex, value } of readings)
    if (attributeIndex === SCALER_ATTRIBUTE && REGISTER_CLASSES.includes(classId)) {
      const found = scalerUnitOf(value);
      if (found !== undefined) scalers.set(obis, found);
    }
  if (scalers.size === 0) return readings;
  return readings.map((reading) =>
    reading.attributeIndex === VALUE_ATTRIBUTE ? { ...reading, ...scalers.get(reading.obis) } : reading,
  );
}

function walk(elements: readonly Data[], readings: Reading[]): void {
  for (let at = 0; at < elements.length; at += 1) {
    const element = elements[at];
    if (element === undefined) continue;
    const value = elements[at + 1];
    const logicalName = logicalNameOf(element);
    if (logicalName !== undefined && value !== undefined) {
      const scale = scalerUnitOf(elements[at + 2]);
      readings.push({ obis: formatObis(logicalName), attributeIndex: VALUE_ATTRIBUTE, value, ...scale });
      at += scale === undefined ? 1 : 2;
    } else if (element.type === 'structure' || element.type === 'array') walk(element.value, readings);
  }
}

function listOf(data: Data | undefined): readonly CaptureObject[] | undefined {
  if (data?.type !== 'array' || data.value.length === 0) return undefined;
  const list: CaptureObject[] = [];
  for (const element of data.value) {
    const object = asCaptureObject(element);
    if (object === undefined) return undefined;
    list.push(object);
  }
  return list;
}

function logicalNameOf(data: Data): Uint8Array | undefined {
  return data.type === 'octet-string' && data.value.length === LOGICAL_NAME_SIZE ? data.value : undefined;
}

function scalerUnitOf(data: Data | undefined): { scaler: number; unit: number } | undefined {
  if (data?.type !== 'structure' || data.value.length !== 2) return undefined;
  const [scaler, unit] = data.value;
  if (scaler?.type !== 'integer' || unit?.type !== 'enum') return undefined;
  return { scaler: scaler.value, unit: unit.value };
}
