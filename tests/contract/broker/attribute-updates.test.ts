/** Contract of the finer points of updates to attributes: member by member, kinds, nulls. GS CIM 009 V1.9.1, 5.5.4, 5.5.8, 5.6.2 to 5.6.4, 5.6.19. */

import {
  type Change,
  change,
  contract,
  NULL,
  patch,
  post,
  property,
  put,
  type Refusal,
  ROOM,
  refusal,
  remove,
} from './cases.js';

const MAP = { type: 'LanguageProperty', languageMap: { en: 'room', ro: 'cameră' } };
const HOUSE = { type: 'Relationship', object: 'urn:ngsi-ld:House:1' };
const RAW = { type: 'JsonProperty', json: { a: 1, b: { c: null } } };
const MOOD = { type: 'VocabProperty', vocab: 'cosy' };
const POINT = { type: 'GeoProperty', value: { type: 'Point', coordinates: [26.1, 44.4] } };
const ELSEWHERE = { type: 'Point', coordinates: [27, 45] };
const AT = '2026-11-20T07:00:00Z';
const ADDRESS = property({ street: 'Tulip Street', town: { name: 'Cluj', code: '400' } });
const WARMTH = property(21, { unitCode: 'CEL', accuracy: property(0.1) });
const SIZE = property(4);
const ATTRS = `/entities/${ROOM}/attrs`;
const MERGE = `/entities/${ROOM}`;

