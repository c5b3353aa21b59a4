/** A measure → entities, as a device and its group were provisioned (iotagent-node-lib, doc/api.md). */

import { compilePlan, type DeviceGroup, type DeviceRecord, entityIdOf, planOf, toDevice } from '@contor/agent-kit';
import { describe, expect, it } from '@jest/globals';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const NOW = '2026-11-20T08:00:00.000Z';
const RECORD: DeviceRecord = { apiKey: 'k', deviceId: 'd1', tenant: 'openiot', entityType: 'Room' };
const GROUP: DeviceGroup = { apiKey: 'k', resource: '', tenant: 'openiot' };

function read(said: Partial<DeviceRecord>, values: object, group: Partial<DeviceGroup> = {}, observedMs?: number) {
  const device = toDevice({ ...RECORD, ...said }, { ...GROUP, ...group });
  return compilePlan(device)({ observedMs, values: new Map(Object.entries(values)) }, NOW_MS);
}

/** The values of the device's own entity. */
function valuesOf(...asked: Parameters<typeof read>): Record<string, unknown> {
  const [state] = read(...asked).states;
  const attributes = Object.entries(state?.entity ?? {}).filter(([name]) => name !== 'id' && name !== 'type');
  return Object.fromEntries(attributes.map(([name, one]) => [name, (one as { value?: unknown }).value]));
}

const number = (name: string, more: object = {}) => ({ name, type: 'Number', ...more });

describe('attributes', () => {
  it('are renamed, typed and stamped', () => {
    const attributes = [
      { objectId: 't', name: 'temperature', type: 'Float', metadata: { unitCode: { type: 'Text', value: 'CEL' } } },
      { objectId: 'p', name: 'place', type: 'geo:point' },
      { objectId: 'r', name: 'refRoom', type: 'Relationship' },
      { objectId: 'w', name: 'when', type: 'DateTime' },
      { objectId: 'b', name: 'open', type: 'Boolean' },
    ];
    const said = { t: '21.5', p: '40.4, -3.7', r: 'urn:ngsi-ld:Room:7', w: '2026-11-20T07:00:00+01:00', b: 'true' };
    expect(read({ attributes }, said).states).toEqual([
      {
        timeMs: NOW_MS,
        isOneOff: false,
        entity: {
          ...{ id: 'urn:ngsi-ld:Room:d1', type: 'Room' },
          temperature: { type: 'Property', value: 21.5, observedAt: NOW, unitCode: 'CEL' },
          place: { type: 'GeoProperty', value: { type: 'Point', coordinates: [40.4, -3.7] }, observedAt: NOW },
          refRoom: { type: 'Relationship', object: 'urn:ngsi-ld:Room:7', observedAt: NOW },
          when: {
            type: 'Property',
            value: { '@type': 'DateTime', '@value': '2026-11-20T06:00:00.000Z' },
            observedAt: NOW,
          },
          open: { type: 'Property', value: true, observedAt: NOW },
        },
      },
    ]);
  });

  it.each([
    ['Number', 'abc'],
    ['Relationship', 'not a uri'],
    ['geo:point', 'here'],
    ['DateTime', 'today'],
    ['Boolean', 'perhaps'],
  ])('of type %s do not take %s', (type, value) =>
    expect(read({ attributes: [{ name: 'x', type }] }, { x: value, y: 1 })).toMatchObject({
      states: [{ entity: { y: { value: 1 } } }],
      faults: [{ reason: 'value.type' }],
    }),
  );

  it('have the time of the device, or none of their own where nobody wants one', () => {
    const attributes = [number('a')];
    const [state] = read({ attributes, timestamp: false }, { a: 1 }, {}, NOW_MS - 60_000).states;
    expect(state).toMatchObject({ timeMs: NOW_MS - 60_000, entity: { a: { type: 'Property', value: 1 } } });
    expect(state?.entity.a).not.toHaveProperty('observedAt');
    const [stamped] = read({ attributes }, { a: 1 }, {}, NOW_MS - 60_000).states;
    expect(stamped?.entity.a).toMatchObject({ observedAt: '2026-11-20T07:59:00.000Z' });
  });

  it('of the group are joined; the device is heard first', () => {
    const own = {
      attributes: [number('a', { expression: 'a * 10' })],
      staticAttributes: [{ name: 's', type: 'Text', value: 'own' }],
    };
    const group = {
      attributes: [number('a'), number('b')],
      staticAttributes: [{ name: 's', type: 'Text', value: 'shared' }],
    };
    expect(valuesOf(own, { a: 1, b: 2 }, group)).toEqual({ a: 10, b: 2, s: 'own' });
    expect(valuesOf({}, { a: 1, b: 2 }, group)).toEqual({ a: 1, b: 2, s: 'shared' });
  });

  it('go to other entities where they are told to', () => {
    const attributes = [
      number('vol', { objectId: 'v', expression: 'v*100' }),
      number('vol', { objectId: 'v1', expression: 'v1*100', entityName: 'Station1', entityType: 'Weather' }),
      number('vol', { objectId: 'v2', expression: 'v2*100', entityName: "'Station' + id + (1+1)" }),
    ];
    const { states } = read(
      { attributes, staticAttributes: [{ name: 's', type: 'Text', value: 1 }] },
      { v: 0, v1: 1, v2: 2 },
    );
    const found = states.map(({ entity }) => [entity.id, (entity.vol as { value: unknown }).value, 's' in entity]);
    expect(found).toEqual([
      ['urn:ngsi-ld:Room:d1', 0, true],
      ['urn:ngsi-ld:Weather:Station1', 100, false],
      ['urn:ngsi-ld:Room:Stationd12', 200, false],
    ]);
  });
});

