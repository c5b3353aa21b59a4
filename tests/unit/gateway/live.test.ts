/** The live stream: from a notification of the broker to an event in the browser, and back after a broken line. */

import { LiveState } from '@contor/gateway/live/state.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from './support/browser.js';
import { House, until } from './support/house.js';

const meter = (id: string, power: number, type = 'ACMeasurement') => ({
  id: `urn:ngsi-ld:${type}:${id}`,
  type,
  totalActivePower: { type: 'Property', value: power, unitCode: 'WTT' },
});

interface Event {
  readonly id: string | undefined;
  readonly name: string;
  readonly data: string;
}

/** Reads a stream into a list of events until told to stop. */
class Listener {
  readonly events: Event[] = [];
  readonly status: Promise<number>;
  isOver = false;
  readonly #abort = new AbortController();

  constructor(url: string, cookie: string, lastEventId?: string) {
    const headers = { cookie, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    const response = fetch(url, { headers, signal: this.#abort.signal });
    this.status = response.then(({ status }) => status);
    this.status.catch(() => undefined);
    response
      .then((answer) => this.#read(answer))
      .then(
        () => this.#end(),
        () => this.#end(),
      );
  }

  close(): void {
    this.#abort.abort();
  }

  entities(): { id: string; totalActivePower: { value: number } }[] {
    return this.events.filter(({ name }) => name === 'entities').flatMap(({ data }) => JSON.parse(data).entities);
  }

  #end(): void {
    this.isOver = true;
  }

  async #read(answer: Response): Promise<void> {
    let text = '';
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const fields = new Map(
          part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
        );
        if (fields.has('event'))
          this.events.push({ id: fields.get('id'), name: fields.get('event') ?? '', data: fields.get('data') ?? '' });
      }
    }
  }
}

