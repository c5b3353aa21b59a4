/** The AMQP side against a broker of the test's own: what is acked when, what is put aside, how a line comes back. */

import { type AmqpIntakeOptions, openAmqpIntake } from '@contor/agent-json/transport/amqp-intake.js';
import { type AmqpLine, type AmqpMessage, checkAmqpUrl } from '@contor/agent-json/transport/amqp-line.js';
import { BINDINGS, formatRoutingKey, parseRoutingKey } from '@contor/agent-json/transport/routing-keys.js';
import { LogFullError, SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => SILENT };

describe('a routing key', () => {
  it.each([
    { key: '.k.m1.attrs', channel: 'attrs', lane: 'live' },
    { key: 'json.k.m1.attrs', channel: 'attrs', lane: 'live' },
    { key: '.json.k.m1.attrs', channel: 'attrs', lane: 'live' },
    { key: '.k.m1.attrs.power', channel: 'attrs/power', lane: 'live' },
    { key: '.k.m1.attrs.1-0:1.8.0', channel: 'attrs/1-0:1.8.0', lane: 'live' },
    { key: '.k.m1.profile', channel: 'profile', lane: 'late' },
  ])('$key', ({ key, channel, lane }) => {
    expect(parseRoutingKey(key)).toEqual({ apiKey: 'k', deviceId: 'm1', channel, lane });
    // A topic exchange delivers it: `*` is a word, `#` any number of words.
    const words = (pattern: string) =>
      new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]*').replace('\\.#', '(\\..*)?')}$`);
    expect(BINDINGS.some((pattern) => words(pattern).test(key))).toBe(true);
  });

  it.each(['k.m1.attrs', '.k.m1', '.k.m1.cmd', '.k.m1.profile.x', '.k.a b.attrs', '', '.k.m1.attrs.', 'x.k.m1.attrs'])(
    '%j is nobody',
    (key) => expect(parseRoutingKey(key)).toBeUndefined(),
  );

  it('is made as it is read', () => expect(parseRoutingKey(formatRoutingKey('k', 'm', 'attrs'))?.deviceId).toBe('m'));
});

describe('an address', () => {
  it.each([
    { url: 'amqp://127.0.0.1:5672', code: undefined },
    { url: 'amqps://rabbit.example:5671/vhost', code: undefined },
    { url: 'amqp://rabbit.example', code: 'config.exposed' },
    { url: 'amqp://u:canary@127.0.0.1', code: 'config.amqp-password' },
    { url: 'http://127.0.0.1', code: 'config.amqp' },
  ])('$url: $code', ({ url, code }) => {
    let found: string | undefined;
    try {
      checkAmqpUrl(url, 'AMQP_URL');
    } catch (error) {
      found = (error as { code: string }).code;
      expect(String(error)).not.toContain('canary');
    }
    expect(found).toBe(code);
  });
});

/** One queue; what is not acked when a line closes is delivered again over the next. */
class Rabbit {
  readonly waiting: AmqpMessage[] = [];
  readonly unacked = new Set<AmqpMessage>();
  acked = 0;
  dialled = 0;
  isAway = false;
  prefetch = 0;
  #deliver: ((message: AmqpMessage | undefined) => void) | undefined;
  #closed: ((error: Error | undefined) => void) | undefined;

  dial = async (): Promise<AmqpLine> => {
    this.dialled += 1;
    if (this.isAway) throw new Error('refused');
    const onLine = { is: true };
    return {
      consume: async ({ prefetch }, onMessage) => {
        this.prefetch = prefetch;
        this.#deliver = (message) => onLine.is && onMessage(message);
        this.#push();
      },
      ack: (message) => {
        if (this.unacked.delete(message)) this.acked += 1;
        this.#push();
      },
      cancel: async () => {
        this.#deliver = undefined;
      },
      onClosed: (listener) => {
        this.#closed = listener;
      },
      close: async () => {
        onLine.is = false;
        this.cut();
      },
    };
  };

  publish(routingKey: string, text: string, userId?: string): void {
    const content = new TextEncoder().encode(text);
    this.waiting.push({ content, fields: { routingKey }, properties: userId === undefined ? {} : { userId } });
    this.#push();
  }

  cut(error?: Error): void {
    this.#deliver = undefined;
    this.waiting.unshift(...this.unacked);
    this.unacked.clear();
    const told = this.#closed;
    this.#closed = undefined;
    told?.(error);
  }

  endConsumer(): void {
    this.#deliver?.(undefined);
  }

  #push(): void {
    while (this.#deliver !== undefined && this.unacked.size < this.prefetch) {
      const next = this.waiting.shift();
      if (next === undefined) return;
      this.unacked.add(next);
      this.#deliver(next);
    }
  }
}

