/** Contract of merge: fragments, nulls, simplified input, observedAt and lang. GS CIM 009 V1.9.1, 5.5.12, 5.6.17, 6.5.3.4. */

import { type Change, change, contract, NULL, patch, property, type Refusal, ROOM, refusal } from './cases.js';

const MAP = { type: 'LanguageProperty', languageMap: { en: 'room', ro: 'cameră' } };
const HOUSE = { type: 'Relationship', object: 'urn:ngsi-ld:House:1' };
const RAW = { type: 'JsonProperty', json: { a: 1, b: { c: null } } };
const MOOD = { type: 'VocabProperty', vocab: 'cosy' };
const POINT = { type: 'GeoProperty', value: { type: 'Point', coordinates: [26.1, 44.4] } };
const ELSEWHERE = { type: 'Point', coordinates: [27, 45] };
const AT = '2026-11-20T07:00:00Z';
const LATER = '2026-11-20T08:00:00Z';
const ADDRESS = property({ street: 'Tulip Street', town: { name: 'Cluj', code: '400' } });
const WARMTH = property(21, { unitCode: 'CEL', accuracy: property(0.1) });
const SIZE = property(4);
const MERGE = `/entities/${ROOM}`;

const CHANGES: readonly Change[] = [
  [
    '5.5.12',
    'merge tells a sub-attribute from an attribute of its name',
    { size: property(4), location: POINT },
    patch(MERGE, { size: { location: { value: 5 } } }),
    { size: property(4, { location: property(5) }), location: POINT },
  ],
  // 5.5.12
  [
    '5.5.12',
    'merge goes into a value',
    { address: ADDRESS },
    patch(MERGE, { address: { value: { street: 'Oak Street', town: { code: NULL } } } }),
    { address: property({ street: 'Oak Street', town: { name: 'Cluj' } }) },
  ],
  [
    '5.5.12',
    'merge replaces an array',
    { samples: property([1, 2, 3]) },
    patch(MERGE, { samples: { value: [4] } }),
    { samples: property([4]) },
  ],
  [
    '5.5.12',
    'merge replaces a number by an object',
    { size: SIZE },
    patch(MERGE, { size: { value: { w: 1, h: NULL } } }),
    { size: property({ w: 1 }) },
  ],
  [
    '5.5.12',
    'merge goes into a languageMap',
    { label: MAP },
    patch(MERGE, { label: { languageMap: { ro: NULL, de: 'Zimmer' } } }),
    { label: { type: 'LanguageProperty', languageMap: { en: 'room', de: 'Zimmer' } } },
  ],
  [
    '5.5.12',
    'merge goes into a JsonProperty',
    { raw: RAW },
    patch(MERGE, { raw: { json: { a: NULL, d: 4 } } }),
    { raw: { type: 'JsonProperty', json: { b: { c: null }, d: 4 } } },
  ],
  [
    '5.5.12',
    'merge replaces a geometry',
    { location: POINT },
    patch(MERGE, { location: { value: ELSEWHERE } }),
    { location: { type: 'GeoProperty', value: ELSEWHERE } },
  ],
  [
    '5.5.12',
    'merge changes a kind, and keeps what still fits',
    { warmth: WARMTH },
    patch(MERGE, { warmth: HOUSE }),
    { warmth: { ...HOUSE, accuracy: property(0.1) } },
  ],
  [
    '5.5.12',
    'merge removes a sub-attribute',
    { warmth: WARMTH },
    patch(MERGE, { warmth: { accuracy: NULL } }),
    { warmth: property(21, { unitCode: 'CEL' }) },
  ],
  [
    '5.5.12',
    'merge adds a sub-attribute of a sub-attribute',
    { warmth: WARMTH },
    patch(MERGE, { warmth: { accuracy: { by: HOUSE } } }),
    { warmth: property(21, { unitCode: 'CEL', accuracy: property(0.1, { by: HOUSE }) }) },
  ],
  ['5.5.12', 'merge of a removal of nothing', { size: SIZE }, patch(MERGE, { label: NULL }), { size: SIZE }],
  [
    '5.5.12',
    'merge adds without the nulls',
    { size: SIZE },
    patch(MERGE, { address: property({ street: 'Elm', code: NULL }, { accuracy: NULL }) }),
    { size: SIZE, address: property({ street: 'Elm' }) },
  ],
  [
    '5.6.17.4',
    'observedAt renews what had one',
    { size: property(4, { observedAt: AT }), warmth: WARMTH },
    patch(`${MERGE}?observedAt=${LATER}`, { size: { value: 5 }, warmth: { value: 22 } }),
    { size: property(5, { observedAt: LATER }), warmth: property(22, { unitCode: 'CEL', accuracy: property(0.1) }) },
  ],
  [
    '5.6.17.4',
    'observedAt of the attribute itself comes first',
    { size: property(4, { observedAt: AT }) },
    patch(`${MERGE}?observedAt=${LATER}`, { size: { value: 5, observedAt: AT } }),
    { size: property(5, { observedAt: AT }) },
  ],
  [
    '6.5.3.4',
    'simplified: a Property stays one',
    { size: property(4, { unitCode: 'MTR' }) },
    patch(`${MERGE}?format=simplified`, { size: 5 }),
    { size: property(5, { unitCode: 'MTR' }) },
  ],
  [
    '6.5.3.4',
    'simplified, by the older word',
    { size: SIZE },
    patch(`${MERGE}?options=keyValues`, { size: 5 }),
    { size: property(5) },
  ],
  [
    '6.5.3.4',
    'simplified: an object is a value, and goes into it',
    { address: ADDRESS },
    patch(`${MERGE}?format=simplified`, { address: { street: 'Oak Street' } }),
    { address: property({ street: 'Oak Street', town: { name: 'Cluj', code: '400' } }) },
  ],
  [
    '6.5.3.4',
    'simplified: a Relationship stays one',
    { isIn: HOUSE },
    patch(`${MERGE}?format=simplified`, { isIn: 'urn:ngsi-ld:House:2' }),
    { isIn: { type: 'Relationship', object: 'urn:ngsi-ld:House:2' } },
  ],
  [
    '6.5.3.4',
    'simplified: a VocabProperty stays one',
    { mood: MOOD },
    patch(`${MERGE}?format=simplified`, { mood: 'bright' }),
    { mood: { type: 'VocabProperty', vocab: 'bright' } },
  ],
  [
    '6.5.3.4',
    'simplified: a JsonProperty stays one',
    { raw: RAW },
    patch(`${MERGE}?format=simplified`, { raw: { a: 2 } }),
    { raw: { type: 'JsonProperty', json: { a: 2, b: { c: null } } } },
  ],
  [
    '6.5.3.4',
    'simplified: kinds that keep their member',
    { size: SIZE },
    patch(`${MERGE}?format=simplified`, {
      label: { languageMap: { en: 'room' } },
      mood: { vocab: 'cosy' },
      raw: { json: [{ a: 1 }] },
    }),
    {
      size: SIZE,
      label: { type: 'LanguageProperty', languageMap: { en: 'room' } },
      mood: MOOD,
      raw: { type: 'JsonProperty', json: [{ a: 1 }] },
    },
  ],
  [
    '6.5.3.4',
    'simplified: new attributes',
    { size: SIZE },
    patch(`${MERGE}?format=simplified`, { label: 'north', location: ELSEWHERE }),
    { size: SIZE, label: property('north'), location: { type: 'GeoProperty', value: ELSEWHERE } },
  ],
  [
    '6.5.3.4',
    'simplified: removes',
    { size: SIZE, isIn: HOUSE },
    patch(`${MERGE}?format=simplified`, { isIn: NULL }),
    { size: SIZE },
  ],
  [
    '6.5.3.4',
    'lang: a text goes into one language',
    { label: MAP },
    patch(`${MERGE}?format=simplified&lang=en`, { label: 'chamber' }),
    { label: { type: 'LanguageProperty', languageMap: { en: 'chamber', ro: 'cameră' } } },
  ],
  [
    '6.5.3.4',
    'lang: with the concise representation too',
    { label: MAP },
    patch(`${MERGE}?lang=de`, { label: 'Zimmer' }),
    { label: { type: 'LanguageProperty', languageMap: { en: 'room', ro: 'cameră', de: 'Zimmer' } } },
  ],
];

