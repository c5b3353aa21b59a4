/**
 * `npm run check:tenancy`: every route of the running gateway × every role × own, neighbour's, other tenant's and nobody's things. No answer
 * may hold a word of another side, and a foreign thing is told apart in nothing from one that does not exist (T1, T2).
 */

import { readFlags } from '../support/arguments.js';
import { Tally } from '../support/tally.js';
import { type Cell, cellsOf, type Facts, type Route } from './tenancy-cells.js';
import { type Asker, openTenancyHouse, type TenancyHouse } from './tenancy-house.js';
import { judge, leakIn, type Seen, showsOwn } from './tenancy-judge.js';

/** Fewer would mean that routes or roles went missing from the matrix. */
const LEAST_CELLS = 2_000;
const STREAM_MS = 1_000;
/** Answered for ever, so looked at on its own. */
const STREAM = '/api/stream';
/** Ends the asker's own session: asked last. */
const LAST = /^(POST \/auth\/signout|DELETE )/;
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
const figures = { cells: 0, routes: 0, askers: house.askers.length, shown: 0, streams: 0, smuggled: 0 };

await tally.check('no cell of the matrix leaks or lets through', async () => {
  const facts: Facts = { world: house.world, subjects: house.subjects, subscriptions: {} };
  const routes = house.routes.filter(({ path }) => path !== STREAM);
  figures.routes = routes.length;
  for (const asker of house.askers) await askAll(asker, routes, facts);
  if (figures.cells < LEAST_CELLS) faults.push(`only ${figures.cells} cells`);
  if (figures.shown < 100) faults.push(`the own side was seen in ${figures.shown} answers only`);
  end(faults);
});
await tally.check('the live stream tells each only what is theirs', async () => end(await streams(house)));
await tally.check('a tenant in a header is not another tenant', async () => end(await smuggle(house)));
await tally.check('control: a planted leak is seen', () => {
  const [asker] = house.askers;
  const planted = { status: 200, text: '{"name":{"value":"canary-other point"}}' };
  if (asker === undefined || leakIn({ url: '/', body: undefined, aim: 'own' }, asker, planted) === undefined)
    throw new Error('It was not.');
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

async function askAll(asker: Asker, routes: readonly Route[], facts: Facts): Promise<void> {
  const isLast = ({ method, path }: Route) => LAST.test(`${method} ${path}`);
  const ordered = [...routes.filter((route) => !isLast(route)), ...routes.filter(isLast)];
  for (const route of ordered) {
    const cells = distinct(cellsOf(route, asker.name, facts));
    const nonsense = cells.find(({ aim }) => aim === 'nonsense');
    const nothing = nonsense === undefined ? undefined : await ask(asker, nonsense);
    for (const cell of cells) {
      // Writing over the own side would change what the next asker must see.
      if (isLast(route) && cell.aim === 'own') continue;
      const seen = cell === nonsense && nothing !== undefined ? nothing : await ask(asker, cell);
      figures.cells += 1;
      if (showsOwn(seen)) figures.shown += 1;
      const fault = judge(cell, asker, seen, nothing);
      if (fault !== undefined) faults.push(`${asker.name}: ${route.method} ${cell.url} (${cell.aim}) ${fault}`);
    }
  }
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

async function streams({ askers, manager, world }: TenancyHouse): Promise<readonly string[]> {
  const found: string[] = [];
  for (const asker of askers) {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), STREAM_MS);
    const response = await asker.send('GET', STREAM);
    const isReader = response.status === 200;
    const text = isReader ? await readUntil(response, abort.signal) : await response.text();
    clearTimeout(timer);
    figures.streams += 1;
    const leak = leakIn({ url: STREAM, body: undefined, aim: 'own' }, asker, { status: response.status, text });
    if (leak !== undefined) found.push(`${asker.name}: the stream ${leak}`);
    if (isReader && !text.includes('event: hello')) found.push(`${asker.name}: the stream said nothing`);
  }
  void manager;
  void world;
  return found;
}

async function readUntil(response: Response, signal: AbortSignal): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  signal.addEventListener('abort', () => void reader.cancel());
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
