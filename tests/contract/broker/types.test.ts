/** Contract of types and scopes: added, never taken away; selected; replaced. GS CIM 009 V1.9.1, 4.16 to 4.18, 5.6. */

import { type Case, contract, NULL, patch, post, property, put, ROOM, remove, type Step } from './cases.js';

const PATH = `/entities/${ROOM}`;
const ATTRS = `${PATH}/attrs`;
const BATCH = '/entityOperations';

/** An entity of a type and a scope, one write, and what both are then. */
type Row = readonly [clause: string, name: string, before: object, when: Step, status: number, after: object];

const TYPES: readonly Row[] = [
  ['4.16', 'update adds a type', { type: 'Room' }, patch(ATTRS, { type: 'Hall' }), 204, { type: ['Room', 'Hall'] }],
  [
    '4.16',
    'update adds two types',
    { type: 'Room' },
    patch(ATTRS, { type: ['Hall', 'Attic'] }),
    204,
    { type: ['Room', 'Hall', 'Attic'] },
  ],
  ['4.16', 'update with the same type', { type: 'Room' }, patch(ATTRS, { type: 'Room' }), 204, { type: 'Room' }],
  [
    '4.16',
    'update takes no type away',
    { type: ['Room', 'Hall'] },
    patch(ATTRS, { type: 'Hall' }),
    204,
    { type: ['Room', 'Hall'] },
  ],
  ['4.16', 'append adds a type', { type: 'Room' }, post(ATTRS, { type: 'Hall' }), 204, { type: ['Room', 'Hall'] }],
  [
    '4.16',
    'append with noOverwrite adds a type',
    { type: 'Room' },
    post(`${ATTRS}?options=noOverwrite`, { type: 'Hall' }),
    204,
    { type: ['Room', 'Hall'] },
  ],
  [
    '4.16',
    'merge adds a type',
    { type: 'Room' },
    patch(PATH, { type: ['Room', 'Hall'] }),
    204,
    { type: ['Room', 'Hall'] },
  ],
  [
    '4.4',
    'merge adds a type by @type',
    { type: 'Room' },
    patch(PATH, { '@type': 'Hall' }),
    204,
    { type: ['Room', 'Hall'] },
  ],
  [
    '5.6.18',
    'replace replaces the types',
    { type: ['Room', 'Hall'] },
    put(PATH, { id: ROOM, type: 'Attic' }),
    204,
    { type: 'Attic' },
  ],
  [
    '5.6.18',
    'replace without types keeps them',
    { type: ['Room', 'Hall'] },
    put(PATH, { id: ROOM }),
    204,
    { type: ['Room', 'Hall'] },
  ],
  [
    '5.6.9',
    'batch update adds a type',
    { type: 'Room' },
    post(`${BATCH}/update`, [{ id: ROOM, type: ['Hall'] }]),
    204,
    { type: ['Room', 'Hall'] },
  ],
  [
    '5.6.8',
    'batch upsert with update adds a type',
    { type: 'Room' },
    post(`${BATCH}/upsert?options=update`, [{ id: ROOM, type: 'Hall' }]),
    204,
    { type: ['Room', 'Hall'] },
  ],
  [
    '5.6.8',
    'batch upsert replaces the types',
    { type: 'Room' },
    post(`${BATCH}/upsert`, [{ id: ROOM, type: 'Hall' }]),
    204,
    { type: 'Hall' },
  ],
  [
    '5.6.20',
    'batch merge adds a type',
    { type: 'Room' },
    post(`${BATCH}/merge`, [{ id: ROOM, type: 'Hall' }]),
    204,
    { type: ['Room', 'Hall'] },
  ],
  [
    '5.2.4',
    'a type that comes twice',
    { type: 'Room' },
    patch(ATTRS, { type: ['Hall', 'Hall'] }),
    204,
    { type: ['Room', 'Hall'] },
  ],
  ['5.2.4', 'a type that is no name', { type: 'Room' }, patch(ATTRS, { type: 'two words' }), 400, { type: 'Room' }],
  ['5.2.4', 'no types', { type: 'Room' }, patch(ATTRS, { type: [] }), 400, { type: 'Room' }],
  [
    '4.5.0',
    'a type cannot be removed',
    { type: ['Room', 'Hall'] },
    patch(PATH, { type: NULL }),
    400,
    { type: ['Room', 'Hall'] },
  ],
];

