/** The pure rooms of registrations: operations, matching, splitting, putting together, Via and endpoints, by law and by table. */

import type { Attribute, Entity } from '@contor/broker/entity/model.js';
import { assemble } from '@contor/broker/registration/assemble.js';
import { matchEntity, RegistrationBook } from '@contor/broker/registration/book.js';
import { allowSources } from '@contor/broker/registration/endpoint.js';
import { MODES, type Mode, type Registration } from '@contor/broker/registration/model.js';
import {
  FORWARDED,
  type ForwardedOperation,
  isOperationName,
  supports,
} from '@contor/broker/registration/operations.js';
import { splitWrite } from '@contor/broker/registration/split.js';
import { readVia, writeVia } from '@contor/broker/registration/via.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const NOW = 1_000;
const IDS = ['urn:e:1', 'urn:e:2', 'urn:x:1'] as const;
const TYPES = ['T', 'U'] as const;
const NAMES = ['a', 'b', 'c'] as const;

const names = fc.option(fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }), { nil: undefined });
const entityInfo = fc.oneof(
  fc.record({ id: fc.constantFrom(...IDS), types: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1 }) }),
  fc.record({
    idPattern: fc.constantFrom('^urn:e', ':1$', 'z'),
    types: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1 }),
  }),
  fc.record({ types: fc.uniqueArray(fc.constantFrom(...TYPES), { minLength: 1 }) }),
);
const information = fc.record({
  entities: fc.option(fc.array(entityInfo, { minLength: 1, maxLength: 3 }), { nil: undefined }),
  propertyNames: names,
  relationshipNames: names,
});
const registration: fc.Arbitrary<Registration> = fc.record({
  id: fc.constantFrom('r:1', 'r:2', 'r:3'),
  information: fc.array(information, { minLength: 1, maxLength: 3 }),
  endpoint: fc.constant('http://localhost:1'),
  mode: fc.constantFrom(...MODES),
  operations: fc.subarray(['updateOps', 'retrieveOps', 'redirectionOps', 'mergeEntity'], { minLength: 1 }),
  expiresAt: fc.constantFrom(undefined, new Date(NOW).toISOString(), new Date(NOW + 1).toISOString()),
  context: fc.constant('https://example.org/context'),
  createdAt: fc.constant(0),
  modifiedAt: fc.constant(0),
});

describe('the book', () => {
  it('finds by its indexes what a walk through all of them finds', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(registration, fc.boolean()), { maxLength: 12 }), (steps) => {
        const book = new RegistrationBook();
        const all = new Map<string, Registration>();
        for (const [one, isKept] of steps) {
          book.put(one);
          all.set(one.id, one);
          if (isKept) continue;
          expect(book.delete(one.id)).toBe(true);
          all.delete(one.id);
        }
        for (const id of IDS) {
          for (const types of [undefined, ['T'], ['U']]) {
            const live = [...all.values()].filter(
              ({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > NOW,
            );
            const walked = live.flatMap((one) => matchEntity(one, { id, types }) ?? []);
            const found = book.matching({ id, types }, NOW);
            const inOrder = (matches: typeof found) =>
              matches.toSorted((a, b) => a.registration.id.localeCompare(b.registration.id));
            expect(inOrder(found)).toEqual(inOrder(walked));
            if (walked.length > 0) expect(book.concerns(id)).toBe(true);
          }
        }
        const shared = [...book.shared(NOW)].map(({ id }) => id).sort();
        expect(shared).toEqual(
          [...book.current(NOW)]
            .filter(({ mode }) => mode !== 'exclusive')
            .map(({ id }) => id)
            .sort(),
        );
      }),
    ));
});

