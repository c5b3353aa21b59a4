/**
 * `npm run check:outbound`: nobody makes our servers call where they like (T14, T15). Every way of giving a URL to the real, running
 * servers is tried with every form of the table; names that turn round between two questions; redirects; and a canary on all addresses of the
 * machine must hear nothing. The control: what the operator allowed is heard, so the canary is not deaf.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Tally } from '../support/tally.js';
import { URL_FORMS } from '../support/url-forms.js';
import { Canary } from './outbound/canary.js';
import { type Door, doorsOf, entity, registration, SENT_ELSEWHERE, subscription } from './outbound/doors.js';
import { type House, openHouse, pause } from './outbound/house.js';
import { ring, subscribeAtGateway } from './outbound/partner.js';

/** What the operator allows by name. Only the first leads where a part of the platform may be. */
const NAMES = {
  'friend.test': [['127.0.0.1']],
  'everywhere.test': [['0.0.0.0']],
  'unspecified.test': [['::']],
  'metadata.test': [['169.254.169.254']],
  'mixed.test': [['127.0.0.1', '0.0.0.0']],
  'hidden.test': [['64:ff9b::7f00:1']],
  // Good when it is looked at, bad when it is called; and the other way round.
  'turning.test': [['127.0.0.2'], ['0.0.0.0']],
  'turned.test': [['0.0.0.0'], ['127.0.0.2']],
} as const;
const TRAPS = Object.keys(NAMES).filter((name) => name !== 'friend.test');
const REDIRECTS = [301, 302, 303, 307, 308] as const;
/** Longer than a notification waits for its first attempt, and the time in which a connection would be there. */
const SETTLE_MS = 1_500;
const AT_ONCE = 8;
/** Doors that keep a URL for later; the others only read with it. A batch answers 207, with the refusal of each. */
const KEEPS = /subscription|registration|hosted|in a body|in a list|subscribe/;
const KEPT: readonly number[] = [200, 201, 204];

const tally = new Tally();
const figures: Record<string, number> = {
  forms: URL_FORMS.length,
  doors: 0,
  knocks: 0,
  connections: 0,
  heardOfControls: 0,
};
const canary = await Canary.listen();
/** An allowed host that sends whoever comes to the canary. */
let bait = { status: 301, arrived: 0 };
const baitServer = createServer((_, response) => {
  bait.arrived += 1;
  response.writeHead(bait.status, { Location: `http://127.0.0.1:${canary.port}/` }).end();
});
const baitPort = await listening(baitServer);
const house = await openHouse({
  names: NAMES,
  allowed: Object.keys(NAMES),
  contexts: [...Object.keys(NAMES).map((name) => `${name}:${canary.port}`), `friend.test:${baitPort}`],
});
try {
  const doors = await doorsOf(house);
  figures.doors = doors.length;
  await tally.check('the table has at least sixty forms', () => {
    if (URL_FORMS.length < 60) throw new Error(`only ${URL_FORMS.length}`);
  });
  for (const door of doors)
    await tally.check(`${door.name.replace(/http:\/\/[^:]+:\d+/, portName)}: no form is called`, () => knockAll(door));
  await tally.check('no name of the table was even looked up', () => {
    const known = new Set<string>([...Object.keys(NAMES), '127.0.0.1', 'localhost', '']);
    const strange = [...new Set(house.lookups())].filter((name) => !known.has(name));
    if (strange.length > 0) throw new Error(strange.join(', '));
  });
  for (const name of TRAPS)
    await tally.check(`${name}, allowed by name: it is not called where it leads`, () => trap(name));
  for (const name of [...TRAPS, 'friend.test'])
    await tally.check(`${name}, a partner of the gateway: it is not called where it leads`, () => trapPartner(name));
  for (const status of REDIRECTS)
    await tally.check(`a ${status} of an allowed host leads nowhere`, () => redirect(status));
  for (const way of ['subscription', 'subscription over MQTT', 'registration', '@context'] as const)
    await tally.check(`control: an allowed host is called by ${way}`, () => control(way));
  await tally.check('control: an allowed partner of the gateway is called', controlPartner);
} finally {
  await house.stop();
  await canary.close();
  baitServer.closeAllConnections();
  baitServer.close();
}
console.log(JSON.stringify({ check: 'outbound', ...figures }));
tally.end();

async function knockAll(door: Door): Promise<void> {
  canary.forget();
  const taken: string[] = [];
  for (let at = 0; at < URL_FORMS.length; at += AT_ONCE)
    await Promise.all(
      URL_FORMS.slice(at, at + AT_ONCE).map(async (form) => {
        figures.knocks = (figures.knocks ?? 0) + 1;
        const status = await door.knock(form.replaceAll('P', String(canary.port)));
        if (status === SENT_ELSEWHERE || (KEEPS.test(door.name) && KEPT.includes(status)))
          taken.push(`${form} (${status})`);
      }),
    );
  await stir();
  hearNothing();
  if (taken.length > 0) throw new Error(`taken: ${taken.join(', ')}`);
}

/** Had a URL been taken, this is what would call it. */
async function stir(): Promise<void> {
  const api = `${house.broker}/ngsi-ld/v1`;
  const headers = { 'content-type': 'application/json' };
  const count = { type: 'Property', value: Date.now() };
  await fetch(`${api}/entityOperations/upsert`, {
    method: 'POST',
    headers,
    body: JSON.stringify([{ ...entity(), count }]),
  });
  const attributes = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`switch${at + 1}`, count]));
  await fetch(`${api}/entities/urn:ngsi-ld:Gadget:1/attrs`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify(attributes),
  });
}

