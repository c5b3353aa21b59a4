/** Merging attribute lists, by properties. GS CIM 009 V1.9.1, 5.5.8, 5.5.12, 5.6.2 to 5.6.4, 5.6.17. */

import { mergeAttributes } from '@contor/broker/entity/merge.js';
import { type Attribute, MAX_ATTRIBUTES } from '@contor/broker/entity/model.js';
import { ENTITY_OPERATIONS } from '@contor/broker/entity/operations.js';
import { packEntity, StringTable, unpackEntity } from '@contor/broker/store/pack.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const name = fc.constantFrom('https://example.org/a', 'https://example.org/b', 'https://example.org/c');
const json = fc.jsonValue({ maxDepth: 2 }).filter((value) => value !== null) as fc.Arbitrary<Attribute['value']>;
const moment = fc.option(fc.constantFrom('2026-11-20T07:00:00Z', '2026-11-20T08:00:00.5Z'), { nil: undefined });

const { attribute } = fc.letrec<{ attribute: Attribute }>((tie) => ({
  attribute: fc.record({
    name,
    kind: fc.constantFrom('Property', 'JsonProperty'),
    value: json,
    observedAt: moment,
    unitCode: fc.option(fc.constantFrom('KWH', 'WTT'), { nil: undefined }),
    datasetId: fc.option(fc.constantFrom('urn:x:1', 'urn:x:2'), { nil: undefined }),
    parts: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constant([]),
      fc.array(tie('attribute'), { maxLength: 2 }),
    ),
    createdAt: fc.nat(1000),
    modifiedAt: fc.nat(1000),
    size: fc.nat(1000),
  }),
}));
const keyOf = (one: Attribute): string => `${one.name} ${one.datasetId ?? ''}`;
const attributes = fc.uniqueArray(attribute, { selector: keyOf, maxLength: 6 });

describe('merging', () => {
  it('append: what was sent is there, what was not sent is as it was', () => {
    fc.assert(
      fc.property(attributes, attributes, (before, input) => {
        const after = new Map(mergeAttributes(before, input, 'append').attributes.map((one) => [keyOf(one), one]));
        for (const one of input)
          expect(after.get(keyOf(one))).toMatchObject({ value: one.value, modifiedAt: one.modifiedAt });
        const sent = new Set(input.map(keyOf));
        for (const one of before) if (!sent.has(keyOf(one))) expect(after.get(keyOf(one))).toBe(one);
        expect(after.size).toBe(new Set([...before, ...input].map(keyOf)).size);
      }),
    );
  });

  it('append twice is append once', () => {
    fc.assert(
      fc.property(attributes, attributes, (before, input) => {
        const once = mergeAttributes(before, input, 'append').attributes;
        expect(mergeAttributes(once, input, 'append').attributes).toEqual(once);
      }),
    );
  });

  it('appendNew changes nothing that is there; what replaces one adds nothing that is not', () => {
    fc.assert(
      fc.property(attributes, attributes, (before, input) => {
        const added = mergeAttributes(before, input, 'appendNew').attributes;
        expect(added.slice(0, before.length)).toEqual(before);
        expect(mergeAttributes(before, input, 'replaceOne').attributes.map(keyOf)).toEqual(before.map(keyOf));
      }),
    );
  });

  it.each(['append', 'appendNew', 'update', 'replaceOne', 'partial', 'merge'] as const)(
    '%s leaves its inputs alone and keeps creation times',
    (rule) => {
      fc.assert(
        fc.property(attributes, attributes, (before, input) => {
          const copies = structuredClone([before, input]);
          const merged = mergeAttributes(before, input, rule);
          expect([before, input]).toEqual(copies);
          const created = new Map(before.map((one) => [keyOf(one), one.createdAt]));
          for (const one of merged.attributes) {
            const createdAt = created.get(keyOf(one));
            if (createdAt !== undefined) expect(one.createdAt).toBe(createdAt);
          }
          expect(merged.changed.length + merged.notUpdated.length).toBeLessThanOrEqual(
            input.length + merged.notUpdated.length,
          );
        }),
      );
    },
  );

  it('a merge patch keeps a key named __proto__ a key', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true}}');
    const one = {
      name: 'https://example.org/a',
      kind: 'Property',
      value,
      parts: [],
      createdAt: 0,
      modifiedAt: 0,
      size: 0,
      observedAt: undefined,
      unitCode: undefined,
      datasetId: undefined,
    } as const;
    const [merged] = mergeAttributes([{ ...one, value: {} }], [one], 'merge').attributes;
    expect(JSON.stringify(merged?.value)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('an entity', () => {
  it('does not grow beyond its attributes, however it is asked', () => {
    const attribute: Omit<Attribute, 'name'> = {
      ...{ kind: 'Property' as const, value: 1, observedAt: undefined, unitCode: undefined, datasetId: undefined },
      ...{ parts: [], createdAt: 0, modifiedAt: 0, size: 0 },
    };
    const many = (from: number, to: number): Attribute[] =>
      Array.from({ length: to - from }, (_none, at) => ({ ...attribute, name: `urn:x:${from + at}` }));
    const input = (attributes: readonly Attribute[]) => ({ id: 'urn:e:1', types: [], scope: undefined, attributes });
    const full = { ...input(many(0, MAX_ATTRIBUTES)), types: ['urn:t:1'], createdAt: 0, modifiedAt: 0 };
    for (const operation of ['append', 'appendNew', 'update', 'merge', 'upsertUpdate'] as const) {
      const write = (attributes: readonly Attribute[]) =>
        ENTITY_OPERATIONS[operation](full, { id: full.id, atMs: 1, input: input(attributes) });
      expect(write(many(MAX_ATTRIBUTES, MAX_ATTRIBUTES + 1))).toMatchObject({
        kind: 'refused',
        problem: { code: 'badRequestData' },
      });
      expect(write(many(0, 3)).kind).not.toBe('refused');
    }
  });
});

describe('packing', () => {
  it('there and back through JSON is the same entity', () => {
    fc.assert(
      fc.property(attributes, (list) => {
        const entity = {
          id: 'urn:a:b',
          types: ['https://example.org/T'],
          scope: undefined,
          attributes: list,
          createdAt: 5,
          modifiedAt: 6,
        };
        const table = new StringTable();
        const text = JSON.stringify({ packed: packEntity(entity, table), strings: table.strings });
        const { packed, strings } = JSON.parse(text);
        const back = JSON.stringify(unpackEntity(packed, new StringTable(strings)));
        expect(back).toBe(JSON.stringify(entity));
      }),
    );
  });
});