describe('a write', () => {
  const operations = Object.keys(FORWARDED) as ForwardedOperation[];
  it('loses no attribute, and gives none to two who both hold it alone (4.3.6)', () =>
    fc.assert(
      fc.property(
        fc.array(registration, { maxLength: 5 }),
        fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 }),
        fc.constantFrom(...operations),
        (all, wanted, operation) => {
          const matches = all.flatMap((one) => matchEntity(one, { id: 'urn:e:1' }) ?? []);
          const { shares, refused, local, isLocal } = splitWrite(matches, operation, new Set(wanted));
          for (const name of wanted) {
            const of = (mode: Mode) =>
              shares.filter(({ registration: { mode: is }, names: held }) => is === mode && held?.has(name));
            const elsewhere =
              of('exclusive').length +
              of('redirect').length +
              refused.filter(({ names: held }) => held?.has(name)).length;
            // Either somebody alone has it, or the broker does.
            expect(elsewhere > 0).toBe(local?.has(name) === false);
            if (of('exclusive').length > 0) expect(of('redirect').length + of('inclusive').length).toBe(0);
            if (of('redirect').length > 0) expect(of('inclusive').length).toBe(0);
          }
          expect(
            shares.every(
              ({ registration: { mode, operations: taken } }) => mode !== 'auxiliary' && supports(taken, operation),
            ),
          ).toBe(true);
          expect(isLocal).toBe((local?.size ?? 0) > 0);
        },
      ),
    ));
});

const attribute = (name: string, value: number, more: Partial<Attribute> = {}): Attribute => ({
  ...{ name, kind: 'Property', value, observedAt: undefined, unitCode: undefined, datasetId: undefined, parts: [] },
  ...{ createdAt: 0, modifiedAt: 0, size: 1 },
  ...more,
});
const attributes = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom(...NAMES),
    value: fc.integer(),
    modifiedAt: fc.nat(5),
    datasetId: fc.constantFrom(undefined, 'urn:d:1'),
  }),
  { selector: ({ name, datasetId }) => `${name} ${datasetId}` },
);
const entity: fc.Arbitrary<Entity> = attributes.map((list) => ({
  ...{ id: 'urn:e:1', types: ['T'], scope: undefined, createdAt: 0, modifiedAt: 0 },
  attributes: list.map(({ name, value, ...more }) => attribute(name, value, more)),
}));
const parts = fc.array(fc.record({ entity, mode: fc.constantFrom(...MODES) }), { maxLength: 4 });

describe('putting together (4.5.5)', () => {
  const keyOf = ({ name, datasetId }: Attribute): string => `${name} ${datasetId}`;

  it('shows each instance once, and only what somebody said', () =>
    fc.assert(
      fc.property(fc.option(entity, { nil: undefined }), parts, (local, others) => {
        const whole = assemble(local, others);
        if (local === undefined && others.length === 0) return expect(whole).toBeUndefined();
        const shown = whole?.attributes ?? [];
        expect(new Set(shown.map(keyOf)).size).toBe(shown.length);
        const said = [...(local?.attributes ?? []), ...others.flatMap(({ entity: { attributes: own } }) => own)];
        expect(shown.every((one) => said.includes(one))).toBe(true);
        expect(new Set(shown.map(({ name }) => name))).toEqual(new Set(said.map(({ name }) => name)));
      }),
    ));

  it('an exclusive source has the only word, an auxiliary one the last', () =>
    fc.assert(
      fc.property(fc.option(entity, { nil: undefined }), parts, (local, others) => {
        const shown = assemble(local, others)?.attributes ?? [];
        const saidBy = (mode: Mode) =>
          others.filter((part) => part.mode === mode).flatMap((part) => part.entity.attributes);
        for (const one of shown) {
          const isOf = (list: readonly Attribute[]): boolean => list.some(({ name }) => name === one.name);
          if (isOf(saidBy('exclusive'))) expect(saidBy('exclusive')).toContain(one);
          else if (isOf(saidBy('redirect'))) expect(saidBy('redirect')).toContain(one);
          else if (isOf([...saidBy('inclusive'), ...(local?.attributes ?? [])]))
            expect(saidBy('auxiliary')).not.toContain(one);
        }
      }),
    ));

  it('of equals the newer instance is shown', () =>
    fc.assert(
      fc.property(entity, fc.array(entity, { maxLength: 3 }), (local, others) => {
        const whole = assemble(
          local,
          others.map((one) => ({ entity: one, mode: 'inclusive' })),
        );
        for (const one of whole?.attributes ?? []) {
          const rivals = [local, ...others]
            .flatMap((each) => each.attributes)
            .filter((each) => keyOf(each) === keyOf(one));
          expect(one.modifiedAt).toBe(Math.max(...rivals.map(({ modifiedAt }) => modifiedAt)));
        }
      }),
    ));
});

