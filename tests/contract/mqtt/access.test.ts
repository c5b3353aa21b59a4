/** The access matrix of T24: publish, subscribe, will, client id and delivery, each by a table of cases. */

import { addCredential, removeCredential } from '@contor/mqtt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AGENT, APIKEY, attrs, type Fixture, METER, OPERATOR, OTHER_METER, openFixture } from './fixture.js';
import { WireClient } from './wire-client.js';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await openFixture();
});
afterAll(() => fixture.close());

const own = (rest: string) => `/json/${APIKEY}/${METER}/${rest}`;
const foreign = (rest: string) => `/json/${APIKEY}/${OTHER_METER}/${rest}`;

interface PublishCase {
  readonly who: string;
  readonly topic: string;
  readonly isAllowed: boolean;
  readonly retain?: boolean;
}

const PUBLISHES: readonly PublishCase[] = [
  { who: METER, topic: own('attrs'), isAllowed: true },
  { who: METER, topic: own('attrs/voltageL1'), isAllowed: true },
  { who: METER, topic: own('profile'), isAllowed: true },
  { who: METER, topic: own('cmdexe'), isAllowed: true },
  { who: METER, topic: own('cmd'), isAllowed: false },
  { who: METER, topic: own('attrs/a/b'), isAllowed: false },
  { who: METER, topic: own('attrs'), isAllowed: false, retain: true },
  { who: METER, topic: own(''), isAllowed: false },
  { who: METER, topic: `/json/${APIKEY}/${METER}`, isAllowed: false },
  { who: METER, topic: foreign('attrs'), isAllowed: false },
  { who: METER, topic: `/json/other-key/${METER}/attrs`, isAllowed: false },
  { who: METER, topic: `json/${APIKEY}/${METER}/attrs`, isAllowed: false },
  { who: METER, topic: `//json/${APIKEY}/${METER}/attrs`, isAllowed: false },
  { who: METER, topic: `/JSON/${APIKEY}/${METER}/attrs`, isAllowed: false },
  { who: METER, topic: `$SYS/${METER}`, isAllowed: false },
  { who: METER, topic: `$share/g${attrs(METER)}`, isAllowed: false },
  { who: METER, topic: 'test/anything', isAllowed: false },
  { who: AGENT, topic: own('cmd'), isAllowed: true },
  { who: AGENT, topic: own('attrs'), isAllowed: false },
  { who: OPERATOR, topic: 'state/lamp', isAllowed: true, retain: true },
  { who: OPERATOR, topic: 'test/lamp', isAllowed: false, retain: true },
  { who: OPERATOR, topic: '$SYS/broker/uptime', isAllowed: false },
  { who: OPERATOR, topic: `test/${'a/'.repeat(31)}`, isAllowed: false },
  { who: OPERATOR, topic: `test/${'x'.repeat(600)}`, isAllowed: false },
];

describe('publish', () => {
  it.each(PUBLISHES)(
    '$who to $topic (retain $retain): $isAllowed',
    async ({ who, topic, isAllowed, retain = false }) => {
      const client = await fixture.client(who);
      expect(await client.publishAcked(topic, 'x', 1, { retain })).toBe(isAllowed);
      // 3.1.1 has no other way to say no than to close.
      expect(client.socket.destroyed).toBe(!isAllowed);
      await client.cut();
    },
  );

  it.each([0, 2] as const)('refuses a foreign topic at QoS %i too', async (qos) => {
    const client = await fixture.client(METER);
    client.publish(foreign('attrs'), 'x', qos);
    await client.closed;
    expect(client.socket.destroyed).toBe(true);
  });

  it('logs a refusal with its topic and without its payload', async () => {
    const client = await fixture.client(METER);
    client.publish(foreign('attrs'), 'secret-reading-4711');
    await client.closed;
    expect(fixture.log.some((line) => line.includes(foreign('attrs')) && line.includes(METER))).toBe(true);
    expect(fixture.log.some((line) => line.includes('secret-reading-4711'))).toBe(false);
  });
});

