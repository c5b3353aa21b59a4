/**
 * Entities as the broker holds them: names expanded, attributes as a flat list in the order they came, every object
 * immutable and replaced on write. GS CIM 009 V1.9.1, 4.2 to 4.5.
 */

import type { Json } from '../json.js';

/**
 * Attribute kinds (4.5.2, 4.5.3, 4.5.18, 4.5.20, 4.5.24): the member that carries the value, and the letter that
 * stands for the kind in logs and snapshots.
 */
export const KINDS = {
  Property: { member: 'value', letter: 'p' },
  Relationship: { member: 'object', letter: 'r' },
  GeoProperty: { member: 'value', letter: 'g' },
  LanguageProperty: { member: 'languageMap', letter: 'l' },
  VocabProperty: { member: 'vocab', letter: 'v' },
  JsonProperty: { member: 'json', letter: 'j' },
} as const;

export type AttributeKind = keyof typeof KINDS;

/** Only in the input of merge and partial update: the fragment has no value, so kind and value stay what they are. */
export const SAME = 'Same';

export interface Attribute {
  /** Expanded name. */
  readonly name: string;
  readonly kind: AttributeKind | typeof SAME;
  readonly value: Json;
  readonly observedAt: string | undefined;
  readonly unitCode: string | undefined;
  readonly datasetId: string | undefined;
  /** Sub-attributes: properties of properties, and so on. */
  readonly parts: readonly Attribute[];
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Only in notifications: the attribute is gone, and this says so (4.8). */
  readonly deletedAt?: number | undefined;
  /** Bytes in memory, roughly: the outbox is bounded by the sum. */
  readonly size: number;
}

export interface Entity {
  readonly id: string;
  /** Expanded, at least one. */
  readonly types: readonly string[];
  readonly scope: readonly string[] | undefined;
  readonly attributes: readonly Attribute[];
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** Only in notifications: the entity is gone, and this says so (4.8). */
  readonly deletedAt?: number | undefined;
}

/** A checked and expanded request payload about one entity: whole, or a fragment whose types may be empty. */
export interface EntityInput {
  readonly id: string;
  readonly types: readonly string[];
  /** Empty: the scope is to be removed. */
  readonly scope: readonly string[] | undefined;
  readonly attributes: readonly Attribute[];
}

/** 4.5.0: in an update, this URI as a value means "remove what is here". */
export const NGSI_NULL = 'urn:ngsi-ld:null';

/** Attributes of one entity, sub-attributes not counted: a bound for the loops that compare attribute lists. */
export const MAX_ATTRIBUTES = 5_000;

export const NO_PARTS: readonly Attribute[] = [];

export function sizeOf(entity: Entity): number {
  let size = 200;
  for (const attribute of entity.attributes) size += attribute.size;
  return size;
}
