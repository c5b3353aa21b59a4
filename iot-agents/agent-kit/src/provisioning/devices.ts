/** `/iot/devices` and `/iot/op/delete`: what may be asked, and what is answered. HTTP is elsewhere. */

import { type DeviceRecord, keyOfDevice } from '../registry/device.js';
import type { DeviceRegistry } from '../registry/registry.js';
import { type Answer, type Checked, type Fault, faultOf, good, refuse, refuseWith } from './answers.js';
import { isObject } from './checks.js';
import { faultOfExpressions } from './expressions.js';
import { type Page, pageOf } from './page.js';
import { isWithin, type Scope } from './scope.js';
import { type ReadDevice, readDevice, readDeviceChange, writeDevice } from './wire.js';

export interface DevicesOptions {
  readonly registry: DeviceRegistry;
  /** Key of a device that names none and whose service has no group. */
  readonly defaultApiKey?: string | undefined;
}

/** A request is one step: it is checked as a whole before anything is written. */
export const MOST_DEVICES_A_REQUEST = 1_000;
/** At about two kilobytes of memory each: half a gigabyte. */
const MOST_DEVICES = 250_000;

export async function createDevices(body: unknown, scope: Scope, options: DevicesOptions): Promise<Answer> {
  if (scope.servicePath === '/*') return refuseWith('BAD_REQUEST', 'A device belongs to one service path.');
  const { registry } = options;
  const listed = listOf(body, 'devices', MOST_DEVICES_A_REQUEST);
  if (listed.kind === 'fault') return refuse(listed.fault);
  if (registry.size + listed.value.length > MOST_DEVICES)
    return refuseWith('REGISTRY_FULL', `An agent keeps at most ${MOST_DEVICES} devices.`);
  const records = new Map<string, DeviceRecord>();
  for (const [index, one] of listed.value.entries()) {
    const read = readOne(one, scope, options);
    if (read.kind === 'fault') return refuse({ ...read.fault, message: `devices[${index}]: ${read.fault.message}` });
    const key = keyOfDevice(read.value);
    if (records.has(key) || registry.recordOf(key) !== undefined) return duplicate(read.value.deviceId);
    records.set(key, read.value);
  }
  const added = await Promise.all([...records.values()].map((record) => registry.add(record)));
  const late = [...records.values()].find((_, index) => added[index] === false);
  return late === undefined ? { status: 201, body: {} } : duplicate(late.deviceId);
}

/** Of ours: each device for itself, the good ones taken and the others named by their place. An import asks for this. */
export async function createEach(
  body: unknown,
  scope: Scope,
  isReplacing: boolean,
  options: DevicesOptions,
): Promise<Answer> {
  if (scope.servicePath === '/*') return refuseWith('BAD_REQUEST', 'A device belongs to one service path.');
  const { registry } = options;
  const listed = listOf(body, 'devices', MOST_DEVICES_A_REQUEST);
  if (listed.kind === 'fault') return refuse(listed.fault);
  if (registry.size + listed.value.length > MOST_DEVICES)
    return refuseWith('REGISTRY_FULL', `An agent keeps at most ${MOST_DEVICES} devices.`);
  const seen = new Set<string>();
  const one = async (value: unknown): Promise<Fault | undefined> => {
    const read = readOne(value, scope, options);
    if (read.kind === 'fault') return read.fault;
    const key = keyOfDevice(read.value);
    const known = registry.recordOf(key);
    if (seen.has(key)) return duplicateFault(read.value.deviceId);
    seen.add(key);
    if (known === undefined) return (await registry.add(read.value)) ? undefined : duplicateFault(read.value.deviceId);
    if (!isReplacing || !isWithin(scope, known)) return duplicateFault(read.value.deviceId);
    await registry.put(read.value);
    return undefined;
  };
  const faults = await Promise.all(listed.value.map(one));
  const refused = faults.flatMap((fault, index) => (fault === undefined ? [] : [{ index, ...fault }]));
  return { status: 200, body: { taken: faults.length - refused.length, refused } };
}

export function listDevices(scope: Scope, page: Page, { registry }: DevicesOptions): Answer {
  const found = [...registry.records()].filter((record) => isWithin(scope, record));
  return { status: 200, body: { count: found.length, devices: pageOf(found, page).map(writeDevice) } };
}

export function getDevice(id: string, apiKey: string | undefined, scope: Scope, { registry }: DevicesOptions): Answer {
  const record = findRecord(id, apiKey, scope, registry);
  return record === undefined ? notFound(id) : { status: 200, body: writeDevice(record) };
}