const SUBSCRIPTIONS: readonly { who: string; filter: string; isAllowed: boolean }[] = [
  { who: METER, filter: own('cmd'), isAllowed: true },
  { who: METER, filter: own('configuration/values'), isAllowed: true },
  { who: METER, filter: own('attrs'), isAllowed: false },
  { who: METER, filter: own('+'), isAllowed: false },
  { who: METER, filter: own('#'), isAllowed: false },
  { who: METER, filter: foreign('cmd'), isAllowed: false },
  { who: METER, filter: `/json/${APIKEY}/+/cmd`, isAllowed: false },
  { who: METER, filter: '#', isAllowed: false },
  { who: METER, filter: '+/#', isAllowed: false },
  { who: METER, filter: '/#', isAllowed: false },
  { who: METER, filter: '$SYS/#', isAllowed: false },
  { who: METER, filter: `$share/group/${own('cmd')}`, isAllowed: false },
  { who: METER, filter: `$queue/${own('cmd')}`, isAllowed: false },
  { who: AGENT, filter: '/json/#', isAllowed: true },
  { who: AGENT, filter: '/json/+/+/attrs', isAllowed: true },
  { who: AGENT, filter: '/+/+/+/attrs', isAllowed: false },
  { who: AGENT, filter: '#', isAllowed: false },
  { who: AGENT, filter: '/#', isAllowed: false },
  { who: AGENT, filter: '$share/agents//json/#', isAllowed: false },
  { who: OPERATOR, filter: '#', isAllowed: true },
  { who: OPERATOR, filter: '$SYS/#', isAllowed: false },
  { who: OPERATOR, filter: 'test/+/x', isAllowed: true },
];

describe('subscribe', () => {
  it.each(SUBSCRIPTIONS)('$who to $filter: $isAllowed', async ({ who, filter, isAllowed }) => {
    const client = await fixture.client(who);
    expect(await client.subscribe([filter])).toEqual([isAllowed ? 1 : 128]);
    await client.disconnect();
  });

  it('refuses one filter of a packet and stores only the other', async () => {
    const clientId = `${AGENT}:mixed`;
    const first = await fixture.client(AGENT, { clientId, clean: false });
    expect(await first.subscribe(['/json/nobody/+/attrs', 'test/#'])).toEqual([1, 128]);
    await first.disconnect();
    const operator = await fixture.client(OPERATOR);
    await operator.publishAcked('test/not-for-the-agent', 'x');
    await operator.disconnect();
    const again = await fixture.client(AGENT, { clientId, clean: false });
    expect(await again.nextMessage(200)).toBeUndefined();
    await again.disconnect();
    await (await fixture.client(AGENT, { clientId, clean: true })).disconnect();
  });

  it('bounds the subscriptions of one client', async () => {
    const client = await fixture.client(OPERATOR);
    const granted = await client.subscribe(Array.from({ length: 150 }, (_none, at) => `test/${at}`));
    expect(granted.filter((qos) => qos === 128)).toHaveLength(50);
    await client.disconnect();
  });
});

const NOT_AUTHORIZED = 5;
const BAD_CREDENTIALS = 4;
const IDENTIFIER_REJECTED = 2;

const CONNECTS: readonly {
  name: string;
  clientId: string;
  username?: string;
  password?: string;
  returnCode: number;
}[] = [
  { name: 'its own client id', clientId: METER, username: METER, returnCode: 0 },
  { name: 'its own client id with a suffix', clientId: `${METER}:backup`, username: METER, returnCode: 0 },
  { name: 'the client id of another meter', clientId: OTHER_METER, username: METER, returnCode: IDENTIFIER_REJECTED },
  { name: 'the client id of the agent', clientId: AGENT, username: METER, returnCode: IDENTIFIER_REJECTED },
  {
    name: 'a client id that only begins like its own',
    clientId: `${METER}0`,
    username: METER,
    returnCode: IDENTIFIER_REJECTED,
  },
  { name: 'a wildcard in the client id', clientId: `${METER}:+`, username: METER, returnCode: IDENTIFIER_REJECTED },
  { name: 'a slash in the client id', clientId: `${METER}:a/b`, username: METER, returnCode: IDENTIFIER_REJECTED },
  { name: 'no client id', clientId: '', username: METER, returnCode: IDENTIFIER_REJECTED },
  { name: 'nobody at all', clientId: METER, returnCode: NOT_AUTHORIZED },
  { name: 'an unknown username', clientId: 'ghost', username: 'ghost', password: 'x', returnCode: BAD_CREDENTIALS },
  { name: 'a wildcard as username', clientId: '+', username: '+', password: 'x', returnCode: BAD_CREDENTIALS },
  {
    name: 'a prototype as username',
    clientId: '__proto__',
    username: '__proto__',
    password: 'x',
    returnCode: BAD_CREDENTIALS,
  },
  { name: 'a wrong password', clientId: METER, username: METER, password: 'wrong', returnCode: BAD_CREDENTIALS },
  { name: 'an empty password', clientId: METER, username: METER, password: '', returnCode: BAD_CREDENTIALS },
];

