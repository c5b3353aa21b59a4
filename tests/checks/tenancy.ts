/**
 * `npm run check:tenancy`: every route of the running gateway × every role × own, neighbour's, other tenant's and nobody's things. No answer
 * may hold a word of another side, and a foreign thing is told apart in nothing from one that does not exist (T1, T2).
 */

import { readFlags } from '../support/arguments.js';
import { eventually } from '../support/metering-path.js';
import { Tally } from '../support/tally.js';
import { type Cell, cellsOf, type Facts, type Route } from './tenancy-cells.js';
import { type Asker, openTenancyHouse, type TenancyHouse, tellBroker } from './tenancy-house.js';
import { judge, leakIn, type Seen, showsOwn } from './tenancy-judge.js';
import { CANARIES } from './tenancy-world.js';

/** Fewer would mean that routes or roles went missing from the matrix. */
const LEAST_CELLS = 2_000;
const STREAM_MS = 300;
/** The quick form asks one in so many questions of each route, other ones for each role; the full form asks all. */
const SHARE = 3;
/** Answered for ever, so looked at on its own. */
const STREAM = '/api/stream';
/** What takes things away is asked last, and signing out after everything else. */
const LATE = [/^DELETE /, /^POST \/auth\/signout/];
/** Other tenants' names, where a header could smuggle one in. */
const SMUGGLED: readonly Readonly<Record<string, string>>[] = [
  { 'NGSILD-Tenant': 'abroad' },
  { 'Fiware-Service': 'abroad' },
  { 'NGSILD-Tenant': 'ABROAD', 'Fiware-Service': 'default' },
  { 'NGSILD-Tenant': '../abroad' },
  { 'NGSILD-Tenant': 'default, abroad' },
];

const flags = readFlags(process.argv.slice(2));
const tally = new Tally();
const house = await openTenancyHouse(Date.now());
const faults: string[] = [];
const subscriptions = await subscribe(house);
const figures = { cells: 0, routes: 0, askers: house.askers.length, shown: 0, streams: 0, told: 0, smuggled: 0 };

await tally.check('the live stream tells each only what is theirs', async () => end(await streams(house)));
await tally.check('a subscription tells a partner what is theirs, and nothing else', async () =>
  end(await tellings(house)),
);
await tally.check('a tenant in a header is not another tenant', async () => end(await smuggle(house)));
await tally.check('no cell of the matrix leaks or lets through', async () => {
  const facts: Facts = { world: house.world, subjects: house.subjects, subscriptions };
  const routes = house.routes.filter(({ path }) => path !== STREAM);
  figures.routes = routes.length;
  for (const [index, asker] of house.askers.entries()) await askAll(asker, routes, facts, index);
  if (figures.cells < LEAST_CELLS) faults.push(`only ${figures.cells} cells`);
  if (figures.shown < 100) faults.push(`the own side was seen in ${figures.shown} answers only`);
  end(faults);
});
await tally.check('control: whoever sees more than the own site is seen to', async () => {
  const planted: Asker = { ...house.manager, name: 'planted' };
  const urls = [
    '/api/ngsi-ld/v1/entities?type=ConsumptionPoint',
    '/api/quantumleap/v2/types/IntervalReading/value',
    '/api/stream',
  ];
  for (const url of urls) {
    const response = await planted.send('GET', url);
    const text = url.endsWith('stream') ? await readFor(STREAM_MS, response) : await response.text();
    const leak = leakIn({ url, body: undefined, aim: 'own' }, planted, { status: response.status, text });
    if (leak === undefined) throw new Error(`${url} was not: ${response.status} ${text.slice(0, 200)}`);
  }
});
await tally.check('control: a route nobody listed is seen', () => {
  const cell: Cell = {
    ...{ who: '', aim: 'own', url: '/api/backdoor', headers: {} },
    route: { method: 'GET', path: '/api/backdoor' },
  };
  const [asker] = house.askers;
  if (asker === undefined || judge(cell, asker, { status: 200, text: '' }, undefined) === undefined)
    throw new Error('It was not.');
});
console.log(JSON.stringify({ check: 'tenancy', full: flags.full, ...figures, leaks: faults.length }));
await house.close();
tally.end();

async function askAll(asker: Asker, routes: readonly Route[], facts: Facts, turn: number): Promise<void> {
  for (const route of [...routes].sort((a, b) => lateness(a) - lateness(b))) {
    const all = distinct(cellsOf(route, asker.name, facts));
    const nonsense = all.find(({ aim }) => aim === 'nonsense');
    const cells = flags.full ? all : all.filter((_cell, at) => at % SHARE === turn % SHARE);
    const nothing = nonsense === undefined ? undefined : await ask(asker, nonsense);
    for (const cell of cells) {
      // Writing over the own side would change what the next asker must see.
      if (route.method === 'DELETE' && cell.aim === 'own') continue;
      const seen = cell === nonsense && nothing !== undefined ? nothing : await ask(asker, cell);
      figures.cells += 1;
      if (showsOwn(seen)) figures.shown += 1;
      const fault = judge(cell, asker, seen, nothing);
      if (fault !== undefined) faults.push(`${asker.name}: ${route.method} ${cell.url} (${cell.aim}) ${fault}`);
    }
  }
}

