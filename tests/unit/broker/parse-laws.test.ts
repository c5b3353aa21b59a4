/**
 * Laws of what comes from outside: any JSON is read or refused with a reason, nothing else happens, and whatever is then
 * done with it, urn:ngsi-ld:null is never kept. GS CIM 009 V1.9.1, 4.5.0, 5.2.1, 5.5.4.
 */

import { CORE_URL } from '@contor/broker/context/core.js';
import { createContexts } from '@contor/broker/core.js';
import { type Entity, type EntityInput, SAME } from '@contor/broker/entity/model.js';
import { ENTITY_OPERATIONS, type EntityOperationName } from '@contor/broker/entity/operations.js';
import { type ParseOptions, parseEntity, parseFragment } from '@contor/broker/entity/parse.js';
import { parseSimplified } from '@contor/broker/entity/simplified.js';
import type { Json, JsonObject } from '@contor/broker/json.js';
import { Problem } from '@contor/broker/problem.js';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const RUNS = times(300, 2_000);
const NULL = 'urn:ngsi-ld:null';
const WORDS =
  `id type @id @type scope value object languageMap vocab json valueList unitCode observedAt datasetId dataset
coordinates geometries @none @value en a b c __proto__ constructor toString expiresAt previousValue createdAt`.split(
    /\s+/,
  );
const LEAVES: readonly Json[] = [
  ...[NULL, NULL, NULL, 'x', '', '/a', 'urn:a:b', 'urn:d:1', '@none', '2026-11-20T07:00:00Z', 'KWH'],
  ...[
    'Property',
    'Relationship',
    'GeoProperty',
    'LanguageProperty',
    'VocabProperty',
    'JsonProperty',
    'ListProperty',
    'Point',
  ],
  ...[0, 1.5, true, false, null],
];

const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    { weight: 3, arbitrary: fc.constantFrom(...LEAVES) },
    {
      weight: 4,
      arbitrary: fc.dictionary(fc.constantFrom(...WORDS), tie('json'), { maxKeys: 4 }) as fc.Arbitrary<Json>,
    },
    { weight: 1, arbitrary: fc.array(tie('json'), { maxLength: 3 }) },
  ),
}));
/** Likely enough to be read that what is done with it is seen. */
const sound = fc.letrec<{ one: Json }>((tie) => ({
  one: fc
    .record(
      {
        type: fc.constantFrom('Property', 'Property', 'Relationship', 'LanguageProperty'),
        value: fc.oneof(fc.constantFrom<Json>(1, NULL, { x: 1, y: NULL }), json),
        object: fc.constantFrom('urn:a:b', NULL),
        languageMap: fc.constantFrom<Json>({ en: 'x', ro: NULL }, { '@none': NULL }, { en: 'y' }),
        unitCode: fc.constantFrom('KWH', NULL),
        observedAt: fc.constantFrom('2026-11-20T07:00:00Z', NULL),
        a: fc.oneof({ depthSize: 'small' }, fc.constantFrom<Json>(NULL, { unitCode: 'KWH' }, { value: 1 }), tie('one')),
      },
      { requiredKeys: [] },
    )
    .map(fitting),
})).one;
const attribute = fc.oneof({ weight: 1, arbitrary: json }, { weight: 6, arbitrary: sound });

/** With the value of its type and no other, most of the time. */
function fitting(made: Json): Json {
  const { value, object, languageMap, unitCode, ...rest } = made as JsonObject;
  const content = { Property: { value, unitCode }, Relationship: { object }, LanguageProperty: { languageMap } };
  const type = rest.type as keyof typeof content | undefined;
  return Object.fromEntries(
    Object.entries({ ...rest, ...content[type ?? 'Property'] }).filter(([, member]) => member !== undefined),
  ) as JsonObject;
}

const body = fc.record(
  {
    type: fc.constantFrom('T', ['T', 'U']),
    scope: fc.oneof({ weight: 5, arbitrary: fc.constantFrom<Json>('/a', NULL) }, { weight: 1, arbitrary: json }),
    a: attribute,
    b: fc.oneof(attribute, fc.array(attribute, { maxLength: 2 })),
  },
  { requiredKeys: ['type', 'a'] },
) as fc.Arbitrary<JsonObject>;
/** What a creation can have. */
const nullless = body.map((made): JsonObject => JSON.parse(JSON.stringify(made).replaceAll(NULL, 'urn:x:y')));