describe('the stream', () => {
  let house: House;
  let browser: Browser;
  beforeAll(async () => {
    house = await House.open();
    house.broker.answer = (request, response) => {
      const isQuery = request.url?.includes('type=ACMeasurement') ?? false;
      const isSubscription = request.method === 'GET' && request.url?.startsWith('/ngsi-ld/v1/subscriptions/') === true;
      response.setHeader('content-type', 'application/json');
      if (request.method === 'POST') response.writeHead(201).end();
      else if (isSubscription) response.writeHead(404).end('{}');
      else response.end(JSON.stringify(isQuery ? [meter('known', 1)] : []));
    };
    await house.start();
    browser = await house.signedIn();
  });
  afterAll(() => house.close());

  const subscription = () => {
    const made = house.broker.requests
      .filter(({ method, url }) => method === 'POST' && url === '/ngsi-ld/v1/subscriptions')
      .map(({ body }) => JSON.parse(body));
    return made.find(({ id }) => id === 'urn:ngsi-ld:Subscription:contor-gateway-live');
  };
  const secret = (): string => subscription().notification.endpoint.receiverInfo[0].value;
  const notify = (entities: object[], header = secret()) =>
    fetch(`${house.gatewayUrl}/notify/live`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-contor-notify': header },
      body: JSON.stringify({ id: 'urn:n:1', type: 'Notification', data: entities }),
    });
  const listen = (lastEventId?: string) =>
    new Listener(`${house.gatewayUrl}/api/stream`, browser.cookiesFor(house.gatewayUrl), lastEventId);

  it('subscribes for itself, at an address and with a secret only the broker knows', () => {
    expect(subscription()).toMatchObject({
      id: 'urn:ngsi-ld:Subscription:contor-gateway-live',
      type: 'Subscription',
      entities: [
        { type: 'ACMeasurement' },
        { type: 'HeatMeasurement' },
        { type: 'WaterConsumptionObserved' },
        { type: 'GasMeasurement' },
        { type: 'AggregatedReading' },
        { type: 'Alert' },
        { type: 'Acquisition' },
      ],
      notification: { endpoint: { uri: `${house.gatewayUrl}/notify/live` } },
    });
    expect(secret()).toMatch(/^[\w-]{40,}$/);
  });

  it('takes notifications only with that secret, and only what it asked for', async () => {
    expect((await notify([meter('a', 1)], 'guess')).status).toBe(401);
    expect((await fetch(`${house.gatewayUrl}/notify/live`, { method: 'POST' })).status).toBe(401);
    for (const body of ['{', '{}', '{"data":{}}', '{"data":[{"id":1}]}']) {
      const headers = { 'content-type': 'application/json', 'x-contor-notify': secret() };
      expect((await fetch(`${house.gatewayUrl}/notify/live`, { method: 'POST', headers, body })).status).toBe(400);
    }
    expect((await notify([meter('secret', 1, 'Bill')])).status).toBe(200);
  });

  it('says hello, shows the present, then each change, coalesced', async () => {
    const listener = listen();
    await until(async () => listener.entities().length > 0);
    expect(listener.events[0]).toMatchObject({ name: 'hello' });
    expect(JSON.parse(listener.events[0]?.data ?? '')).toEqual({
      serverTime: expect.any(String),
      version: expect.any(String),
    });
    expect(listener.entities().map(({ id }) => id)).toEqual(['urn:ngsi-ld:ACMeasurement:known']);

    for (let power = 1; power <= 50; power += 1) await notify([meter('busy', power), meter('calm', 7)]);
    await until(async () => listener.entities().some(({ totalActivePower }) => totalActivePower.value === 50));
    const busy = listener.entities().filter(({ id }) => id.endsWith(':busy'));
    expect(busy.at(-1)?.totalActivePower.value).toBe(50);
    expect(busy.length).toBeLessThan(25);
    expect(listener.entities().filter(({ id }) => id.endsWith(':calm'))).toHaveLength(1);
    listener.close();
  });

  it('catches up from the last number seen, and from the start for a number it never gave', async () => {
    const first = listen();
    await notify([meter('before', 1)]);
    await until(async () => first.entities().some(({ id }) => id.endsWith(':before')));
    first.close();
    const lastEventId = first.events.at(-1)?.id;
    await notify([meter('meanwhile', 2)]);

    const second = listen(lastEventId);
    await until(async () => second.entities().length > 0);
    expect(second.entities().map(({ id }) => id)).toEqual(['urn:ngsi-ld:ACMeasurement:meanwhile']);
    second.close();

    for (const stranger of ['1', '9007199254740991', 'x']) {
      const third = listen(stranger);
      await until(async () => third.entities().length >= 2);
      expect(third.entities().map(({ id }) => id)).toContain('urn:ngsi-ld:ACMeasurement:before');
      third.close();
    }
  });

  it('ends when the person signs out', async () => {
    const other = await house.signedIn();
    const listener = new Listener(`${house.gatewayUrl}/api/stream`, other.cookiesFor(house.gatewayUrl));
    await until(async () => listener.events.length > 0);
    const { csrfToken } = JSON.parse((await other.get(`${house.gatewayUrl}/api/session`)).body);
    await other.raw('POST', `${house.gatewayUrl}/auth/signout`, { 'x-csrf-token': csrfToken });
    await until(async () => listener.isOver);
  });

  it('has a limit per session', async () => {
    const listeners = Array.from({ length: 13 }, () => listen());
    const statuses = await Promise.all(listeners.map(({ status }) => status));
    expect(statuses.filter((status) => status === 503)).toHaveLength(1);
    for (const listener of listeners) listener.close();
    await until(async () => house.gateway.health().figures.streams === 0);
  });
});

describe('the live state', () => {
  it('keeps what changed while a query ran, drops what the query no longer found', () => {
    const state = new LiveState(0);
    state.apply(meter('gone', 1));
    state.apply(meter('stays', 1));
    state.apply(meter('other-type', 1, 'Alert'));
    const asOf = state.counter;
    state.apply(meter('stays', 2));
    state.apply(meter('new', 3));
    state.reconcile('ACMeasurement', [meter('stays', 1), meter('found', 4)], asOf);
    const present = state
      .since(0, 100)
      .map(({ id, text }) => [id.split(':').at(-1), JSON.parse(text).totalActivePower.value]);
    expect(Object.fromEntries(present)).toEqual({ 'other-type': 1, stays: 2, new: 3, found: 4 });
  });

  it('counts no change where there is none', () => {
    const state = new LiveState(0);
    state.apply(meter('a', 1));
    const { counter } = state;
    state.apply(meter('a', 1));
    expect(state.counter).toBe(counter);
  });

  it('is bounded', () => {
    const state = new LiveState(0);
    for (let n = 0; n < 50_010; n += 1) state.apply({ id: `urn:${n}`, type: 'Alert' });
    expect([state.size, state.dropped]).toEqual([50_000, 10]);
  });
});