const CHANGES: readonly Change[] = [
  // 5.6.19
  [
    '5.6.19',
    'replace one: nothing of it stays',
    { warmth: WARMTH },
    put(`${ATTRS}/warmth`, property(5)),
    { warmth: property(5) },
  ],
  ['5.6.19', 'replace one: its kind may change', { warmth: WARMTH }, put(`${ATTRS}/warmth`, HOUSE), { warmth: HOUSE }],
  ['5.6.19', 'replace one, concise', { warmth: WARMTH }, put(`${ATTRS}/warmth`, { value: 5 }), { warmth: property(5) }],
  // 5.5.8: partial update, member by member
  [
    '5.5.8',
    'partial update adds a sub-attribute',
    { size: SIZE },
    patch(`${ATTRS}/size`, { accuracy: property(1) }),
    { size: property(4, { accuracy: property(1) }) },
  ],
  [
    '5.5.8',
    'partial update replaces a sub-attribute as a whole',
    { size: property(4, { accuracy: property(1, { unitCode: 'MTR' }) }) },
    patch(`${ATTRS}/size`, { accuracy: property(2) }),
    { size: property(4, { accuracy: property(2) }) },
  ],
  [
    '5.5.8',
    'partial update replaces a compound value as a whole',
    { address: ADDRESS },
    patch(`${ATTRS}/address`, { value: { street: 'Oak Street' } }),
    { address: property({ street: 'Oak Street' }) },
  ],
  [
    '5.5.8',
    'partial update replaces a languageMap as a whole',
    { label: MAP },
    patch(`${ATTRS}/label`, { languageMap: { de: 'Zimmer' } }),
    { label: { type: 'LanguageProperty', languageMap: { de: 'Zimmer' } } },
  ],
  [
    '4.5.0',
    'partial update removes unitCode',
    { size: property(4, { unitCode: 'MTR' }) },
    patch(`${ATTRS}/size`, { unitCode: NULL }),
    { size: SIZE },
  ],
  [
    '4.5.0',
    'partial update removes observedAt',
    { size: property(4, { observedAt: AT }) },
    patch(`${ATTRS}/size`, { observedAt: NULL }),
    { size: SIZE },
  ],
  [
    '4.5.0',
    'partial update removes a sub-attribute',
    { warmth: WARMTH },
    patch(`${ATTRS}/warmth`, { accuracy: NULL }),
    { warmth: property(21, { unitCode: 'CEL' }) },
  ],
  [
    '5.5.8',
    'partial update removes the attribute by its value',
    { warmth: WARMTH, size: SIZE },
    patch(`${ATTRS}/warmth`, { value: NULL }),
    { size: SIZE },
  ],
  [
    '5.6.4',
    'partial update of a geometry needs no type',
    { location: POINT },
    patch(`${ATTRS}/location`, { value: ELSEWHERE }),
    { location: { type: 'GeoProperty', value: ELSEWHERE } },
  ],
  [
    '5.6.4',
    'partial update of a Property with a geometry leaves it a Property',
    { shape: property({ type: 'circle' }) },
    patch(`${ATTRS}/shape`, { value: ELSEWHERE }),
    { shape: property(ELSEWHERE) },
  ],
  [
    '5.6.4',
    'partial update that names the same type',
    { location: POINT },
    patch(`${ATTRS}/location`, { type: 'GeoProperty', value: ELSEWHERE }),
    { location: { type: 'GeoProperty', value: ELSEWHERE } },
  ],
  // 5.6.2 with nulls
  [
    '5.6.2',
    'update removes a Relationship',
    { isIn: HOUSE, size: SIZE },
    patch(ATTRS, { isIn: { type: 'Relationship', object: NULL } }),
    { size: SIZE },
  ],
  [
    '5.6.2',
    'update removes a GeoProperty',
    { location: POINT, size: SIZE },
    patch(ATTRS, { location: { type: 'GeoProperty', value: NULL } }),
    { size: SIZE },
  ],
  [
    '4.5.18',
    'update removes a LanguageProperty',
    { label: MAP, size: SIZE },
    patch(ATTRS, { label: { type: 'LanguageProperty', languageMap: { '@none': NULL } } }),
    { size: SIZE },
  ],
  [
    '4.5.20',
    'update removes a VocabProperty',
    { mood: MOOD, size: SIZE },
    patch(ATTRS, { mood: { type: 'VocabProperty', vocab: NULL } }),
    { size: SIZE },
  ],
  [
    '4.5.24',
    'update removes a JsonProperty',
    { raw: RAW, size: SIZE },
    patch(ATTRS, { raw: { type: 'JsonProperty', json: NULL } }),
    { size: SIZE },
  ],
  [
    '4.5.0',
    'update removes by the bare word',
    { isIn: HOUSE, size: SIZE },
    patch(ATTRS, { isIn: NULL }),
    { size: SIZE },
  ],
  [
    '5.6.2',
    'update leaves no null in what it replaces',
    { warmth: WARMTH },
    patch(ATTRS, { warmth: property(22, { accuracy: NULL, unitCode: NULL }) }),
    { warmth: property(22) },
  ],
  ['5.6.2', 'update may change the kind', { warmth: WARMTH }, patch(ATTRS, { warmth: HOUSE }), { warmth: HOUSE }],
  // 4.5.2.3, 4.5.17
  [
    '4.5.2.3',
    'append reads the concise representation',
    { size: SIZE },
    post(ATTRS, { label: 'n', isIn: { object: 'urn:ngsi-ld:House:1' }, location: ELSEWHERE, mood: { vocab: 'cosy' } }),
    { size: SIZE, label: property('n'), isIn: HOUSE, location: { type: 'GeoProperty', value: ELSEWHERE }, mood: MOOD },
  ],
  [
    '4.5.2.3',
    'sub-attributes of every kind',
    { size: SIZE },
    post(ATTRS, {
      size: property(4, {
        label: MAP,
        isIn: HOUSE,
        mood: MOOD,
        raw: RAW,
        location: POINT,
        inner: property(1, { deeper: HOUSE }),
      }),
    }),
    {
      size: property(4, {
        label: MAP,
        isIn: HOUSE,
        mood: MOOD,
        raw: RAW,
        location: POINT,
        inner: property(1, { deeper: HOUSE }),
      }),
    },
  ],
  [
    '5.6.18',
    'replace keeps the types when it names none',
    { size: SIZE },
    put(MERGE, { label: 'n' }),
    { label: property('n') },
  ],
];

