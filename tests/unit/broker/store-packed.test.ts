/** Entities as bytes come back as they were, and the pages they lie in give back what was last put there. */

import type { Attribute, Entity } from '@contor/broker/entity/model.js';
import { ByteReader } from '@contor/broker/store/byte-reader.js';
import { ByteWriter } from '@contor/broker/store/byte-writer.js';
import { Moments } from '@contor/broker/store/moments.js';
import { NameTable } from '@contor/broker/store/names.js';
import { packEntity, unpackEntity, unpackOnly } from '@contor/broker/store/packed.js';
import { Pages } from '@contor/broker/store/pages.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const KINDS = ['Property', 'Relationship', 'GeoProperty', 'LanguageProperty', 'VocabProperty', 'JsonProperty'] as const;
const MOMENTS = [
  '2026-11-20T07:00:10.000Z',
  '2026-11-20T07:00:10Z',
  '2026-11-20T07:00:10,5Z',
  '2026-11-20T07:00:10.123456Z',
  '0001-01-01T00:00:00Z',
  '2026-02-30T00:00:00.000Z',
  'urn:ngsi-ld:null',
];

const name = fc.constantFrom('https://example.org/a', 'https://example.org/b', 'https://example.org/ț', '__proto__');
const time = fc.integer({ min: 0, max: 2 ** 42 });
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -5, max: 2 ** 31 + 5 }),
  fc.constantFrom(0, -0, 2 ** 31, 2 ** 53, 127, 128, 16_383, 16_384),
);
/** Any text JSON can bring, half a surrogate pair too. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'ÿ', 'Ā', 'x'.repeat(200)));
const json = fc.jsonValue();

const { attribute } = fc.letrec<{ attribute: Attribute }>((tie) => ({
  attribute: fc.record({
    name,
    kind: fc.constantFrom(...KINDS),
    value: fc.oneof(number, text, fc.boolean(), json) as fc.Arbitrary<Attribute['value']>,
    observedAt: fc.option(fc.constantFrom(...MOMENTS), { nil: undefined }),
    unitCode: fc.option(fc.constantFrom('KWH', 'WTT', '€'), { nil: undefined }),
    datasetId: fc.option(fc.constantFrom('urn:d:1', 'urn:d:2'), { nil: undefined }),
    parts: fc.oneof({ maxDepth: 2 }, fc.constant([]), fc.array(tie('attribute'), { maxLength: 2 })),
    createdAt: fc.oneof(fc.constant(5), time),
    modifiedAt: fc.oneof(fc.constant(6), time),
    size: fc.integer({ min: 0, max: 2 ** 40 }),
  }),
}));

const entity: fc.Arbitrary<Entity> = fc.record({
  id: fc.constant('urn:e:1'),
  types: fc.array(name, { minLength: 1, maxLength: 3 }),
  scope: fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined }),
  attributes: fc.array(attribute, { maxLength: 5 }),
  createdAt: fc.constant(5),
  modifiedAt: fc.constant(6),
});

function packed(whole: Entity, names: NameTable): ByteReader {
  const writer = new ByteWriter(4);
  packEntity(whole, writer, names);
  return new ByteReader(Buffer.from(writer.written()));
}

describe('a packed entity', () => {
  it('comes back as it was', () => {
    const names = new NameTable();
    fc.assert(
      fc.property(entity, (whole) => {
        const reader = packed(whole, names);
        expect(unpackEntity(whole.id, reader, names)).toEqual(whole);
        expect(reader.at).toBe(reader.bytes.byteLength);
      }),
    );
  });

  it('gives the attributes of one name without the others', () => {
    const names = new NameTable();
    fc.assert(
      fc.property(entity, name, (whole, only) => {
        const attributes = whole.attributes.filter((one) => one.name === only);
        const bytes = packed(whole, names);
        const wanted = { name: only, number: names.known(only) };
        expect(unpackOnly(wanted, whole.id, bytes, names, whole.types)).toEqual({ ...whole, attributes });
      }),
    );
  });

  it('keeps what only notifications say', () => {
    const names = new NameTable();
    const gone: Entity = {
      ...{ id: 'urn:e:1', types: ['T'], scope: undefined, attributes: [], createdAt: 1, modifiedAt: 2 },
      deletedAt: 3,
    };
    expect(unpackEntity('urn:e:1', packed(gone, names), names)).toEqual(gone);
  });

  it('says names in full when the table takes no more', () => {
    const names = new NameTable();
    for (let at = 0; at < 40_000; at += 1) names.number(`n${at}`);
    expect(names.number('one more')).toBe(0);
    const whole: Entity = {
      id: 'urn:e:1',
      types: ['late'],
      scope: undefined,
      attributes: [],
      createdAt: 1,
      modifiedAt: 2,
    };
    expect(unpackEntity('urn:e:1', packed(whole, names), names)).toEqual(whole);
  });

  it('that is cut short throws, wherever it is cut', () => {
    const names = new NameTable();
    const [whole] = fc.sample(
      entity.filter((one) => one.attributes.length > 2),
      { seed: 1, numRuns: 1 },
    );
    if (whole === undefined) throw new RangeError('no sample');
    const { bytes } = packed(whole, names);
    for (let length = 0; length < bytes.byteLength; length += Math.ceil(bytes.byteLength / 400)) {
      expect(() => unpackEntity('urn:e:1', new ByteReader(Buffer.from(bytes.subarray(0, length))), names)).toThrow();
    }
  });
});

describe('moments', () => {
  const there = (text: string): string => {
    const writer = new ByteWriter();
    new Moments().put(text, writer);
    return new Moments().take(new ByteReader(Buffer.from(writer.written())));
  };
  it('come back as they were written, whatever the day and the form', () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        const text = date.toISOString();
        expect(there(text)).toBe(text);
        expect(there(text.replace(/\.\d{3}/, ''))).toBe(text.replace(/\.\d{3}/, ''));
      }),
    );
  });
  it.each(['', 'x'.repeat(24), '2026-11-20T24:00:00.000Z', '2026-11-20t07:00:00.000z', '2026-11-20 07:00:00.000Z'])(
    '%j stays the text it is',
    (text) => expect(there(text)).toBe(text),
  );
});

describe('pages', () => {
  const body = (owner: number, round: number, size: number) => Buffer.alloc(size, `${owner}/${round} `);

  it('give back what was last put, through any number of moves, and forget what is waste', () => {
    const pages = new Pages();
    const kept = new Map<number, Buffer>();
    const reader = new ByteReader();
    const check = (): void => {
      for (const [owner, bytes] of kept) {
        pages.read(owner, reader);
        expect(reader.bytes.subarray(reader.at, reader.at + bytes.byteLength).equals(bytes)).toBe(true);
      }
    };
    let chance = 7;
    const next = (below: number): number => {
      chance = (chance * 1_103_515_245 + 12_345) % 2 ** 31;
      return chance % below;
    };
    for (let at = 0; at < 2_000; at += 1) {
      const bytes = body(at, 0, 500 + next(1_000));
      kept.set(pages.add(bytes), bytes);
    }
    for (let round = 1; round <= 25_000; round += 1) {
      const owner = next(2_000);
      if (round % 97 === 0 && kept.has(owner)) {
        pages.remove(owner);
        kept.delete(owner);
        continue;
      }
      const bytes = body(owner, round, round % 1_000 === 0 ? 200_000 : 500 + next(1_000));
      if (kept.has(owner)) {
        pages.replace(owner, bytes);
        kept.set(owner, bytes);
      } else kept.set(pages.add(bytes), bytes);
      if (round % 5_000 === 0) check();
    }
    check();
    const living = [...kept.values()].reduce((sum, bytes) => sum + bytes.byteLength + 8, 0);
    expect(pages.living).toBe(living);
    expect(pages.bytes).toBeLessThan(living * 1.5 + 6 * 2 ** 20);
  });

  it('that were captured stay as they were', () => {
    const pages = new Pages();
    const owners = Array.from({ length: 1_000 }, (_none, at) => pages.add(body(at, 0, 300)));
    const captured = pages.capture();
    for (let round = 1; round < 60; round += 1)
      for (const owner of owners) pages.replace(owner, body(owner, round, 300));
    for (const owner of owners.slice(0, 900)) pages.remove(owner);
    for (const [at, owner] of owners.entries())
      expect(Buffer.from(captured.packed(owner)).equals(body(at, 0, 300))).toBe(true);
  });
});