function hearNothing(isAllowed: (address: string) => boolean = () => false): void {
  const heard = canary.heard.filter((address) => !isAllowed(address));
  figures.connections = (figures.connections ?? 0) + heard.length;
  if (heard.length > 0)
    throw new Error(`the canary heard ${heard.length} connections, to ${[...new Set(heard)].join(', ')}`);
}

/** Subscription, registration and @context of a name that the operator allowed and that leads elsewhere. */
async function trap(name: string): Promise<void> {
  canary.forget();
  const before = house.lookups().filter((each) => each === name).length;
  const made = await Promise.all([
    make('/subscriptions', subscription(`http://${name}:${canary.port}/notify`)),
    make('/subscriptions', subscription(`mqtt://${name}:${canary.port}/topic`)),
    make('/csourceRegistrations', registration(`http://${name}:${canary.port}`)),
  ]);
  await make('/entities', { ...entity(), '@context': `http://${name}:${canary.port}/a.jsonld` }, 'application/ld+json');
  await make('/entities', { ...entity(), '@context': `http://${name}:${canary.port}/b.jsonld` }, 'application/ld+json');
  for (let round = 0; round < 3; round += 1) await stirAll(made);
  await pause(SETTLE_MS);
  await Promise.all(made.map(remove));
  if (house.lookups().filter((each) => each === name).length - before < 4)
    throw new Error('it was not asked for: the trap was not set');
  hearNothing((address) => address === '127.0.0.2');
}

async function redirect(status: number): Promise<void> {
  canary.forget();
  bait = { status, arrived: 0 };
  const at = `http://friend.test:${baitPort}`;
  const made = await Promise.all([
    make('/subscriptions', subscription(`${at}/notify`)),
    make('/csourceRegistrations', registration(at)),
    make('/entities', { ...entity(), '@context': `${at}/${status}.jsonld` }, 'application/ld+json'),
  ]);
  const partner = await subscribeAtGateway(house, `http://localhost:${baitPort}/notify`);
  if (partner !== undefined) await ring(house, partner);
  await stirAll(made);
  for (let wait = 0; bait.arrived < 4 && wait < 100; wait += 1) await pause(50);
  await Promise.all(made.map(remove));
  await partner?.remove();
  if (bait.arrived < 4) throw new Error(`only ${bait.arrived} of the four came to the bait`);
  hearNothing();
}

/** A partner is somewhere on the internet: a name that leads into our network, or to this machine, is none of theirs. */
async function trapPartner(name: string): Promise<void> {
  canary.forget();
  const before = house.lookups().filter((each) => each === name).length;
  const made = await subscribeAtGateway(house, `https://${name}:${canary.port}/notify`);
  if (made === undefined) throw new Error('it was not taken: the trap was not set');
  await ring(house, made);
  const isAsked = () => house.lookups().filter((each) => each === name).length > before;
  for (let wait = 0; !isAsked() && wait < 100; wait += 1) await pause(50);
  await pause(SETTLE_MS / 3);
  await made.remove();
  if (!isAsked()) throw new Error('it was not asked for: the trap was not set');
  hearNothing();
}

async function controlPartner(): Promise<void> {
  canary.forget();
  const made = await subscribeAtGateway(house, `http://localhost:${canary.port}/notify`);
  if (made === undefined) throw new Error('it was not taken');
  await ring(house, made);
  await heardOne();
  await made.remove();
}

async function heardOne(): Promise<void> {
  for (let wait = 0; canary.heard.length === 0 && wait < 100; wait += 1) await pause(50);
  if (canary.heard.length === 0) throw new Error('the canary heard nothing: it is deaf, or nobody calls at all');
  figures.heardOfControls = (figures.heardOfControls ?? 0) + 1;
}

async function control(way: 'subscription' | 'subscription over MQTT' | 'registration' | '@context'): Promise<void> {
  canary.forget();
  const at = `friend.test:${canary.port}`;
  const made =
    way === '@context'
      ? await make('/entities', { ...entity(), '@context': `http://${at}/c.jsonld` }, 'application/ld+json')
      : way === 'registration'
        ? await make('/csourceRegistrations', registration(`http://${at}`))
        : await make('/subscriptions', subscription(way === 'subscription' ? `http://${at}/n` : `mqtt://${at}/topic`));
  if (made === undefined) throw new Error('it was not taken');
  await stirAll([made]);
  await heardOne();
  await remove(made);
}

interface Made {
  readonly path: string;
  /** The attribute that a registration is for. */
  readonly attribute: string | undefined;
}

async function make(path: string, body: object, type = 'application/json'): Promise<Made | undefined> {
  const answer = await fetch(`${house.broker}/ngsi-ld/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: JSON.stringify(body),
  });
  await answer.arrayBuffer();
  const location = answer.headers.get('location');
  const attribute = /switch\d+/.exec(JSON.stringify(body))?.[0];
  return answer.status === 201 && location !== null ? { path: location, attribute } : undefined;
}

async function stirAll(made: readonly (Made | undefined)[]): Promise<void> {
  await stir();
  const value = { type: 'Property', value: Date.now() };
  for (const each of made)
    if (each?.attribute !== undefined)
      await fetch(`${house.broker}/ngsi-ld/v1/entities/urn:ngsi-ld:Gadget:1/attrs`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ [each.attribute]: value }),
      });
}

async function remove(made: Made | undefined): Promise<void> {
  if (made !== undefined) await fetch(house.broker + made.path, { method: 'DELETE' });
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

function portName(url: string): string {
  const servers: readonly (keyof House)[] = ['broker', 'history', 'identity', 'gateway'];
  return servers.find((name) => house[name] === url) ?? url;
}