describe('connect', () => {
  it.each(CONNECTS)('with $name: $returnCode', async ({ clientId, username, password, returnCode }) => {
    const answer = await WireClient.connect(fixture.port(), {
      clientId,
      ...(username !== undefined && { username, password: password ?? fixture.password(username) }),
    });
    expect(answer.returnCode).toBe(returnCode);
    await answer.client.cut();
  });

  it('refuses a will on a topic of another meter', async () => {
    const will = { topic: foreign('attrs'), payload: Buffer.from('gone'), qos: 1 as const, retain: false };
    expect((await fixture.connect(METER, { will })).returnCode).toBe(NOT_AUTHORIZED);
  });

  it('refuses a retained will where the meter may not retain', async () => {
    const will = { topic: own('attrs'), payload: Buffer.from('gone'), qos: 1 as const, retain: true };
    expect((await fixture.connect(METER, { will })).returnCode).toBe(NOT_AUTHORIZED);
  });
});

describe('credentials that change while the broker runs', () => {
  it('a new one works, a removed one is disconnected and refused', async () => {
    const { dataFolder } = fixture;
    const password = await addCredential({
      dataFolder,
      username: 'new-meter',
      rules: { publish: ['test/n'], subscribe: [] },
    });
    const connect = () =>
      WireClient.connect(fixture.port(), { clientId: 'new-meter', username: 'new-meter', password });
    const client = await until(async () => {
      const answer = await connect();
      return answer.returnCode === 0 ? answer.client : undefined;
    });
    expect(await client.publishAcked('test/n', 'x')).toBe(true);
    expect(await removeCredential({ dataFolder, username: 'new-meter' })).toBe(true);
    await client.closed;
    expect((await connect()).returnCode).toBe(BAD_CREDENTIALS);
  }, 30_000);

  it('a message that is queued is not delivered when the rules no longer allow it', async () => {
    const { dataFolder } = fixture;
    const username = 'reader';
    const wide = { publish: [], subscribe: ['test/#'] };
    const password = await addCredential({ dataFolder, username, password: 'a chosen password', rules: wide });
    const connect = () => WireClient.connect(fixture.port(), { clientId: username, username, password, clean: false });
    const first = await until(async () => {
      const answer = await connect();
      return answer.returnCode === 0 ? answer.client : undefined;
    });
    await first.subscribe(['test/open', 'test/secret']);
    await first.disconnect();
    await addCredential({ dataFolder, username, password, rules: { ...wide, subscribe: ['test/open'] } });
    const operator = await fixture.client(OPERATOR);
    await operator.publishAcked('test/secret', 'one');
    await operator.publishAcked('test/open', 'two');
    await until(async () => (fixture.log.some((line) => line.includes('"changed":1')) ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, 700));
    const again = await until(async () => {
      const answer = await connect();
      return answer.returnCode === 0 ? answer.client : undefined;
    });
    expect((await again.nextMessage())?.topic).toBe('test/open');
    expect(await again.nextMessage(200)).toBeUndefined();
    await again.disconnect();
    await operator.disconnect();
  }, 30_000);

  it('keeps no password in clear', async () => {
    const { readFile } = await import('node:fs/promises');
    const text = await readFile(`${fixture.dataFolder}/credentials.json`, 'utf8');
    expect(text).not.toContain(fixture.password(METER));
    expect(text).not.toContain('a chosen password');
  });
});

async function until<T>(ask: () => Promise<T | undefined>, timeoutMs = 20_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error('It did not happen in time.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
