/**
 * The vocabulary as a value, and the seam for extensions at run time (S3-31): what users define later stands beside the compiled
 * tables, never inside them. The types of TypeScript know the compiled tables only; what is added here travels as plain entities.
 */

import type { AttributeKind, Quantity } from './attributes/row.js';
import { ATTRIBUTES } from './attributes.js';
import { ENTITY_TYPES } from './entity-types.js';
import { NAMESPACES } from './namespaces.js';
import { UNITS } from './units.js';
import { VocabularyError } from './vocabulary-error.js';

export interface AttributeInfo {
  readonly kind: AttributeKind;
  readonly iri: string;
  readonly quantity: Quantity;
  readonly unitCode?: string;
  readonly decimals?: number;
  readonly about: string;
}

export interface EntityTypeInfo {
  readonly iri: string;
  readonly about: string;
  readonly attributes: readonly string[];
}

export interface Vocabulary {
  readonly attributes: Readonly<Record<string, AttributeInfo>>;
  readonly entityTypes: Readonly<Record<string, EntityTypeInfo>>;
}

/** What somebody adds: without an IRI the word becomes one of ours. */
export interface VocabularyExtension {
  readonly attributes?: Readonly<Record<string, Omit<AttributeInfo, 'iri'> & { readonly iri?: string }>>;
  /** New types, or more attributes for types there are. */
  readonly entityTypes?: Readonly<Record<string, Omit<EntityTypeInfo, 'iri'> & { readonly iri?: string }>>;
}

export const VOCABULARY: Vocabulary = { attributes: ATTRIBUTES, entityTypes: ENTITY_TYPES };

/** A name every part of the platform can carry: a term, a column, a topic. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

export function extendVocabulary(base: Vocabulary, extension: VocabularyExtension): Vocabulary {
  const attributes = { ...base.attributes };
  for (const [name, row] of Object.entries(extension.attributes ?? {})) {
    const added = { ...row, iri: row.iri ?? NAMESPACES.contor + name };
    refuseUnless(NAME.test(name), name, 'is not a name');
    refuseUnless(
      added.unitCode === undefined || Object.hasOwn(UNITS, added.unitCode),
      name,
      'has a unit that we do not know',
    );
    const known = attributes[name];
    refuseUnless(known === undefined || sameMeaning(known, added), name, 'already means something else');
    attributes[name] = known ?? added;
  }
  const entityTypes = { ...base.entityTypes };
  for (const [type, row] of Object.entries(extension.entityTypes ?? {})) {
    refuseUnless(NAME.test(type), type, 'is not a name');
    for (const name of row.attributes)
      refuseUnless(Object.hasOwn(attributes, name), type, `has an unknown attribute, ${name}`);
    const known = entityTypes[type];
    refuseUnless(
      known === undefined || row.iri === undefined || row.iri === known.iri,
      type,
      'already means something else',
    );
    entityTypes[type] = {
      iri: known?.iri ?? row.iri ?? NAMESPACES.contor + type,
      about: known?.about ?? row.about,
      attributes: [...new Set([...(known?.attributes ?? []), ...row.attributes])],
    };
  }
  return { attributes, entityTypes };
}

function sameMeaning(a: AttributeInfo, b: AttributeInfo): boolean {
  return (
    a.iri === b.iri &&
    a.kind === b.kind &&
    a.quantity === b.quantity &&
    a.unitCode === b.unitCode &&
    a.decimals === b.decimals
  );
}

function refuseUnless(condition: boolean, name: string, why: string): void {
  if (!condition) throw new VocabularyError('extension.conflict', `${name} ${why}`, { name });
}