const context = createContexts(new Map(), CORE_URL).resolve(CORE_URL);
const ID = 'urn:e:1';
const options = (nulls: ParseOptions['nulls'], more: Partial<ParseOptions> = {}): ParseOptions => ({
  context,
  atMs: 1,
  nulls,
  ...more,
});

/** undefined: refused. */
function read(parse: () => EntityInput): EntityInput | undefined {
  try {
    return parse();
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    return undefined;
  }
}

const create = (made: JsonObject): Entity | undefined => {
  const input = read(() => parseEntity({ ...made, id: ID }, options('nowhere')));
  return input && { ...input, createdAt: 0, modifiedAt: 0 };
};

const WRITES: readonly (readonly [
  name: string,
  operation: EntityOperationName,
  parse: (made: JsonObject, before: Entity) => EntityInput,
])[] = [
  ['append', 'append', (made) => parseFragment(made, ID, options('nowhere'))],
  ['append with noOverwrite', 'appendNew', (made) => parseFragment(made, ID, options('nowhere'))],
  ['update', 'update', (made) => parseFragment(made, ID, options('members'))],
  [
    'partial update',
    'partial',
    (made, before) => parseFragment(made, ID, options('members', { isValueOptional: true, kindOf: kindsOf(before) })),
  ],
  [
    'merge',
    'merge',
    (made, before) =>
      parseFragment(made, ID, options('values', { isValueOptional: true, kindOf: kindsOf(before), lang: 'en' })),
  ],
  [
    'simplified merge',
    'merge',
    (made, before) => parseSimplified(made, ID, options('values', { isValueOptional: true, kindOf: kindsOf(before) })),
  ],
];

function kindsOf({ attributes }: Entity): NonNullable<ParseOptions['kindOf']> {
  return (name, datasetId) => {
    const kind = attributes.find((one) => one.name === name && one.datasetId === datasetId)?.kind;
    return kind === SAME ? undefined : kind;
  };
}

it('a creation is read or refused, and keeps no null', () => {
  fc.assert(
    fc.property(fc.oneof(body, json as fc.Arbitrary<JsonObject>), (made) => {
      const input = read(() => parseEntity(made, options('nowhere')));
      expect(JSON.stringify(input) ?? '').not.toContain(NULL);
    }),
    { numRuns: times(150, 1_000) },
  );
});

it.each(WRITES)('%s is read or refused, and leaves no null', (_name, operation, parse) => {
  let seen = 0;
  fc.assert(
    fc.property(nullless, body, (first, second) => {
      const before = create(first) ?? {
        id: ID,
        types: ['urn:t:1'],
        scope: undefined,
        attributes: [],
        createdAt: 0,
        modifiedAt: 0,
      };
      const input = read(() => parse(second, before));
      if (input === undefined) return;
      const outcome = ENTITY_OPERATIONS[operation](before, { id: ID, atMs: 1, input });
      if (outcome.kind !== 'updated') return;
      seen += 1;
      expect(JSON.stringify(outcome.entity)).not.toContain(NULL);
      expect(outcome.entity.attributes.every(isWhole)).toBe(true);
    }),
    { numRuns: RUNS },
  );
  expect(seen).toBeGreaterThan(RUNS / 100);
});

it('is no match for a bomb', () => {
  const levels = 500_000;
  const nested = (open: string, close: string): Json => JSON.parse(`${open.repeat(levels)}{}${close.repeat(levels)}`);
  const bombs = [
    nested('{"type":"GeometryCollection","geometries":[', ']}'),
    nested('{"value":1,"a":', '}'),
    nested('[', ']'),
  ];
  for (const bomb of bombs)
    for (const a of [bomb, { value: bomb }, [{ value: bomb }], { type: 'GeoProperty', value: bomb }, { json: bomb }])
      expect(read(() => parseEntity({ id: ID, type: 'T', a }, options('nowhere')))).toBeUndefined();
});

/** Nothing that only makes sense in a request has become part of an entity. */
function isWhole({ kind, parts }: Entity['attributes'][number]): boolean {
  return kind !== SAME && parts.every(isWhole);
}