function bench(more: Partial<AmqpIntakeOptions> = {}) {
  const [rabbit, clock] = [new Rabbit(), new SimulatedClock(0)];
  const taken: string[] = [];
  const aside: [string, string][] = [];
  const fatals: Error[] = [];
  const intake = openAmqpIntake({
    ...{ url: 'amqp://127.0.0.1', username: 'u', password: 'p', queue: 'q', exchange: 'amq.topic', hubs: ['hub'] },
    ...{ isUserAsked: false, clock, random: seededRandom('amqp'), log: SILENT, dial: rabbit.dial },
    take: async ({ deviceId }) => void taken.push(deviceId),
    setAside: async (reason, key) => void aside.push([reason, key]),
    onFatal: (error) => fatals.push(error),
    ...more,
  });
  return { rabbit, clock, taken, aside, fatals, intake };
}
const turns = async () => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe('the intake', () => {
  it('acks what is on disk, and nothing before', async () => {
    const stored: (() => void)[] = [];
    const { rabbit, intake } = bench({ take: () => new Promise((resolve) => void stored.push(resolve)) });
    for (let at = 0; at < 600; at += 1) rabbit.publish('.k.m1.attrs', '{}');
    await turns();
    // Bounded: the rest stays with the broker.
    expect([stored.length, rabbit.acked, rabbit.waiting.length]).toEqual([500, 0, 100]);
    stored.splice(0).forEach((done) => void done());
    await turns();
    expect([stored.length, rabbit.acked]).toEqual([100, 500]);
    const stopping = intake.stop();
    stored.splice(0).forEach((done) => void done());
    await stopping;
    expect(rabbit.acked).toBe(600);
  });

  it.each([
    { why: 'a key of nobody', key: '.k.m1.other', reason: 'amqp.address' },
    { why: 'a payload without end', key: '.k.m1.attrs', text: 'x'.repeat(262_145), reason: 'amqp.long' },
    { why: 'another device', key: '.k.m1.attrs', userId: 'm2', reason: 'amqp.user' },
    { why: 'nobody, where names are asked for', key: '.k.m1.attrs', isUserAsked: true, reason: 'amqp.user' },
  ])(
    'puts aside what cannot go on, and goes on: $why',
    async ({ key, text = '{}', userId, isUserAsked = false, reason }) => {
      const { rabbit, aside, taken, intake } = bench({ isUserAsked });
      rabbit.publish(key, text, userId);
      rabbit.publish('.k.m3.attrs', '{}', 'm3');
      rabbit.publish('.k.m4.attrs', '{}', 'hub');
      await turns();
      expect(aside).toEqual([[reason, key]]);
      expect([taken, rabbit.acked]).toEqual([['m3', 'm4'], 3]);
      await intake.stop();
    },
  );

  it('comes back after an outage, with growing pauses, and hears again what it had not acked', async () => {
    const held: (() => void)[] = [];
    const { rabbit, clock, intake } = bench({ take: () => new Promise((resolve) => void held.push(resolve)) });
    rabbit.publish('.k.m1.attrs', '{}');
    await turns();
    rabbit.isAway = true;
    rabbit.cut(new Error('reset'));
    expect(intake.isConnected).toBe(false);
    // Stored after all; but that delivery is no longer to be acked.
    held.splice(0).forEach((done) => void done());
    for (let second = 0; second < 120; second += 1) {
      await clock.advance(1_000);
      await turns();
    }
    expect(rabbit.dialled).toBeGreaterThan(4);
    expect(rabbit.dialled).toBeLessThan(15);
    rabbit.isAway = false;
    await clock.advance(30_000);
    await turns();
    expect([intake.isConnected, rabbit.acked, held.length]).toEqual([true, 0, 1]);
    held.splice(0).forEach((done) => void done());
    await turns();
    expect(rabbit.acked).toBe(1);
    await intake.stop();
  });

  it('a full log leaves messages where they are, and asks again a quarter of a minute later', async () => {
    let isFull = true;
    const { rabbit, clock, intake, fatals } = bench({
      take: () => (isFull ? Promise.reject(new LogFullError('full')) : Promise.resolve()),
    });
    rabbit.publish('.k.m1.attrs', '{}');
    await turns();
    expect([rabbit.acked, rabbit.waiting.length, intake.isConnected]).toEqual([0, 1, false]);
    isFull = false;
    await clock.advance(14_000);
    await turns();
    expect(rabbit.dialled).toBe(1);
    await clock.advance(2_000);
    await turns();
    expect([rabbit.acked, fatals]).toEqual([1, []]);
    await intake.stop();
  });

  it('a queue that was deleted is made again', async () => {
    const { rabbit, clock, intake } = bench();
    await turns();
    rabbit.endConsumer();
    expect(intake.isConnected).toBe(false);
    await clock.advance(1_000);
    await turns();
    expect([rabbit.dialled, intake.isConnected]).toEqual([2, true]);
    await intake.stop();
  });

  it('what the disk says beyond that ends the process', async () => {
    const { rabbit, fatals, intake } = bench({ take: () => Promise.reject(new Error('fsync')) });
    rabbit.publish('.k.m1.attrs', '{}');
    await turns();
    expect([fatals.length, rabbit.acked]).toEqual([1, 0]);
    await intake.stop();
  });
});