export async function changeDevice(
  id: string,
  apiKey: string | undefined,
  body: unknown,
  scope: Scope,
  { registry }: DevicesOptions,
): Promise<Answer> {
  const record = findRecord(id, apiKey, scope, registry);
  if (record === undefined) return notFound(id);
  const change = readDeviceChange(body);
  if (change.kind === 'fault') return refuse(change.fault);
  const fixed = FIXED.find((name) => change.value[name] !== undefined && change.value[name] !== record[name]);
  if (fixed !== undefined)
    return refuseWith('BAD_REQUEST', `"${fixed}" of a device cannot change: remove the device and provision it anew.`);
  const kept = { ...record.kept, ...change.value.kept };
  const changed = { ...record, ...change.value, ...(Object.keys(kept).length > 0 && { kept }) };
  const fault = faultOfExpressions(changed);
  if (fault !== undefined) return refuse(fault);
  await registry.put(changed);
  return { status: 204 };
}

/** They tie the device to entities that exist already. */
const FIXED = [
  'deviceId',
  'apiKey',
  'entityName',
  'entityType',
  'name',
] as const satisfies readonly (keyof DeviceRecord)[];

export async function removeDevice(
  id: string,
  apiKey: string | undefined,
  scope: Scope,
  { registry }: DevicesOptions,
): Promise<Answer> {
  const record = findRecord(id, apiKey, scope, registry);
  return record !== undefined && (await registry.remove(keyOfDevice(record))) ? { status: 204 } : notFound(id);
}

/** All of them or, when one is not there, none. */
export async function removeDevices(body: unknown, scope: Scope, { registry }: DevicesOptions): Promise<Answer> {
  const listed = listOf(body, 'devices', MOST_DEVICES_A_REQUEST);
  if (listed.kind === 'fault') return refuse(listed.fault);
  const keys: string[] = [];
  for (const [index, one] of listed.value.entries()) {
    const { deviceId, device_id, apikey } = isObject(one) ? one : {};
    const id = deviceId ?? device_id;
    if (typeof id !== 'string') return refuseWith('WRONG_SYNTAX', `devices[${index}]: expected "deviceId"`);
    const record = findRecord(id, typeof apikey === 'string' && apikey !== '' ? apikey : undefined, scope, registry);
    if (record === undefined) return notFound(id);
    keys.push(keyOfDevice(record));
  }
  await Promise.all(keys.map((key) => registry.remove(key)));
  return { status: 204 };
}

/** One device of a request, whole: with the key it sends. Also what an import checks its rows with. */
export function readOne(value: unknown, scope: Scope, options: DevicesOptions): Checked<DeviceRecord> {
  const read = readDevice(value, scope);
  if (read.kind === 'fault') return read;
  const apiKey = read.value.apiKey ?? apiKeyOf(read.value, scope, options);
  if (apiKey === undefined)
    return faultOf('MISSING_ATTRIBUTES', 'expected "apikey", or a group of this service whose key the device sends');
  const record = { ...read.value, apiKey };
  const fault = faultOfExpressions(record);
  return fault === undefined ? good(record) : { kind: 'fault', fault };
}

export function listOf(body: unknown, name: string, most: number): Checked<readonly unknown[]> {
  const list = isObject(body) ? body[name] : undefined;
  if (!Array.isArray(list)) return faultOf('WRONG_SYNTAX', `expected an object with a list "${name}"`);
  if (list.length > most) return faultOf('REQUEST_TOO_LARGE', `expected at most ${most} of "${name}" in a request`);
  return good(list);
}

/** The group of the same entity type, or the only one there is. */
function apiKeyOf(device: ReadDevice, scope: Scope, { registry, defaultApiKey }: DevicesOptions): string | undefined {
  const groups = [...registry.groups.all()].filter((group) => isWithin(scope, group));
  const sameType = groups.filter(({ entityType }) => entityType === device.entityType);
  const [only] = sameType.length === 1 ? sameType : groups;
  return sameType.length === 1 || groups.length === 1 ? only?.apiKey : defaultApiKey;
}

function findRecord(
  id: string,
  apiKey: string | undefined,
  scope: Scope,
  registry: DeviceRegistry,
): DeviceRecord | undefined {
  if (apiKey !== undefined) {
    const record = registry.recordOf(keyOfDevice({ apiKey, deviceId: id }));
    return record !== undefined && isWithin(scope, record) ? record : undefined;
  }
  for (const record of registry.records()) if (record.deviceId === id && isWithin(scope, record)) return record;
  return undefined;
}

function duplicateFault(id: string): Fault {
  return { name: 'DUPLICATE_DEVICE_ID', message: `A device with the same API key and id was found: ${id}` };
}

function duplicate(id: string): Answer {
  return refuse(duplicateFault(id));
}

function notFound(id: string): Answer {
  return refuseWith('DEVICE_NOT_FOUND', `No device was found with id: ${id.slice(0, 100)}`);
}
