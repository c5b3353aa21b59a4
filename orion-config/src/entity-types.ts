/** The entity types and what each may carry (Smart Data Models first, our own where they have nothing). */

import { COMMERCE_TYPES } from './entity-types/commerce.js';
import { LIVE_TYPES } from './entity-types/live.js';
import { OPERATIONS_TYPES } from './entity-types/operations.js';
import type { EntityTypeRow } from './entity-types/row.js';
import { SERIES_TYPES } from './entity-types/series.js';
import { SERVICES_TYPES } from './entity-types/services.js';
import { WORLD_TYPES } from './entity-types/world.js';
import { iriOf } from './namespaces.js';

const ROWS = {
  ...WORLD_TYPES,
  ...LIVE_TYPES,
  ...SERIES_TYPES,
  ...COMMERCE_TYPES,
  ...SERVICES_TYPES,
  ...OPERATIONS_TYPES,
} as const satisfies Record<string, EntityTypeRow>;

type Rows = typeof ROWS;
export type EntityType = keyof Rows;
export type AttributeOf<Type extends EntityType> = Rows[Type]['attributes'][number];

export const ENTITY_TYPES = Object.fromEntries(
  Object.entries(ROWS).map(([type, row]) => [type, { ...row, iri: iriOf(row.from, type) }]),
) as { readonly [Type in EntityType]: Rows[Type] & { readonly iri: string } };

export function isEntityType(type: string): type is EntityType {
  return Object.hasOwn(ENTITY_TYPES, type);
}