const REFUSALS: readonly Refusal[] = [
  [
    '5.5.4',
    'a null in an array of a merge',
    { size: SIZE },
    patch(MERGE, { size: { value: [1, NULL] } }),
    400,
    'BadRequestData',
  ],
  [
    '5.5.4',
    'a null in an array of URIs',
    { isIn: HOUSE },
    patch(MERGE, { isIn: { object: [NULL] } }),
    400,
    'BadRequestData',
  ],
  [
    '6.5.3.4',
    'merge with options=sysAttrs',
    { size: SIZE },
    patch(`${MERGE}?options=sysAttrs`, { size: 1 }),
    400,
    'BadRequestData',
  ],
  [
    '6.5.3.4',
    'merge with a wrong language',
    { size: SIZE },
    patch(`${MERGE}?lang=en,de`, { size: 1 }),
    400,
    'BadRequestData',
  ],
  [
    '6.5.3.4',
    'simplified: a Relationship to what is no URI',
    { isIn: HOUSE },
    patch(`${MERGE}?format=simplified`, { isIn: 'house' }),
    400,
    'BadRequestData',
  ],
  [
    '6.5.3.4',
    'simplified: a number into a LanguageProperty',
    { label: MAP },
    patch(`${MERGE}?format=simplified`, { label: 5 }),
    400,
    'BadRequestData',
  ],
  ['5.5.4', 'a JSON null into a merge', { size: SIZE }, patch(MERGE, { size: null }), 400, 'BadRequestData'],
];

contract('merge', [...CHANGES.map(change), ...REFUSALS.map(refusal)]);