function lateness({ method, path }: Route): number {
  return LATE.findIndex((pattern) => pattern.test(`${method} ${path}`));
}

/** A route without parameters is the same request for every aim. */
function distinct(cells: readonly Cell[]): readonly Cell[] {
  const seen = new Map(cells.map((cell) => [`${cell.url} ${JSON.stringify(cell.body ?? null)}`, cell]));
  return [...seen.values()];
}

async function ask(asker: Asker, { route, url, body, headers }: Cell): Promise<Seen> {
  const response = await asker.send(route.method, url, body, headers);
  const inHeaders = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  return { status: response.status, text: `${inHeaders}\n\n${await response.text()}` };
}

async function streams({ askers }: TenancyHouse): Promise<readonly string[]> {
  const found: string[] = [];
  for (const asker of askers) {
    const response = await asker.send('GET', STREAM);
    const isReader = response.status === 200;
    const text = isReader ? await readFor(STREAM_MS, response) : await response.text();
    figures.streams += 1;
    const leak = leakIn({ url: STREAM, body: undefined, aim: 'own' }, asker, { status: response.status, text });
    if (leak !== undefined) found.push(`${asker.name}: the stream ${leak}`);
    if (isReader && !text.includes('event: hello')) found.push(`${asker.name}: the stream said nothing`);
  }
  return found;
}

/** One subscription of each partner; a third that a partner asks for on everything. */
async function subscribe({ askers, otherPartner, sink }: TenancyHouse): Promise<Facts['subscriptions']> {
  const made: Partial<Record<'own' | 'other', string>> = {};
  const partner = askers.find(({ isPartner }) => isPartner);
  if (partner === undefined) throw new Error('There is no partner.');
  for (const [side, asker] of [
    ['own', partner],
    ['other', otherPartner],
  ] as const) {
    const wish = {
      type: 'Subscription',
      description: `canary-${side} subscription`,
      entities: [{ type: 'ACMeasurement' }, { type: 'ConsumptionPoint' }, { type: 'Alert' }],
      notification: { endpoint: { uri: `${sink.url}/${side}`, accept: 'application/json' } },
    };
    const response = await asker.send('POST', '/api/ngsi-ld/v1/subscriptions', wish);
    if (response.status !== 201) throw new Error(`${asker.name} could not subscribe: ${await response.text()}`);
    made[side] = decodeURIComponent(response.headers.get('location')?.split('/').at(-1) ?? '');
  }
  return made;
}

/** Something changes on every side; each partner's server hears of its own. */
async function tellings({ brokerUrl, world, sink }: TenancyHouse): Promise<readonly string[]> {
  for (const side of ['own', 'other'] as const) {
    const changed = world.entities(side).filter(({ type }) => type === 'ACMeasurement');
    await tellBroker(
      brokerUrl,
      changed.map((entity) => ({ ...entity, frequency: { type: 'Property', value: 50 } })),
    );
  }
  await eventually(async () => {
    if (!['/own ', '/other '].every((path) => sink.told.some((line) => line.startsWith(path))))
      throw new Error(`Told only: ${sink.told.join('\n')}`);
  });
  const found: string[] = [];
  for (const line of sink.told) {
    figures.told += 1;
    const wrong = line.startsWith('/own ') ? 'other' : 'own';
    const { word } = CANARIES[wrong];
    if (line.includes(word) || line.includes(`:${wrong}-1`))
      found.push(`${line.slice(0, 6)} was told of ${wrong}: ${line.slice(0, 300)}`);
  }
  return found;
}

/** What an answer without end says in that time. */
async function readFor(ms: number, response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  setTimeout(() => void reader.cancel(), ms);
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
}

async function smuggle({ askers }: TenancyHouse): Promise<readonly string[]> {
  const found: string[] = [];
  for (const asker of askers.filter(({ roles }) => roles.length > 0)) {
    for (const headers of SMUGGLED) {
      for (const url of [
        '/api/ngsi-ld/v1/entities?type=ACMeasurement',
        '/api/quantumleap/v2/entities',
        '/api/ngsi-ld/v1/types',
      ]) {
        const response = await asker.send('GET', url, undefined, headers);
        const seen = { status: response.status, text: await response.text() };
        figures.smuggled += 1;
        const leak = leakIn({ url, body: undefined, aim: 'own' }, asker, seen);
        if (leak !== undefined) found.push(`${asker.name}: ${JSON.stringify(headers)} ${leak}`);
        if (response.status === 200) found.push(`${asker.name}: ${JSON.stringify(headers)} was answered 200`);
      }
    }
  }
  return found;
}

function end(found: readonly string[]): void {
  if (found.length > 0)
    throw new Error(`${found.length} faults, for instance:\n      ${found.slice(0, 40).join('\n      ')}`);
}
