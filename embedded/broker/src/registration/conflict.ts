/**
 * Who may hold what (GS CIM 009 V1.9.1, 4.3.6.3 and 5.9.2.4): data of an exclusive or redirect registration lies at its
 * source and nowhere else, so it excludes local data, and an exclusive one excludes every other of the two kinds.
 */

import { Problem } from '../problem.js';
import type { Tenant } from '../store/tenant.js';
import { isOneOf } from './book.js';
import { type EntityInfo, type Information, isExpired, namesOf, type Registration } from './model.js';

/** What stands in the way of this registration, if anything does. One with the same id is the one it replaces. */
export function conflictOf(tenant: Tenant, registration: Registration, nowMs: number): Problem | undefined {
  if (registration.mode !== 'exclusive' && registration.mode !== 'redirect') return undefined;
  const other = overlapping(tenant, registration, nowMs);
  if (other !== undefined) {
    return conflict(
      `registration ${other.id} (${other.mode}) is about the same attributes of the same entity, and an exclusive registration bears no other beside it (4.3.6.3)`,
    );
  }
  for (const part of registration.information) {
    const held = heldLocally(tenant, part);
    if (held !== undefined)
      return conflict(
        `the broker itself holds ${held}; delete it before a source registers it as ${registration.mode} (5.9.2.4)`,
      );
  }
  return undefined;
}

function overlapping(tenant: Tenant, registration: Registration, nowMs: number): Registration | undefined {
  for (const other of candidates(tenant, registration)) {
    if (other.id === registration.id || isExpired(other, nowMs)) continue;
    // Two redirects may overlap: the operation then goes to both (4.3.6.3).
    const isExcluding = other.mode === 'exclusive' || (other.mode === 'redirect' && registration.mode === 'exclusive');
    if (isExcluding && other.information.some((one) => registration.information.some((two) => partsOverlap(one, two))))
      return other;
  }
  return undefined;
}

function* candidates({ registrations }: Tenant, registration: Registration): Iterable<Registration> {
  if (registration.mode === 'redirect') yield* registrations.all;
  else yield* registrations.near(registration);
}

function partsOverlap(one: Information, two: Information): boolean {
  return namesOverlap(namesOf(one), namesOf(two)) && entitiesOverlap(one.entities, two.entities);
}

function namesOverlap(one: readonly string[] | undefined, two: readonly string[] | undefined): boolean {
  return one === undefined || two === undefined || one.some((name) => two.includes(name));
}

function entitiesOverlap(one: readonly EntityInfo[] | undefined, two: readonly EntityInfo[] | undefined): boolean {
  if (one === undefined || two === undefined) return true;
  return one.some((a) => two.some((b) => infosOverlap(a, b)));
}

/** At least one of the two names an id whenever this decides anything: exclusive registrations always do. */
function infosOverlap(one: EntityInfo, two: EntityInfo): boolean {
  if (one.id !== undefined) return isOneOf(two, { id: one.id, types: one.types });
  if (two.id !== undefined) return isOneOf(one, { id: two.id, types: two.types });
  return one.types.some((type) => two.types.includes(type));
}

/** An entity, or an attribute of one, that the broker holds and the registration claims. */
function heldLocally(tenant: Tenant, part: Information): string | undefined {
  const names = namesOf(part);
  for (const info of part.entities ?? [undefined]) {
    const entities =
      info?.id === undefined
        ? tenant.entities(info?.types)
        : [tenant.entity(info.id)].filter((one) => one !== undefined);
    for (const entity of entities) {
      if (info !== undefined && !isOneOf(info, entity)) continue;
      if (names === undefined) return `entity ${entity.id}`;
      const held = entity.attributes.find(({ name }) => names.includes(name));
      if (held !== undefined) return `attribute ${held.name} of entity ${entity.id}`;
    }
  }
  return undefined;
}

function conflict(detail: string): Problem {
  return new Problem('conflict', detail);
}
