/** What discovery counts, kept by changes, is what a fresh look would count. */

import { Catalogue } from '@contor/broker/entity/catalogue.js';
import type { Attribute, Entity } from '@contor/broker/entity/model.js';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';

const attribute = fc
  .record({
    name: fc.constantFrom('urn:x:a', 'urn:x:b', 'urn:x:c'),
    kind: fc.constantFrom('Property', 'Relationship'),
    datasetId: fc.constantFrom(undefined, 'urn:d:1'),
  })
  .map(({ name, kind, datasetId }): Attribute => {
    const times = { createdAt: 0, modifiedAt: 0, size: 0 };
    return { name, kind, value: 1, observedAt: undefined, unitCode: undefined, datasetId, parts: [], ...times };
  });
const entity = fc
  .record({
    types: fc.subarray(['urn:t:1', 'urn:t:2'], { minLength: 1 }),
    attributes: fc.array(attribute, { maxLength: 4 }),
  })
  .map((rest): Entity => ({ id: 'urn:e:1', scope: undefined, createdAt: 0, modifiedAt: 0, ...rest }));
/** Which entity becomes what; undefined deletes it. */
const write = fc.tuple(fc.nat(3), fc.option(entity, { nil: undefined, freq: 3 }));

function seen(catalogue: Catalogue): unknown {
  return ['urn:t:1', 'urn:t:2'].map((type) => [
    [...catalogue.attributesOf(type)].map(([name, kinds]) => [name, [...kinds].sort()]).sort(),
    [...catalogue.attributes]
      .sort()
      .map((name) => [name, catalogue.countOf(name), catalogue.typesWith(name).sort(), catalogue.kindsOf(name).sort()]),
  ]);
}

it('keeps count', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 30 }), (writes) => {
      const entities = new Map<number, Entity>();
      const kept = new Catalogue([]);
      for (const [number, after] of writes) {
        kept.changed(entities.get(number), after);
        if (after === undefined) entities.delete(number);
        else entities.set(number, after);
        expect(seen(kept)).toEqual(seen(new Catalogue(entities.values())));
      }
    }),
  );
});