describe('expressions', () => {
  it.each([
    [
      'in order, each with the results before it',
      [number('a', { expression: 'level * 0.897' }), number('b', { expression: 'a / 100' })],
      { level: 10 },
      { a: 8.97, b: 0.0897, level: 10 },
    ],
    [
      'out of order: what is not there yet is nothing',
      [number('b', { expression: 'a / 100' }), number('a', { expression: 'level * 2' })],
      { level: 10 },
      { a: 20, level: 10 },
    ],
    [
      'by the names that measures get, wherever they stand',
      [number('b', { expression: 'temperature * 2' }), number('temperature', { objectId: 't' })],
      { t: 10 },
      { b: 20, temperature: 10 },
    ],
    [
      'over themselves',
      [number('a', { expression: 'b*10' }), number('b', { expression: 'a*10' })],
      { a: 10, b: 20 },
      { a: 200, b: 2000 },
    ],
    [
      'without their variable: the measure itself',
      [{ name: 'consumption', type: 'String', expression: 'spaces | trim' }],
      { consumption: '0.44' },
      { consumption: '0.44' },
    ],
    [
      'with it: what was computed',
      [{ name: 'consumption', type: 'String', expression: 'spaces | trim' }],
      { consumption: '0.44', spaces: ' foobar ' },
      { consumption: 'foobar', spaces: ' foobar ' },
    ],
    ['to the digits a double has', [number('a', { expression: 'value * 5.2' })], { value: 6 }, { a: 31.2, value: 6 }],
    [
      'to the digits the vocabulary keeps',
      [number('totalActivePower', { expression: 'p / 3' })],
      { p: 100 },
      { totalActivePower: 33.333, p: 100 },
    ],
    ['of a skipped value', [number('a', { expression: 'x > 5 ? x : 0', skipValue: 0 })], { x: 2 }, { x: 2 }],
    [
      'of who the device is, whatever it says',
      [{ name: 'who', type: 'Text', expression: 'id + service' }],
      { id: 'other' },
      { who: 'd1openiot' },
    ],
  ])('%s', (_what, attributes, said, wanted) => expect(valuesOf({ attributes }, said)).toEqual(wanted));

  it('that fail are told, and the rest goes on', () => {
    const attributes = [number('a', { expression: 't|jsonparse' }), number('b')];
    expect(read({ attributes }, { t: '{', b: 1 })).toMatchObject({
      states: [{ entity: { b: { value: 1 } } }],
      faults: [{ reason: 'expression.failed', detail: 'a' }],
    });
  });
});

describe('explicitAttrs', () => {
  const attributes = [number('a', { objectId: 'x' }), number('b')];
  const staticAttributes = [{ name: 's', type: 'Text', value: 1 }];
  const said = { x: 1, b: 2, c: 3 };
  it.each([
    ['nothing', undefined, { a: 1, b: 2, c: 3, s: 1 }],
    ['false', false, { a: 1, b: 2, c: 3, s: 1 }],
    ['true', true, { a: 1, b: 2, s: 1 }],
    ['a list', ['a', 's', 'c'], { a: 1, s: 1 }],
    ['a list as an expression', "['b']", { b: 2 }],
    ['an object id', "[{object_id:'x'}]", { a: 1 }],
    ['an expression that is true', 'c == 3', { a: 1, b: 2, c: 3, s: 1 }],
    ['an expression that is false', 'c == 4', { a: 1, b: 2, s: 1 }],
  ])('%s', (_what, explicitAttrs, wanted) =>
    expect(valuesOf({ attributes, staticAttributes, explicitAttrs }, said)).toEqual(wanted),
  );
  it('of the group, when the device says nothing', () =>
    expect(valuesOf({ attributes }, said, { explicitAttrs: true })).toEqual({ a: 1, b: 2 }));
});

it('says nothing when the device said nothing that is published', () => {
  const staticAttributes = [{ name: 's', type: 'Text', value: 1 }];
  expect(read({ staticAttributes, explicitAttrs: true }, { a: 1 }).states).toEqual([]);
  expect(read({ staticAttributes }, { a: null }).states).toEqual([]);
});

it('makes no attribute of a name that is none', () => {
  const { states, faults } = read({}, { id: 'x', '@context': 1, 'a b': 2, __proto__x: 3, good: 4 });
  expect(states.map(({ entity }) => Object.keys(entity))).toEqual([['id', 'type', 'good']]);
  expect(faults).toHaveLength(4);
});

it.each([
  [{}, 'urn:ngsi-ld:Room:d1'],
  [{ entityName: 'Hall' }, 'urn:ngsi-ld:Room:Hall'],
  [{ entityName: 'urn:ngsi-ld:Hall:1' }, 'urn:ngsi-ld:Hall:1'],
  [{ entityType: undefined }, 'urn:ngsi-ld:Thing:d1'],
])('a device that says %j has the entity %s', (said, id) =>
  expect(entityIdOf(toDevice({ ...RECORD, ...said }, undefined))).toBe(id),
);

it('is compiled once a device, and anew when device or group change', () => {
  const device = toDevice(RECORD, GROUP);
  expect(planOf(device)).toBe(planOf(device));
  expect(planOf(toDevice(RECORD, GROUP))).not.toBe(planOf(device));
});