const REFUSALS: readonly Refusal[] = [
  [
    '5.5.8',
    'partial update of a sub-attribute without its value',
    { warmth: WARMTH },
    patch(`${ATTRS}/warmth`, { accuracy: { unitCode: 'CEL' } }),
    400,
    'BadRequestData',
  ],
  [
    '5.6.19.4',
    'replace one that is not there',
    { size: SIZE },
    put(`${ATTRS}/label`, property(1)),
    404,
    'ResourceNotFound',
  ],
  [
    '5.6.19.4',
    'replace an instance that is not there',
    { size: SIZE },
    put(`${ATTRS}/size`, property(1, { datasetId: 'urn:x:1' })),
    404,
    'ResourceNotFound',
  ],
  ['5.6.19.4', 'replace with a null', { size: SIZE }, put(`${ATTRS}/size`, property(NULL)), 400, 'BadRequestData'],
  [
    '5.6.19.4',
    'replace without a value',
    { size: SIZE },
    put(`${ATTRS}/size`, { type: 'Property' }),
    400,
    'BadRequestData',
  ],
  [
    '5.6.19',
    'replace the scope like an attribute',
    { size: SIZE },
    put(`${ATTRS}/scope`, property('/a')),
    400,
    'BadRequestData',
  ],
  ['5.6.4', 'partial update to another type', { size: SIZE }, patch(`${ATTRS}/size`, HOUSE), 400, 'BadRequestData'],
  [
    '5.6.4',
    'partial update to another type, concise',
    { size: SIZE },
    patch(`${ATTRS}/size`, { object: 'urn:a:b' }),
    400,
    'BadRequestData',
  ],
  [
    '5.6.4',
    'partial update that names another type and no value',
    { size: SIZE },
    patch(`${ATTRS}/size`, { type: 'Relationship', observedAt: AT }),
    400,
    'BadRequestData',
  ],
  [
    '5.6.4',
    'partial update of the type',
    { size: SIZE },
    patch(`${ATTRS}/type`, { value: 'Hall' }),
    400,
    'BadRequestData',
  ],
  ['5.6.4', 'partial update of nothing', { size: SIZE }, patch(`${ATTRS}/size`, {}), 400, 'BadRequestData'],
  [
    '4.7.1',
    'partial update of a geometry with a number',
    { location: POINT },
    patch(`${ATTRS}/location`, { value: 5 }),
    400,
    'BadRequestData',
  ],
  [
    '5.5.8',
    'partial update that removes a datasetId',
    { size: SIZE },
    patch(`${ATTRS}/size`, { datasetId: NULL }),
    400,
    'BadRequestData',
  ],
  [
    '5.5.4',
    'a null inside a value of a partial update',
    { address: ADDRESS },
    patch(`${ATTRS}/address`, { value: { street: NULL } }),
    400,
    'BadRequestData',
  ],
  [
    '5.5.4',
    'a null inside a value of an update',
    { address: ADDRESS },
    patch(ATTRS, { address: property({ town: { code: NULL } }) }),
    400,
    'BadRequestData',
  ],
  ['5.5.4', 'a null in an append', { size: SIZE }, post(ATTRS, { size: NULL }), 400, 'BadRequestData'],
  [
    '5.5.4',
    'a null unitCode in an append',
    { size: SIZE },
    post(ATTRS, { size: property(1, { unitCode: NULL }) }),
    400,
    'BadRequestData',
  ],
  ['5.5.4', 'a null in a replacement', { size: SIZE }, put(MERGE, { size: NULL }), 400, 'BadRequestData'],
  ['5.6.2.4', 'update of nothing', { size: SIZE }, patch(ATTRS, {}), 400, 'BadRequestData'],
  [
    '5.6.5',
    'delete with a datasetId that is no URI',
    { size: SIZE },
    remove(`${ATTRS}/size?datasetId=a`),
    400,
    'BadRequestData',
  ],
  [
    '5.6.5',
    'delete with a deleteAll that is no flag',
    { size: SIZE },
    remove(`${ATTRS}/size?deleteAll=yes`),
    400,
    'BadRequestData',
  ],
  ['5.5.4', 'broken JSON', { size: SIZE }, patch(ATTRS, '{"size":'), 400, 'InvalidRequest'],
  ['5.5.4', 'no body', { size: SIZE }, put(`${ATTRS}/size`, ''), 400, 'InvalidRequest'],
];

contract('updates of attributes', [...CHANGES.map(change), ...REFUSALS.map(refusal)]);
