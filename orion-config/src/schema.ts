/** JSON Schema (draft 2020-12) of an entity type in normalized form, made of the tables: for partners, editors and tests. */

import { type AttributeInfo, VOCABULARY, type Vocabulary } from './vocabulary.js';
import { VocabularyError } from './vocabulary-error.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

const INSTANT = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z$' } as const;
const IDENTIFIER = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9+.-]*:' } as const;
/** A DateTime may travel typed (GS CIM 009, 4.6.3). */
const TYPED_INSTANT = {
  type: 'object',
  required: ['@type', '@value'],
  properties: { '@type': { const: 'DateTime' }, '@value': INSTANT },
} as const;
const GEOMETRY = {
  type: 'object',
  required: ['type', 'coordinates'],
  properties: { type: { type: 'string' } },
} as const;

const NGSI_TYPES = {
  property: 'Property',
  relationship: 'Relationship',
  geoProperty: 'GeoProperty',
  languageProperty: 'LanguageProperty',
} as const;

export function entitySchema(type: string, vocabulary: Vocabulary = VOCABULARY): JsonSchema {
  const row = vocabulary.entityTypes[type];
  if (row === undefined) throw new VocabularyError('entity.unknown-type', `there is no entity type ${type}`, { type });
  const attributes = row.attributes.map((name) => [name, attributeSchema(name, vocabulary)]);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `https://contor.example/schemas/v1/${type}.json`,
    title: type,
    description: row.about,
    type: 'object',
    required: ['id', 'type'],
    properties: {
      '@context': true,
      id: IDENTIFIER,
      type: { const: type },
      scope: { type: ['string', 'array'] },
      createdAt: INSTANT,
      modifiedAt: INSTANT,
      ...Object.fromEntries(attributes),
    },
    additionalProperties: false,
  };
}

/** One instance, or several told apart by datasetId. */
function attributeSchema(name: string, vocabulary: Vocabulary): JsonSchema {
  const attribute = vocabulary.attributes[name];
  if (attribute === undefined)
    throw new VocabularyError('entity.unknown-attribute', `there is no attribute ${name}`, { name });
  const instance = instanceSchema(attribute);
  return { description: attribute.about, anyOf: [instance, { type: 'array', minItems: 1, items: instance }] };
}

function instanceSchema(attribute: AttributeInfo): JsonSchema {
  const member = { property: 'value', geoProperty: 'value', relationship: 'object', languageProperty: 'languageMap' }[
    attribute.kind
  ];
  return {
    type: 'object',
    required: ['type', member],
    properties: {
      type: { const: NGSI_TYPES[attribute.kind] },
      [member]: memberSchema(attribute),
      observedAt: INSTANT,
      datasetId: IDENTIFIER,
      // The default unit may be left out; another one is a mistake.
      ...(attribute.unitCode === undefined ? { unitCode: false } : { unitCode: { const: attribute.unitCode } }),
    },
  };
}

function memberSchema({ kind, quantity, decimals }: AttributeInfo): unknown {
  if (kind === 'relationship') return { anyOf: [IDENTIFIER, { type: 'array', items: IDENTIFIER }] };
  if (kind === 'geoProperty') return GEOMETRY;
  if (kind === 'languageProperty') return { type: 'object', additionalProperties: { type: ['string', 'array'] } };
  if (quantity === 'time') return { anyOf: [INSTANT, TYPED_INSTANT] };
  if (quantity === 'flag') return { type: 'boolean' };
  if (quantity === 'object') return { type: ['object', 'array'] };
  if (decimals === undefined) return { type: 'string' };
  return decimals === 0 ? { type: 'integer' } : { type: 'number' };
}