const S = (scope: string | readonly string[]): object => ({ type: 'Room', scope });
const SCOPES: readonly Row[] = [
  ['5.6.3', 'append replaces the scope', S('/a'), post(ATTRS, { scope: '/b' }), 204, S('/b')],
  ['5.6.3', 'append gives a scope', { type: 'Room' }, post(ATTRS, { scope: ['/b', '/c'] }), 204, S(['/b', '/c'])],
  [
    '5.6.3',
    'append with noOverwrite adds a scope',
    S('/a'),
    post(`${ATTRS}?options=noOverwrite`, { scope: ['/b', '/a'] }),
    204,
    S(['/a', '/b']),
  ],
  [
    '5.6.3',
    'append with noOverwrite gives a scope',
    { type: 'Room' },
    post(`${ATTRS}?options=noOverwrite`, { scope: '/b' }),
    204,
    S('/b'),
  ],
  ['5.6.2', 'update replaces the scope', S('/a'), patch(ATTRS, { scope: ['/b', '/c'] }), 204, S(['/b', '/c'])],
  ['5.6.2', 'update gives no scope', { type: 'Room' }, patch(ATTRS, { scope: '/b' }), 207, { type: 'Room' }],
  ['5.6.2', 'update removes the scope', S('/a'), patch(ATTRS, { scope: NULL }), 204, { type: 'Room' }],
  ['5.6.17', 'merge gives a scope', { type: 'Room' }, patch(PATH, { scope: '/b' }), 204, S('/b')],
  ['5.6.17', 'merge replaces the scope', S(['/a', '/c']), patch(PATH, { scope: '/b' }), 204, S('/b')],
  ['5.6.17', 'merge removes the scope', S('/a'), patch(PATH, { scope: NULL }), 204, { type: 'Room' }],
  ['5.6.18', 'replace leaves no scope', S('/a'), put(PATH, { type: 'Room' }), 204, { type: 'Room' }],
  ['5.6.5.4', 'delete removes the scope', S('/a'), remove(`${ATTRS}/scope`), 204, { type: 'Room' }],
  ['5.6.5.4', 'delete of a scope that is not there', { type: 'Room' }, remove(`${ATTRS}/scope`), 404, { type: 'Room' }],
  [
    '5.6.8',
    'batch upsert with update replaces the scope',
    S('/a'),
    post(`${BATCH}/upsert?options=update`, [{ id: ROOM, ...S('/b') }]),
    204,
    S('/b'),
  ],
  [
    '5.6.9',
    'batch update with noOverwrite adds a scope',
    S('/a'),
    post(`${BATCH}/update?options=noOverwrite`, [{ id: ROOM, ...S('/b') }]),
    204,
    S(['/a', '/b']),
  ],
  [
    '4.18',
    'a scope without its first slash',
    S('/a'),
    patch(ATTRS, { scope: 'Bucharest/North' }),
    204,
    S('/Bucharest/North'),
  ],
  [
    '4.18',
    'a scope of other letters',
    S('/a'),
    patch(ATTRS, { scope: '/București/Città_2' }),
    204,
    S('/București/Città_2'),
  ],
  ['4.18', 'a scope that comes twice', S('/a'), patch(ATTRS, { scope: ['/b', 'b'] }), 204, S('/b')],
  ...['9bad', '/a//b', 'a-b', '', '/', '#', NULL].map(
    (scope): Row => ['4.18', `'${scope}' is no scope to add`, S('/a'), post(ATTRS, { scope }), 400, S('/a')],
  ),
  ['4.18', 'one wrong scope among good ones', S('/a'), patch(ATTRS, { scope: ['/ok', '9bad'] }), 400, S('/a')],
  ['4.18', 'no scopes', S('/a'), patch(ATTRS, { scope: [] }), 400, S('/a')],
];

const SELECTED: readonly (readonly [name: string, step: (type: string) => Step])[] = [
  ['update attributes', (type) => patch(`${ATTRS}?type=${type}`, { label: 'n' })],
  ['append attributes', (type) => post(`${ATTRS}?type=${type}`, { label: 'n' })],
  ['partial update', (type) => patch(`${ATTRS}/label?type=${type}`, { value: 'n' })],
  ['replace one attribute', (type) => put(`${ATTRS}/label?type=${type}`, property('n'))],
  ['delete an attribute', (type) => remove(`${ATTRS}/label?type=${type}`)],
  ['merge', (type) => patch(`${PATH}?type=${type}`, { label: 'n' })],
  ['replace', (type) => put(`${PATH}?type=${type}`, { label: 'n' })],
  ['delete', (type) => remove(`${PATH}?type=${type}`)],
];

const toCase = ([clause, name, before, when, status, after]: Row): Case => ({
  clause,
  name,
  given: [post('/entities', { id: ROOM, ...before })],
  when,
  answer: status === 400 ? { status, problem: 'BadRequestData' } : { status },
  after: { path: PATH, answer: { status: 200, body: { id: ROOM, ...after } } },
});

const selected = (name: string, when: Step, status: number): Case => ({
  clause: '4.17',
  name,
  given: [post('/entities', { id: ROOM, type: ['Room', 'Hall'], label: 'a' })],
  when,
  answer: status === 404 ? { status, problem: 'ResourceNotFound' } : { status },
  ...(status === 404 && {
    after: { path: `${PATH}?format=simplified`, answer: { status: 200, like: { label: 'a' } } },
  }),
});

contract('types', TYPES.map(toCase));
contract('scopes', SCOPES.map(toCase));
contract(
  'type selection on one entity',
  SELECTED.flatMap(([name, step]) => [
    selected(`${name} of an entity of that type`, step('Hall'), 204),
    selected(`${name} of an entity of one of them`, step('Attic,Room'), 204),
    selected(`${name} of an entity of both`, step('(Hall;Room)'), 204),
    selected(`${name} of an entity of another type`, step('Attic'), 404),
    selected(`${name} of an entity that has not both`, step('(Hall;Attic)'), 404),
  ]),
);