describe('operations (4.20)', () => {
  it.each([
    ['retrieveOps', ['retrieveEntity', 'queryEntity']],
    ['updateOps', ['updateEntity', 'updateAttrs', 'replaceEntity', 'replaceAttrs']],
    ['federationOps', ['retrieveEntity', 'queryEntity']],
    ['associationOps', ['retrieveEntity', 'queryEntity']],
    ['redirectionOps', Object.keys(FORWARDED)],
    ['mergeEntity', ['mergeEntity']],
  ])('%s forwards %j and nothing else', (group, expected) => {
    const taken = (Object.keys(FORWARDED) as ForwardedOperation[]).filter((operation) => supports([group], operation));
    expect(taken.sort()).toEqual([...expected].sort());
    expect(isOperationName(group)).toBe(true);
  });
});

describe('Via (RFC 9110, 7.6.3)', () => {
  it.each([
    [undefined, []],
    ['1.1 a', ['a']],
    ['1.0 a, 1.1 b.example:80 (nginx, 1)', ['a', 'b.example:80']],
    ['HTTP/1.1 a , 2 b', ['a', 'b']],
    ['nonsense', []],
  ])('%s has passed %j', (header, passed) => expect(readVia(header).passed).toEqual(expect.arrayContaining(passed)));

  it('what was written is read again', () => {
    let route = readVia(undefined);
    for (const name of ['a', 'b', 'c']) route = readVia(writeVia(route, name));
    expect(route.passed).toEqual(['a', 'b', 'c']);
  });

  it('any header is read or refused', () =>
    fc.assert(
      fc.property(fc.string({ maxLength: 6_000 }), (header) => {
        try {
          expect(readVia(header).passed.length).toBeLessThanOrEqual(16);
        } catch (error) {
          expect(error).toMatchObject({ code: 'loopDetected' });
        }
      }),
    ));
});

describe('endpoints (5.2.9)', () => {
  const check = allowSources(['localhost', '::1', 'Agent.Example']);
  it.each([
    ['http://localhost:4041', 'http://localhost:4041/ngsi-ld/v1'],
    ['http://localhost:4041/', 'http://localhost:4041/ngsi-ld/v1'],
    ['http://localhost/a/b//', 'http://localhost/a/b/ngsi-ld/v1'],
    ['http://localhost/ngsi-ld/v1', 'http://localhost/ngsi-ld/v1'],
    ['https://AGENT.example/ngsi-ld/v1/', 'https://agent.example/ngsi-ld/v1'],
    ['http://[::1]:1', 'http://[::1]:1/ngsi-ld/v1'],
    ['http://localhost/a/../b', 'http://localhost/b/ngsi-ld/v1'],
  ])('%s is %s', (endpoint, root) => expect(check(endpoint)).toBe(root));

  it('any text is a URL on an allowed host, or refused', () =>
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom('http://localhost', 'http://127.0.0.1')),
        (endpoint) => {
          try {
            expect(['localhost', '[::1]', 'agent.example']).toContain(new URL(check(endpoint)).hostname);
          } catch (error) {
            expect(error).toMatchObject({ code: 'badRequestData' });
          }
        },
      ),
    ));
});
