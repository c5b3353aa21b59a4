/** Texts that subscribers share: whatever is told to whom, each hears exactly what was meant for it, and it was written once. */

import type { Entity } from '@contor/broker/entity/model.js';
import type { Telling } from '@contor/broker/subscription/model.js';
import { Texts } from '@contor/broker/subscription/texts.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

function telling(id: string): Telling {
  const entity: Entity = { id, types: [], scope: undefined, attributes: [], createdAt: 0, modifiedAt: 0 };
  return { position: 1, atMs: 0, reason: 'updated', entity };
}

function asText(pieces: readonly Buffer[]): string {
  return Buffer.concat(pieces).toString('utf8');
}

/** Short ones, ones beside which a slab has no room, ones larger than a slab; letters of one to four bytes. */
const TEXT = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.tuple(fc.constantFrom('x', 'ß', '电', '⚡🔌'), fc.integer({ min: 1, max: 90_000 })).map(([c, n]) => c.repeat(n)),
);

describe('shared texts', () => {
  it('are those of the tellings, in their order, with commas between them', () =>
    fc.assert(
      fc.property(fc.array(TEXT, { minLength: 1, maxLength: 12 }), fc.infiniteStream(fc.nat()), (texts, picks) => {
        const tellings = texts.map((_text, at) => telling(String(at)));
        const shared = new Texts(({ entity }) => texts[Number(entity.id)] ?? '');
        for (let parcel = 0; parcel < 3; parcel += 1) {
          const chosen = [...picks.take(8)].map((pick) => pick % texts.length);
          const told = chosen.flatMap((at) => tellings[at] ?? []);
          expect(asText(shared.of(told))).toBe(chosen.map((at) => texts[at]).join(','));
        }
        expect(asText(shared.of([]))).toBe('');
      }),
      { numRuns: times(8, 25) },
    ));

  it('are written once for all subscribers, and stand in the same memory', () => {
    let written = 0;
    const shared = new Texts(({ entity }) => {
      written += 1;
      return entity.id.repeat(1_000);
    });
    const tellings = Array.from({ length: 1_000 }, (_none, at) => telling(String(1_000 + at)));
    const [first, second] = [shared.of(tellings), shared.of(tellings)];
    expect(written).toBe(1_000);
    expect(Buffer.concat(second).equals(Buffer.concat(first))).toBe(true);
    expect(new Set([...first, ...second].map(({ buffer }) => buffer)).size).toBe(first.length);
  });

  it('are copied when they lie far apart, so that a slow subscriber keeps no whole slabs', () => {
    const shared = new Texts(({ entity }) => entity.id);
    const tellings = Array.from({ length: 100 }, (_none, at) => telling(`urn:x:${at}`));
    shared.of(tellings);
    const some = tellings.filter((_telling, at) => at % 3 === 0);
    const pieces = shared.of(some);
    expect(pieces).toHaveLength(1);
    expect(asText(pieces)).toBe(some.map(({ entity }) => entity.id).join(','));
    expect(pieces[0]?.buffer.byteLength).toBeLessThan(262_144);
  });

  it('are let go: what was written long ago is written again', () => {
    let written = 0;
    const shared = new Texts(() => {
      written += 1;
      return 'x'.repeat(1_000);
    });
    const first = telling('first');
    shared.of([first]);
    for (let at = 0; at < 20_000; at += 1) shared.of([telling(String(at))]);
    shared.of([first]);
    expect(written).toBe(20_002);
  });
});
