/**
 * The matrix: every route of the running gateway × who asks × whose things they ask for. What each cell must answer is said
 * here a second time, from the roles as operators read of them, so that a slip in the policy's own tables shows.
 */

import { CANARIES, id, type Side, type World } from './tenancy-world.js';

export interface Route {
  readonly method: string;
  readonly path: string;
}

/** Whose thing a request names; `nonsense` names nothing that exists. */
export type Aim = Side | 'moved' | 'nonsense';
export const AIMS = ['own', 'other', 'abroad', 'moved', 'nonsense'] as const satisfies readonly Aim[];

export interface Cell {
  readonly route: Route;
  readonly who: string;
  readonly aim: Aim;
  readonly url: string;
  readonly body?: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const TYPES = [
  'ACMeasurement',
  'IntervalReading',
  'ConsumptionPoint',
  'Device',
  'Site',
  'Customer',
  'Alert',
  'Bill',
  'MeterGroup',
  'AggregatedReading',
];
const SERIES = ['ACMeasurement', 'IntervalReading'];
const NOWHERE = 'urn:ngsi-ld:ACMeasurement:nobody-ever';

/** Entities by a path parameter, one request each. */
function entityIds(path: string, aim: Aim): readonly string[] {
  if (aim === 'nonsense') return [NOWHERE];
  const types = path.includes('/quantumleap/')
    ? SERIES
    : aim === 'moved'
      ? ['ACMeasurement', 'Device', 'ConsumptionPoint']
      : TYPES.filter((type) => type !== 'IntervalReading');
  return types.map((type) => id(type, aim));
}

/** The value of a path parameter for an aim; several values are several cells. */
const PARAMETERS: Readonly<Record<string, (route: Route, aim: Aim, facts: Facts) => readonly string[]>> = {
  entityId: ({ path }, aim) => entityIds(path, aim),
  type: (_route, aim) => (aim === 'own' ? TYPES.slice(0, 3) : ['NoSuchType']),
  entityType: (_route, aim) => (aim === 'own' ? SERIES : ['NoSuchType']),
  attrName: (_route, aim) => (aim === 'nonsense' ? ['noSuchAttribute'] : ['totalActivePower', 'activeEnergyImport']),
  subscriptionId: (_route, aim, { subscriptions }) => [subscriptions[aim] ?? 'urn:ngsi-ld:Subscription:nobody-ever'],
  siteId: (_route, aim) => [
    aim === 'nonsense' ? 'urn:ngsi-ld:Site:nobody-ever' : aim === 'moved' ? id('Site', 'other') : id('Site', aim),
  ],
  subject: (_route, _aim, { subjects }) => [subjects.viewer ?? 'nobody'],
  role: () => ['no-such-role'],
  partner: () => ['no-such-partner'],
  sessionId: () => ['no-such-session'],
  commandId: () => ['urn:ngsi-ld:CommandRequest:00000000-0000-4000-8000-000000000000'],
  reference: () => ['no-such-reference'],
};

/** Made while the house was furnished. */
export interface Facts {
  readonly world: World;
  readonly subscriptions: Readonly<Partial<Record<Aim, string>>>;
  readonly subjects: Readonly<Record<string, string>>;
}

/** Ways of asking one list for everything it has. */
const ENTITY_QUERIES = [
  ...TYPES.map((type) => `type=${type}&limit=1000&count=true`),
  ...SERIES.map((type) => `type=${type}&options=keyValues`),
  'type=ACMeasurement&q=totalActivePower>0',
  'type=ACMeasurement&q=source~=canary',
  `type=ConsumptionPoint&q=name=="${CANARIES.other.word} point"`,
  `type=ConsumptionPoint&q=refSite=="${id('Site', 'other')}"`,
  'type=Device&idPattern=.*other.*',
  'type=ConsumptionPoint&georel=near;maxDistance==100000&geometry=Point&coordinates=[26.1,44.4]',
  `id=${id('ACMeasurement', 'other')},${id('ACMeasurement', 'own')}`,
  'type=ACMeasurement&offset=1&limit=1&count=true',
  'type=Building&orderBy=name&limit=1',
];
const QUERIES: Readonly<Record<string, (facts: Facts) => readonly string[]>> = {
  'GET /api/ngsi-ld/v1/entities': () => ENTITY_QUERIES,
  'GET /api/ngsi-ld/v1/types': () => ['', 'details=true'],
  'GET /api/quantumleap/v2/entities': () => ['', 'limit=1', 'type=IntervalReading'],
  'GET /api/quantumleap/v2/attrs': () => ['', `id=${id('IntervalReading', 'other')}`],
};

/** Of one entity, one type or everything: windows, newest, aggregates. */
const HISTORY_QUERIES = [
  '',
  'lastN=3',
  'aggrMethod=sum&aggrPeriod=day&attrs=totalActivePower',
  'aggrMethod=max&attrs=totalActivePower',
  `id=${id('ACMeasurement', 'other')}`,
  'idPattern=.*',
  'offset=1&limit=2',
];

const BODIES: Readonly<Record<string, (aim: Aim, facts: Facts) => readonly unknown[]>> = {
  'POST /api/ngsi-ld/v1/entityOperations/query': (aim) => [
    { type: 'Query', entities: TYPES.map((type) => ({ type })) },
    {
      type: 'Query',
      entities: [{ id: aim === 'nonsense' ? NOWHERE : id('ACMeasurement', aim), type: 'ACMeasurement' }],
    },
    { type: 'Query', entities: [{ type: 'ConsumptionPoint', idPattern: '.*' }], q: 'name~=canary' },
  ],
  'POST /api/ngsi-ld/v1/entities': (aim) => [
    ...['Forecast', 'Building'].map((type) => ({
      ...{ id: `urn:ngsi-ld:${type}:new-${aim}`, type },
      refSite: { type: 'Relationship', object: aim === 'nonsense' ? 'urn:ngsi-ld:Site:nobody-ever' : id('Site', aim) },
    })),
  ],
  'POST /api/commands': (aim) => [
    {
      command: 'read',
      targets: [aim === 'nonsense' ? 'urn:ngsi-ld:Device:nobody-ever' : id('Device', aim)],
      reason: 'check',
    },
  ],
  'PUT /api/sites/:siteId/consent': () => [{ profiling: false }],
};

const WRITES = { name: { type: 'Property', value: 'rewritten' } };
const BATCHES = ['create', 'upsert', 'update', 'delete'];

function bodiesOf(route: Route, aim: Aim, facts: Facts): readonly unknown[] {
  const name = `${route.method} ${route.path}`;
  const own = BODIES[name];
  if (own !== undefined) return own(aim, facts);
  const batch = BATCHES.find((operation) => route.path.endsWith(`/entityOperations/${operation}`));
  const entityId = aim === 'nonsense' ? NOWHERE : id('Building', aim);
  if (batch === 'delete') return [[entityId]];
  if (batch !== undefined)
    return [
      [
        {
          id: entityId,
          type: 'Building',
          ...WRITES,
          refSite: { type: 'Relationship', object: id('Site', aim === 'nonsense' ? 'other' : aim) },
        },
      ],
    ];
  if (route.path.includes('/ngsi-ld/') && route.method !== 'GET' && route.method !== 'DELETE') return [WRITES];
  return [route.method === 'GET' || route.method === 'DELETE' ? undefined : {}];
}

/** Every cell of a route for somebody. */
export function cellsOf(route: Route, who: string, facts: Facts): readonly Cell[] {
  return AIMS.flatMap((aim) =>
    pathsOf(route, aim, facts).flatMap((path) =>
      queriesOf(route, facts).flatMap((query) =>
        bodiesOf(route, aim, facts).map((body) => ({
          ...{ route, who, aim, headers: {} },
          url: query === '' ? path : `${path}?${encodeQuery(query)}`,
          ...(body === undefined ? {} : { body }),
        })),
      ),
    ),
  );
}

function queriesOf(route: Route, facts: Facts): readonly string[] {
  const listed = QUERIES[`${route.method} ${route.path}`];
  if (listed !== undefined) return listed(facts);
  return route.path.startsWith('/api/quantumleap/') && route.path !== '/api/quantumleap/v2/entities/:entityId'
    ? HISTORY_QUERIES
    : [''];
}

function pathsOf(route: Route, aim: Aim, facts: Facts): readonly string[] {
  let paths = [route.path.replace('/{*page}', '/')];
  for (const [, name = ''] of route.path.matchAll(/:(\w+)/g)) {
    const valuesOf = PARAMETERS[name];
    if (valuesOf === undefined) throw new Error(`No value is known for the parameter ${name} of ${route.path}.`);
    const values = valuesOf(route, aim, facts);
    paths = paths.flatMap((path) => values.map((value) => path.replace(`:${name}`, encodeURIComponent(value))));
  }
  return paths;
}

function encodeQuery(query: string): string {
  return query
    .split('&')
    .map((pair) => {
      const at = pair.indexOf('=');
      return `${pair.slice(0, at)}=${encodeURIComponent(pair.slice(at + 1))}`;
    })
    .join('&');
}
