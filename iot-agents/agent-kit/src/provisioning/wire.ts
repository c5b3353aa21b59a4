/**
 * Devices and groups as the provisioning API words them (iotagent-node-lib, doc/api.md, device and config group data models) ↔ the
 * registry's records. What is ours travels in `internal_attributes` as `{"contor": {…}}`.
 */

import type { DeviceRecord, Provisioned } from '../registry/device.js';
import type { DeviceGroup } from '../registry/group.js';
import { type Checked, faultOf, good } from './answers.js';
import {
  ATTRIBUTE_FIELDS,
  anyList,
  anything,
  apiKey,
  attributes,
  COMMAND_FIELDS,
  commands,
  connection,
  deviceId,
  entityType,
  explicitAttrs,
  type FieldRow,
  flag,
  integer,
  isObject,
  localName,
  pattern,
  readFields,
  resource,
  STATIC_FIELDS,
  statics,
  text,
  timeZone,
  writeFields,
} from './checks.js';
import type { Scope } from './scope.js';

const SHARED_FIELDS = [
  { wire: 'entity_type', field: 'entityType', check: entityType },
  { wire: 'timezone', field: 'timeZone', check: timeZone },
  { wire: 'transport', field: 'transport', check: text },
  { wire: 'protocol', field: 'protocol', check: text },
  { wire: 'endpoint', field: 'endpoint', check: text },
  { wire: 'attributes', field: 'attributes', check: attributes },
  { wire: 'lazy', field: 'lazy', check: attributes },
  { wire: 'commands', field: 'commands', check: commands },
  { wire: 'static_attributes', field: 'staticAttributes', check: statics },
  { wire: 'internal_attributes', field: 'internalAttributes', check: anyList },
  { wire: 'explicitAttrs', field: 'explicitAttrs', check: explicitAttrs },
  { wire: 'timestamp', field: 'timestamp', check: flag },
] as const satisfies readonly FieldRow[];

