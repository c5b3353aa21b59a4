/** `/iot/groups` and its older name `/iot/services`: groups are found by `resource` and `apikey`. */

import { type DeviceGroup, groupKey } from '../registry/group.js';
import type { DeviceRegistry } from '../registry/registry.js';
import { type Answer, refuse, refuseWith } from './answers.js';
import { listOf } from './devices.js';
import { faultOfExpressions } from './expressions.js';
import { type Page, pageOf } from './page.js';
import { isWithin, type Scope } from './scope.js';
import { readGroup, readGroupChange, writeGroup } from './wire.js';

/** What the list is called in bodies: `groups`, or `services` under the older path. */
export type GroupsName = 'groups' | 'services';

export interface GroupQuery {
  readonly resource: string | undefined;
  readonly apiKey: string | undefined;
}

const MOST_GROUPS = 10_000;
const MOST_GROUPS_A_REQUEST = 100;

export async function createGroups(
  body: unknown,
  name: GroupsName,
  scope: Scope,
  registry: DeviceRegistry,
): Promise<Answer> {
  if (scope.servicePath === '/*') return refuseWith('BAD_REQUEST', 'A group belongs to one service path.');
  const listed = listOf(body, name, MOST_GROUPS_A_REQUEST);
  if (listed.kind === 'fault') return refuse(listed.fault);
  if (registry.groups.size + listed.value.length > MOST_GROUPS)
    return refuseWith('REGISTRY_FULL', `An agent keeps at most ${MOST_GROUPS} groups.`);
  const groups = new Map<string, DeviceGroup>();
  for (const [index, one] of listed.value.entries()) {
    const read = readGroup(one, scope);
    const fault = read.kind === 'fault' ? read.fault : faultOfExpressions(read.value);
    if (fault !== undefined) return refuse({ ...fault, message: `${name}[${index}]: ${fault.message}` });
    if (read.kind === 'fault') continue;
    const key = groupKey(read.value);
    if (groups.has(key) || isTaken(read.value, registry)) return duplicate(read.value);
    groups.set(key, read.value);
  }
  const added = await Promise.all([...groups.values()].map((group) => registry.groups.add(group)));
  const late = [...groups.values()].find((_, index) => added[index] === false);
  return late === undefined ? { status: 201, body: {} } : duplicate(late);
}

/** One when `resource` and `apikey` name it, otherwise those of the service path. */
export function listGroups(
  query: GroupQuery,
  name: GroupsName,
  scope: Scope,
  page: Page,
  registry: DeviceRegistry,
): Answer {
  if (query.resource !== undefined && query.apiKey !== undefined) {
    const group = findGroup(query, scope, registry);
    return group === undefined ? notFound() : { status: 200, body: writeGroup(group) };
  }
  const found = [...registry.groups.all()].filter((group) => isWithin(scope, group));
  return { status: 200, body: { count: found.length, [name]: pageOf(found, page).map(writeGroup) } };
}

export async function changeGroup(
  query: GroupQuery,
  body: unknown,
  scope: Scope,
  registry: DeviceRegistry,
): Promise<Answer> {
  const missing = missingOf(query);
  if (missing !== undefined) return missing;
  const group = findGroup(query, scope, registry);
  if (group === undefined) return notFound();
  const change = readGroupChange(body);
  if (change.kind === 'fault') return refuse(change.fault);
  const { apiKey = group.apiKey, resource = group.resource } = change.value;
  if (apiKey !== group.apiKey || resource !== group.resource)
    return refuseWith('BAD_REQUEST', 'Key and resource of a group cannot change: its devices send them.');
  const kept = { ...group.kept, ...change.value.kept };
  const changed = { ...group, ...change.value, ...(Object.keys(kept).length > 0 && { kept }) };
  const fault = faultOfExpressions(changed);
  if (fault !== undefined) return refuse(fault);
  await registry.groups.put(changed);
  return { status: 204 };
}

export async function removeGroup(query: GroupQuery, scope: Scope, registry: DeviceRegistry): Promise<Answer> {
  const missing = missingOf(query);
  if (missing !== undefined) return missing;
  const group = findGroup(query, scope, registry);
  return group !== undefined && (await registry.groups.remove(groupKey(group))) ? { status: 204 } : notFound();
}

/** The key says whose a device is: two tenants cannot share one. */
function isTaken(group: DeviceGroup, registry: DeviceRegistry): boolean {
  if (registry.groups.find(groupKey(group)) !== undefined) return true;
  const others = registry.groupOf(group);
  return others !== undefined && others.tenant !== group.tenant;
}

function findGroup({ resource, apiKey }: GroupQuery, scope: Scope, registry: DeviceRegistry): DeviceGroup | undefined {
  if (resource === undefined || apiKey === undefined) return undefined;
  const group = registry.groups.find(groupKey({ resource, apiKey }));
  return group !== undefined && isWithin(scope, group) ? group : undefined;
}

function missingOf({ resource, apiKey }: GroupQuery): Answer | undefined {
  const missing = [...(resource === undefined ? ['resource'] : []), ...(apiKey === undefined ? ['apikey'] : [])];
  return missing.length === 0
    ? undefined
    : refuseWith('MISSING_ATTRIBUTES', `Some parameters were missing from the request: ${JSON.stringify(missing)}`);
}

function duplicate({ resource, apiKey }: DeviceGroup): Answer {
  return refuseWith('DUPLICATE_GROUP', `A group exists already for resource ${resource} and API key ${apiKey}`);
}

function notFound(): Answer {
  return refuseWith('DEVICE_GROUP_NOT_FOUND', 'There is no group with this resource and API key.');
}
