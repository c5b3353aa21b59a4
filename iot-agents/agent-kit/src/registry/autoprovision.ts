/**
 * A device that nobody has provisioned and that sends the key of a group: it is taken in as one of the group (iotagent-node-lib, doc/api.md,
 * "Autoprovision configuration"), unless the group says `autoprovision: false`. Bounded: whoever holds the key can invent names.
 */

import type { Logger } from '@contor/kit';
import { compileExpression } from '../expressions/expression.js';
import { type Device, type DeviceRecord, deviceKey } from './device.js';
import { type DeviceGroup, groupKey } from './group.js';
import type { DeviceRegistry } from './registry.js';

export interface Autoprovision {
  /** The new device, durable; undefined when none may be made. */
  admit(apiKey: string, deviceId: string, nowMs: number): Promise<Device | undefined>;
}

const MOST_OF_A_GROUP = 10_000;
const DEVICE_ID = /^[A-Za-z0-9._:~-]{1,100}$/;
const ENTITY_NAME = /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,299}$/;

export function autoprovision(registry: DeviceRegistry, log: Logger): Autoprovision {
  const counts = new Map<string, number>();
  const underWay = new Map<string, Promise<Device | undefined>>();

  function countOf(group: DeviceGroup): number {
    const known = counts.get(groupKey(group));
    if (known !== undefined) return known;
    let count = 0;
    for (const { apiKey, isAutoprovisioned } of registry.records())
      if (isAutoprovisioned === true && apiKey === group.apiKey) count += 1;
    counts.set(groupKey(group), count);
    return count;
  }

  async function take(group: DeviceGroup, record: DeviceRecord): Promise<Device | undefined> {
    counts.set(groupKey(group), countOf(group) + 1);
    try {
      await registry.add(record);
    } catch (error) {
      // Its reading lies on a shelf then, as that of any stranger: no device may stop the readings of the others.
      log.warn(
        { error, deviceId: record.deviceId },
        'A new device could not be taken in: the registry cannot be written.',
      );
      return undefined;
    }
    return registry.find(deviceKey(record.apiKey, record.deviceId));
  }

  return {
    async admit(apiKey, deviceId, nowMs) {
      const key = deviceKey(apiKey, deviceId);
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const group = registry.groupOf({ apiKey });
      if (group === undefined || group.autoprovision === false || !DEVICE_ID.test(deviceId)) return undefined;
      if (countOf(group) >= MOST_OF_A_GROUP) return undefined;
      const record = recordOf(group, deviceId, nowMs);
      if (record === undefined) return undefined;
      const admission = take(group, record).finally(() => underWay.delete(key));
      underWay.set(key, admission);
      return admission;
    },
  };
}

function recordOf(group: DeviceGroup, deviceId: string, nowMs: number): DeviceRecord | undefined {
  const { apiKey, tenant, servicePath, entityNameExp } = group;
  const record = {
    apiKey,
    deviceId,
    tenant,
    isAutoprovisioned: true,
    ...(servicePath !== undefined && { servicePath }),
  };
  if (entityNameExp === undefined) return record;
  const entityName = nameBy(entityNameExp, group, deviceId, nowMs);
  return typeof entityName === 'string' && ENTITY_NAME.test(entityName) ? { ...record, entityName } : undefined;
}

function nameBy(source: string, { apiKey, tenant, servicePath, entityType }: DeviceGroup, id: string, nowMs: number) {
  const compiled = compileExpression(source);
  if (compiled.kind === 'mistake') return undefined;
  const variables = { id, apikey: apiKey, service: tenant, subservice: servicePath ?? '/', type: entityType };
  const result = compiled.expression(new Map<string, unknown>(Object.entries(variables)), nowMs);
  return result.kind === 'value' ? result.value : undefined;
}