const entityName = pattern(
  /^(?:urn:ngsi-ld:[A-Za-z][A-Za-z0-9_.-]{0,99}:)?[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/,
  'an identifier, or the end of one',
);
const uri = pattern(/^urn:ngsi-ld:[A-Za-z][A-Za-z0-9_.-]{0,99}:[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/, 'urn:ngsi-ld:…');

const DEVICE_FIELDS = [
  { wire: 'device_id', field: 'deviceId', check: deviceId, isRequired: true },
  { wire: 'apikey', field: 'apiKey', check: apiKey },
  { wire: 'entity_name', field: 'entityName', check: entityName },
  ...SHARED_FIELDS,
] as const satisfies readonly FieldRow[];

const GROUP_FIELDS = [
  { wire: 'apikey', field: 'apiKey', check: apiKey, isRequired: true },
  { wire: 'resource', field: 'resource', check: resource },
  { wire: 'entityNameExp', field: 'entityNameExp', check: text },
  { wire: 'autoprovision', field: 'autoprovision', check: flag },
  ...SHARED_FIELDS,
] as const satisfies readonly FieldRow[];

/** Of both: what a group can say for all its devices. */
const SHARED_OURS = [
  { wire: 'model', field: 'model', check: localName },
  { wire: 'registerDigits', field: 'registerDigits', check: integer(1, 15) },
  { wire: 'reportingIntervalSeconds', field: 'reportingIntervalSeconds', check: integer(1, 31 * 86_400) },
  { wire: 'scheduleGroup', field: 'scheduleGroup', check: localName },
] as const satisfies readonly FieldRow[];

const DEVICE_OURS = [
  { wire: 'name', field: 'name', check: localName },
  { wire: 'refDevice', field: 'refDevice', check: uri },
  { wire: 'serialNumber', field: 'serialNumber', check: text },
  { wire: 'isSimulated', field: 'isSimulated', check: flag },
  { wire: 'isAutoprovisioned', field: 'isAutoprovisioned', check: flag },
  { wire: 'refPoint', field: 'refPoint', check: uri },
  { wire: 'connection', field: 'connection', check: connection },
  { wire: 'keyReference', field: 'keyReference', check: localName },
  ...SHARED_OURS,
] as const satisfies readonly FieldRow[];

/** Of the API, without a meaning here: given back as they came. `cbHost` and `trust` are not among them: we send nothing to hosts named by others. */
const KEPT = ['ngsiVersion', 'payloadType', 'polling', 'autoprovision', 'defaultEntityNameConjunction', 'description'];
/** From the headers or ignored, as in iotagent-node-lib. */
const IGNORED = ['service', 'service_path', 'subservice', 'cbHost', 'trust', 'cbroker', 'internal_id', '_id', 'type'];

const ROWS = {
  attributes: ATTRIBUTE_FIELDS,
  lazy: ATTRIBUTE_FIELDS,
  commands: COMMAND_FIELDS,
  static_attributes: STATIC_FIELDS,
} as const satisfies Record<string, readonly FieldRow[]>;

/** A device without an API key is given one by the caller. */
export type ReadDevice = Omit<DeviceRecord, 'apiKey'> & { readonly apiKey?: string };

export function readDevice(value: unknown, scope: Scope): Checked<ReadDevice> {
  const read = readBody(value, DEVICE_FIELDS, DEVICE_OURS);
  if (read.kind === 'fault') return read;
  return good({ ...(read.value as unknown as ReadDevice), ...placeOf(scope) });
}

/** The fields that a PUT names, and no others. */
export function readDeviceChange(value: unknown): Checked<Partial<DeviceRecord>> {
  const fields = DEVICE_FIELDS.map((row) => (row.wire === 'device_id' ? { ...row, isRequired: undefined } : row));
  return readBody(value, fields as readonly FieldRow[], DEVICE_OURS, true) as Checked<Partial<DeviceRecord>>;
}

export function readGroup(value: unknown, scope: Scope): Checked<DeviceGroup> {
  const read = readBody(renamedType(value), GROUP_FIELDS, SHARED_OURS);
  if (read.kind === 'fault') return read;
  const group = read.value as unknown as Omit<DeviceGroup, 'resource'> & Partial<Pick<DeviceGroup, 'resource'>>;
  return good({ ...group, resource: group.resource ?? '', ...placeOf(scope) });
}

export function readGroupChange(value: unknown): Checked<Partial<DeviceGroup>> {
  const fields = GROUP_FIELDS.map((row) => (row.wire === 'apikey' ? { ...row, isRequired: undefined } : row));
  return readBody(renamedType(value), fields as readonly FieldRow[], SHARED_OURS, true) as Checked<
    Partial<DeviceGroup>
  >;
}

export function writeDevice(record: DeviceRecord): Record<string, unknown> {
  return {
    ...writeBody(record, DEVICE_FIELDS, DEVICE_OURS),
    service: record.tenant,
    service_path: record.servicePath ?? '/',
  };
}

export function writeGroup(group: DeviceGroup): Record<string, unknown> {
  return {
    ...writeBody(group, GROUP_FIELDS, SHARED_OURS),
    service: group.tenant,
    subservice: group.servicePath ?? '/',
  };
}

function placeOf({ tenant, servicePath }: Scope) {
  return { tenant, ...(servicePath === '/' ? {} : { servicePath }) };
}

/** The older examples of the API say `type` for `entity_type` of a group. */
function renamedType(value: unknown): unknown {
  return isObject(value) && value.entity_type === undefined && value.type !== undefined
    ? { ...value, entity_type: value.type }
    : value;
}

/** A change that names `internal_attributes` replaces what was ours in them, too. */
function readBody(
  value: unknown,
  fields: readonly FieldRow[],
  ours: readonly FieldRow[],
  isChange = false,
): Checked<Readonly<Record<string, unknown>>> {
  if (!isObject(value)) return faultOf('WRONG_SYNTAX', 'expected an object');
  const known = [...fields.map(({ wire }) => wire), ...KEPT, ...IGNORED];
  const stranger = Object.keys(value).find((name) => !known.includes(name));
  if (stranger !== undefined)
    return faultOf('WRONG_SYNTAX', `"${stranger.slice(0, 100)}" is not a field of the provisioning API`);
  const read = readFields(value, fields);
  if ('expected' in read) return faultOf('WRONG_SYNTAX', `expected ${read.expected}`);
  const kept = readFields(value, keptRows(fields));
  if ('expected' in kept) return faultOf('WRONG_SYNTAX', `expected ${kept.expected}`);
  const own = readOurs(read.ok.internalAttributes, ours);
  if (own.kind === 'fault') return own;
  const { internalAttributes, ...plain } = read.ok;
  const blank = isChange && internalAttributes !== undefined ? blankOf(ours) : {};
  return good({
    ...plain,
    ...blank,
    ...own.value,
    ...(Object.keys(kept.ok).length > 0 && { kept: kept.ok }),
  });
}

function keptRows(fields: readonly FieldRow[]): readonly FieldRow[] {
  const names = KEPT.filter((name) => !fields.some(({ wire }) => wire === name));
  return names.map((name) => ({ wire: name, field: name, check: anything }));
}

function blankOf(ours: readonly FieldRow[]): Readonly<Record<string, undefined>> {
  return Object.fromEntries(['internalAttributes', ...ours.map(({ field }) => field)].map((name) => [name, undefined]));
}

function readOurs(internal: unknown, ours: readonly FieldRow[]): Checked<Readonly<Record<string, unknown>>> {
  if (!Array.isArray(internal)) return good({});
  const theirs = internal.filter((one) => !isObject(one) || !Object.hasOwn(one, 'contor'));
  const mine = internal.filter((one) => !theirs.includes(one)).map((one) => one.contor as unknown);
  const found: Record<string, unknown> = theirs.length > 0 ? { internalAttributes: theirs } : {};
  for (const one of mine) {
    if (!isObject(one)) return faultOf('WRONG_SYNTAX', 'expected internal_attributes.contor to be an object');
    const stranger = Object.keys(one).find((name) => !ours.some(({ wire }) => wire === name));
    if (stranger !== undefined)
      return faultOf('WRONG_SYNTAX', `"${stranger.slice(0, 100)}" is not a field of internal_attributes.contor`);
    const read = readFields(one, ours);
    if ('expected' in read) return faultOf('WRONG_SYNTAX', `internal_attributes.contor: expected ${read.expected}`);
    Object.assign(found, read.ok);
  }
  return good(found);
}

function writeBody(record: Provisioned, fields: readonly FieldRow[], ours: readonly FieldRow[]) {
  const own = writeFields(record, ours);
  const internal = [...(record.internalAttributes ?? []), ...(Object.keys(own).length > 0 ? [{ contor: own }] : [])];
  const body: Record<string, unknown> = { ...record.kept, ...writeFields(record, fields) };
  for (const [wire, rowFields] of Object.entries(ROWS)) {
    const rows = body[wire];
    if (Array.isArray(rows)) body[wire] = rows.map((row: object) => writeFields(row, rowFields));
  }
  if (internal.length > 0) body.internal_attributes = internal;
  return body;
}
