/** A group of devices (FIWARE: config group, service): what all of them have in common, found by the API key they send. */

import type { Device, DeviceRecord, Provisioned } from './device.js';

export interface DeviceGroup extends Provisioned {
  readonly apiKey: string;
  /** FIWARE's name of the way in, e.g. `/iot/json`; may be empty. */
  readonly resource: string;
  readonly tenant: string;
  readonly servicePath?: string | undefined;
  /** Expression over `id`, `type`, `service`, … that names the entity of a device which names none. */
  readonly entityNameExp?: string | undefined;
  /** Devices of its key that nobody has provisioned are taken in when they first speak. */
  readonly autoprovision?: boolean | undefined;
}

const DEFAULT_TIME_ZONE = 'UTC';
/** The registers of most meters; only a model with a load profile of registers looks at it. */
const DEFAULT_REGISTER_DIGITS = 8;
const URN = /^urn:ngsi-ld:[^:]+:(.+)$/;

export function groupKey({ apiKey, resource }: Pick<DeviceGroup, 'apiKey' | 'resource'>): string {
  return `${apiKey} ${resource}`;
}

export function toDevice(record: DeviceRecord, group: DeviceGroup | undefined): Device {
  const name = record.name ?? localName(record.entityName) ?? record.deviceId;
  return {
    ...(group === undefined ? {} : sharedBy(group)),
    ...record,
    ...(group === undefined ? {} : joined(record, group)),
    name,
    refDevice: record.refDevice ?? `urn:ngsi-ld:Device:${name}`,
    timeZone: record.timeZone ?? group?.timeZone ?? DEFAULT_TIME_ZONE,
    registerDigits: record.registerDigits ?? group?.registerDigits ?? DEFAULT_REGISTER_DIGITS,
  };
}

function sharedBy({ entityType, transport, protocol, endpoint, explicitAttrs, timestamp, ...group }: DeviceGroup) {
  const { model, reportingIntervalSeconds, scheduleGroup } = group;
  const shared = { entityType, transport, protocol, endpoint, explicitAttrs, timestamp };
  return { ...shared, model, reportingIntervalSeconds, scheduleGroup };
}

/** The device's rows, and those of its group that say nothing else about the same: a list nobody adds to is shared, not copied. */
function joined(record: DeviceRecord, group: DeviceGroup): Provisioned {
  return {
    attributes: join(record.attributes, group.attributes, ({ objectId, name }) => objectId ?? name),
    lazy: join(record.lazy, group.lazy, ({ objectId, name }) => objectId ?? name),
    commands: join(record.commands, group.commands, ({ name }) => name),
    staticAttributes: join(record.staticAttributes, group.staticAttributes, ({ name }) => name),
  };
}

function join<Row>(
  own: readonly Row[] | undefined,
  shared: readonly Row[] | undefined,
  keyOf: (row: Row) => string,
): readonly Row[] | undefined {
  if (own === undefined || shared === undefined) return own ?? shared;
  const said = new Set(own.map(keyOf));
  return [...own, ...shared.filter((row) => !said.has(keyOf(row)))];
}

function localName(entityName: string | undefined): string | undefined {
  return entityName === undefined ? undefined : (URN.exec(entityName)?.[1] ?? entityName);
}
