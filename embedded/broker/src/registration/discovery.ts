/** Which registrations a discovery query is about (GS CIM 009 V1.9.1, 5.10.2 and 5.12): those that could know of such entities. */

import type { Pattern } from '../query/pattern.js';
import { compilePattern } from '../query/pattern.js';
import { type EntityInfo, type Information, namesOf, type Registration } from './model.js';

/** Names expanded; what is undefined does not matter. */
export interface RegistrationQuery {
  readonly ids: readonly string[] | undefined;
  readonly idPattern: Pattern | undefined;
  readonly types: readonly string[] | undefined;
  readonly attributes: readonly string[] | undefined;
}

export function isWanted({ information }: Registration, query: RegistrationQuery): boolean {
  return information.some((part) => isPartWanted(part, query));
}

function isPartWanted(part: Information, query: RegistrationQuery): boolean {
  const names = namesOf(part);
  const hasAttribute =
    query.attributes === undefined || names === undefined || query.attributes.some((name) => names.includes(name));
  return hasAttribute && (part.entities === undefined || part.entities.some((entity) => isEntityWanted(entity, query)));
}

function isEntityWanted({ id, idPattern, types }: EntityInfo, query: RegistrationQuery): boolean {
  if (query.types !== undefined && !types.some((type) => query.types?.includes(type))) return false;
  if (query.ids !== undefined) {
    const pattern = idPattern === undefined ? undefined : compilePattern(idPattern);
    return query.ids.some((wanted) => (id === undefined ? (pattern?.test(wanted) ?? true) : id === wanted));
  }
  // Whether two patterns have an id in common cannot be told: the source may know one.
  return query.idPattern === undefined || id === undefined || query.idPattern.test(id);
}
