import { PskKeys, SUITES } from '@contor/coap';
import { expand } from '@contor/coap/session/dtls/key-schedule.js';
import { MessageAssembly } from '@contor/coap/session/dtls/message-assembly.js';
import { ReplayWindow } from '@contor/coap/session/dtls/replay-window.js';
import { seededRandom, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';
import { codesOf, type Direction, type Fate, IDENTITY, isOpen, KEY, PEER, pairOf, textsOf } from './dtls-pair.js';

const HELLO_BYTES = Buffer.from('meter 17 says hello');

describe('a handshake and what is said after it', () => {
  it.each(SUITES.map(({ name }) => name))('%s', (suite) => {
    const pair = pairOf({ suites: [suite] }, { hint: 'contor', requireExtendedMasterSecret: true });
    pair.shake();
    expect(pair.atServer).toEqual([{ kind: 'open', peer: PEER, identity: IDENTITY, suite }]);
    pair.clientSays(pair.client.send(HELLO_BYTES));
    pair.serverSays(pair.server.send(PEER, Buffer.from('heard')));
    pair.runUntil(() => textsOf(pair.atClient).length > 0);
    expect(textsOf(pair.atServer)).toEqual([HELLO_BYTES.toString()]);
    expect(textsOf(pair.atClient)).toEqual(['heard']);
    expect(codesOf([...pair.atClient, ...pair.atServer])).toEqual([]);
  });

  it('the last suite of the client will do, and ours are preferred in our order (RFC 7925, 4.2)', () => {
    const pair = pairOf({ suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256', 'TLS_PSK_WITH_AES_128_CCM_8'] });
    pair.shake();
    expect(pair.atServer).toMatchObject([{ kind: 'open', suite: 'TLS_PSK_WITH_AES_128_CCM_8' }]);
  });

  it('a close is answered with a close (RFC 5246, 7.2.1)', () => {
    const pair = pairOf();
    pair.shake();
    pair.clientSays(pair.client.close());
    pair.runUntil(() => pair.server.sessions.open === 0);
    expect(pair.atServer.at(-1)).toMatchObject({ kind: 'close', reason: 'peer' });
    expect(pair.server.sessions).toEqual({ open: 0, bytes: 0, handshakes: 0 });
    expect(pair.client.send(HELLO_BYTES)).toEqual([]);
  });
});

describe('every flight lost, doubled or late once (RFC 6347, 4.2.4)', () => {
  // Hello, hello with cookie, keys and Finished go up; cookie, hello and Finished come down.
  const fates: readonly Fate[] = ['drop', 'double', 'late'];
  // Cut to 80 bytes, the server's keys are two datagrams.
  const rooms = [
    { maxDatagramBytes: 1232, down: 3 },
    { maxDatagramBytes: 80, down: 4 },
  ];
  const cases = rooms.flatMap(({ maxDatagramBytes, down }) =>
    [...ways('up', 3), ...ways('down', down)].flatMap((way) =>
      fates.map((fate) => ({ ...way, fate, maxDatagramBytes })),
    ),
  );

  it.each(cases)(
    '$direction $index $fate, datagrams of $maxDatagramBytes',
    ({ direction, index, fate, maxDatagramBytes }) => {
      // A datagram of 80 bytes is less than a hello: the server takes that only whole.
      const pair = pairOf({}, { maxDatagramBytes, hint: 'contor-of-the-mesh' });
      pair.fate = (way, at) => (way === direction && at === index ? fate : 'pass');
      pair.shake();
      expect(pair.sent.filter((datagram) => datagram.direction === direction).length).toBeGreaterThan(index);
      pair.clientSays(pair.client.send(HELLO_BYTES));
      pair.runUntil(() => textsOf(pair.atServer).length > 0);
      expect(textsOf(pair.atServer)).toEqual([HELLO_BYTES.toString()]);
      expect(pair.atServer.filter(({ kind }) => kind === 'open')).toHaveLength(1);
    },
  );

  it.each(fates)('a key exchange in two datagrams, the first of them: %s (RFC 6347, 4.2.3)', (fate) => {
    const identity = 'n'.repeat(128);
    const random = seededRandom(3);
    const pair = pairOf({ identity, maxDatagramBytes: 112 }, { keys: new PskKeys([[identity, KEY]], random) });
    pair.fate = (direction, index) => (direction === 'up' && index === 2 ? fate : 'pass');
    pair.shake();
    expect(pair.atServer.filter(({ kind }) => kind === 'open')).toMatchObject([{ identity }]);
    expect(codesOf(pair.atServer)).toEqual(fate === 'double' ? [] : ['dtls.early']);
    expect(Math.max(...pair.sent.map(({ datagram }) => datagram.length))).toBeLessThanOrEqual(112);
  });

  it('any mischief for a while, and the session comes about', () => {
    const fate = fc.constantFrom<Fate>('pass', 'pass', 'drop', 'double', 'late');
    fc.assert(
      fc.property(fc.array(fate, { maxLength: 8 }), fc.array(fate, { maxLength: 8 }), (up, down) => {
        const pair = pairOf({}, { maxDatagramBytes: 120, hint: 'contor' });
        pair.fate = (direction, index) => (direction === 'up' ? up : down)[index] ?? 'pass';
        // Who has given up begins again, as a device would: here only the first time counts.
        pair.shake();
        const gaveUp = codesOf(pair.atClient).includes('dtls.silent');
        expect(gaveUp || (isOpen(pair.atClient) && isOpen(pair.atServer))).toBe(true);
      }),
      { numRuns: times(15, 300) },
    );
  });

  it('who hears nothing tries five times in half a minute and gives up', () => {
    const pair = pairOf();
    pair.fate = () => 'drop';
    pair.clientSays(pair.client.start(0));
    pair.runUntil(() => codesOf(pair.atClient).length > 0);
    expect(codesOf(pair.atClient)).toEqual(['dtls.silent']);
    expect(pair.sent).toHaveLength(5);
    expect(pair.nowMs).toBe(31_000);
  });
});

describe('who has no key gets nowhere, and nobody learns why', () => {
  it.each([
    { who: 'a wrong key', client: { key: Buffer.from('canary-is-wrong!') } },
    { who: 'an unknown identity', client: { identity: 'node-18' } },
  ])('$who', ({ client }) => {
    const pair = pairOf(client);
    pair.clientSays(pair.client.start(0));
    pair.runUntil(() => codesOf(pair.atClient).includes('dtls.silent'));
    pair.runUntil(() => pair.server.sessions.handshakes === 0);
    expect(isOpen(pair.atServer)).toBe(false);
    expect([...new Set(codesOf(pair.atServer))]).toEqual(['dtls.forged', 'dtls.silent']);
    // The cookie, and the keys five times.
    expect(pair.sent.filter(({ direction }) => direction === 'down')).toHaveLength(1 + 5);
  });

  it('both get the same answers, to the byte count', () => {
    const lengths = [{ key: Buffer.from('canary-is-wrong!') }, { identity: 'node-18' }].map((client) => {
      const pair = pairOf(client);
      pair.clientSays(pair.client.start(0));
      pair.runUntil(() => codesOf(pair.atClient).includes('dtls.silent'));
      return pair.sent.map(({ direction, datagram }) => `${direction} ${datagram.length}`);
    });
    expect(lengths[0]).toEqual(lengths[1]);
  });

  it.each([
    {
      client: { suites: ['TLS_PSK_WITH_AES_128_CCM_8'] },
      server: { suites: ['TLS_PSK_WITH_AES_256_CCM'] },
      code: 'dtls.suite',
    },
  ])('$code is told by an alert (RFC 5246, 7.2.2)', ({ client, server, code }) => {
    const pair = pairOf(client, server);
    pair.clientSays(pair.client.start(0));
    pair.runUntil(() => codesOf(pair.atClient).length > 0);
    expect(codesOf(pair.atServer)).toEqual([code]);
    expect(codesOf(pair.atClient)).toEqual(['dtls.alert']);
    expect(pair.server.sessions.handshakes).toBe(0);
  });

  it.each([
    { identity: '', key: KEY, code: 'dtls.identity' },
    { identity: 'x'.repeat(129), key: KEY, code: 'dtls.identity' },
    { identity: 'short', key: Buffer.from('canary'), code: 'dtls.key' },
  ])('keys are looked at before they are taken: $code', ({ identity, key, code }) =>
    expect(() => new PskKeys([[identity, key]], seededRandom(1))).toThrow(expect.objectContaining({ code })),
  );
});

describe('the door remembers nobody (RFC 6347, 4.2.1)', () => {
  it('first hellos of many leave nothing, and each is answered with less than it sent', () => {
    const pair = pairOf();
    const [hello] = pair.client.start(0);
    const datagram = hello?.kind === 'send' ? hello.datagram : new Uint8Array();
    for (let peer = 0; peer < times(5_000, 100_000); peer += 1) {
      const [answer] = pair.server.receive(`198.51.100.${peer}|1`, datagram, 0);
      if (answer?.kind !== 'send' || answer.datagram.length >= datagram.length) throw new Error('It amplifies.');
    }
    expect(pair.server.sessions).toEqual({ open: 0, bytes: 0, handshakes: 0 });
  });

  it('a cookie is good for its peer, its hello and a while', () => {
    const pair = pairOf();
    pair.fate = (direction, index) => (direction === 'up' && index === 1 ? 'drop' : 'pass');
    pair.clientSays(pair.client.start(0));
    pair.runUntil(() => pair.sent.length >= 3, 10);
    const second = pair.sent.filter(({ direction }) => direction === 'up')[1]?.datagram ?? new Uint8Array();
    const isLetIn = (peer: string, nowMs: number, datagram = second): boolean => {
      pair.server.receive(peer, datagram, nowMs);
      const isIn = pair.server.sessions.handshakes > 0;
      pair.server.close(peer);
      return isIn;
    };
    const other = Uint8Array.from(second);
    // A byte of the random.
    other[13 + 12 + 5] = (other[13 + 12 + 5] ?? 0) ^ 1;
    expect(isLetIn(PEER, 0)).toBe(true);
    expect(isLetIn(PEER, 119_999)).toBe(true);
    expect(isLetIn(PEER, 120_000)).toBe(false);
    expect(isLetIn('192.0.2.18|40000', 0)).toBe(false);
    expect(isLetIn(PEER, 0, other)).toBe(false);
  });

  it('half-open handshakes are few: the oldest gives way', () => {
    const pair = pairOf({}, { maxHandshakes: 3 });
    for (let peer = 0; peer < 5; peer += 1) {
      const other = pairOf({ random: seededRandom(peer) });
      const [first] = other.client.start(0);
      const [verify] = first?.kind === 'send' ? pair.server.receive(`p|${peer}`, first.datagram, 0) : [];
      const [second] = verify?.kind === 'send' ? other.client.receive(verify.datagram, 0) : [];
      pair.serverSays(second?.kind === 'send' ? pair.server.receive(`p|${peer}`, second.datagram, 0) : []);
    }
    expect(pair.server.sessions.handshakes).toBe(3);
    expect(codesOf(pair.atServer)).toEqual(['dtls.crowded', 'dtls.crowded']);
  });
});

describe('a session that is open', () => {
  it('takes a record once (RFC 6347, 4.1.2.6), and none that was touched', () => {
    const pair = pairOf();
    pair.shake();
    const [effect] = pair.client.send(HELLO_BYTES);
    const datagram = effect?.kind === 'send' ? effect.datagram : new Uint8Array();
    for (const at of datagram.keys()) {
      const touched = Uint8Array.from(datagram);
      touched[at] = (touched[at] ?? 0) ^ 0x40;
      expect(textsOf(pair.server.receive(PEER, touched, 0))).toEqual([]);
    }
    expect(textsOf(pair.server.receive(PEER, datagram, 0))).toHaveLength(1);
    expect(codesOf(pair.server.receive(PEER, datagram, 0))).toEqual(['dtls.forged']);
    expect(codesOf(pair.server.receive('192.0.2.99|1', datagram, 0))).toEqual(['dtls.stranger']);
  });

  it('survives a new hello until the new handshake is done (RFC 6347, 4.2.8)', () => {
    const pair = pairOf();
    pair.shake();
    const again = pairOf({ random: seededRandom(12) });
    const [first] = again.client.start(0);
    const [verify] = first?.kind === 'send' ? pair.server.receive(PEER, first.datagram, 0) : [];
    const [second] = verify?.kind === 'send' ? again.client.receive(verify.datagram, 0) : [];
    const flight = second?.kind === 'send' ? pair.server.receive(PEER, second.datagram, 0) : [];
    expect(pair.server.sessions).toMatchObject({ open: 1, handshakes: 1 });
    pair.clientSays(pair.client.send(HELLO_BYTES));
    pair.runUntil(() => textsOf(pair.atServer).length > 0, 50);
    const keys = flight.flatMap((effect) => (effect.kind === 'send' ? again.client.receive(effect.datagram, 0) : []));
    const done = keys.flatMap((effect) =>
      effect.kind === 'send' ? pair.server.receive(PEER, effect.datagram, 0) : [],
    );
    expect(textsOf(pair.atServer)).toHaveLength(1);
    expect(done.map(({ kind }) => kind)).toEqual(['send', 'close', 'open']);
    expect(pair.server.sessions).toMatchObject({ open: 1, handshakes: 0 });
  });

  it('ends when it has been silent for too long, and when there are too many', () => {
    const pair = pairOf({}, { idleMs: 60_000, maxSessions: 2 });
    for (const peer of ['a|1', 'b|1', 'c|1']) open(pair, peer);
    expect(pair.server.sessions.open).toBe(2);
    expect(pair.atServer.filter(({ kind }) => kind === 'close')).toMatchObject([{ peer: 'a|1', reason: 'room' }]);
    expect(pair.server.wake(60_999).filter(({ kind }) => kind === 'close')).toEqual([]);
    expect(pair.server.wake(61_000).filter(({ kind }) => kind === 'close')).toMatchObject([
      { peer: 'b|1', reason: 'idle' },
      { peer: 'c|1', reason: 'idle' },
    ]);
    expect(pair.server.sessions).toEqual({ open: 0, bytes: 0, handshakes: 0 });
  });

  it('counts in bytes too', () => {
    const pair = pairOf({}, { maxBytes: 9_000 });
    for (const peer of ['a|1', 'b|1', 'c|1']) open(pair, peer);
    expect(pair.server.sessions.open).toBe(2);
    expect(pair.server.sessions.bytes).toBeLessThanOrEqual(9_000);
  });
});

describe('hostile datagrams', () => {
  it('any bytes, to either end at any moment, are answered or refused by a code', () => {
    const records = fc.record({
      type: fc.constantFrom(20, 21, 22, 23),
      epoch: fc.constantFrom(0, 0, 1, 2),
      body: fc.uint8Array({ maxLength: 60 }),
    });
    const framed = records.map(({ type, epoch, body }) =>
      Buffer.concat([Buffer.from([type, 0xfe, 0xfd, 0, epoch, 0, 0, 0, 0, 0, 9, 0, body.length]), body]),
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(framed, fc.uint8Array({ maxLength: 80 })), { maxLength: 6 }),
        fc.nat(4),
        (datagrams, at) => {
          const pair = pairOf();
          pair.clientSays(pair.client.start(0));
          pair.runUntil(() => pair.sent.length > at, 20);
          for (const datagram of datagrams) {
            const answers = [
              ...pair.server.receive(PEER, datagram, pair.nowMs),
              ...pair.client.receive(datagram, pair.nowMs),
            ];
            for (const code of codesOf(answers)) expect(code).toMatch(/^dtls\./);
          }
        },
      ),
      { numRuns: times(40, 2_000) },
    );
  });

  it('a real datagram that was bent, cut or spliced crashes nothing', () => {
    const pair = pairOf();
    pair.shake();
    pair.clientSays(pair.client.send(HELLO_BYTES));
    const samples = pair.sent.map(({ datagram }) => datagram);
    const bend = fc.tuple(fc.nat(samples.length - 1), fc.nat(255), fc.nat(255), fc.nat(300));
    fc.assert(
      fc.property(fc.array(bend, { maxLength: 8 }), (bends) => {
        const fresh = pairOf({ random: seededRandom(5) }, { random: seededRandom(6) });
        fresh.clientSays(fresh.client.start(0));
        for (const [which, at, value, cut] of bends) {
          const bent = Uint8Array.from(samples[which]?.subarray(0, cut) ?? []);
          if (bent.length > 0) bent[at % bent.length] = value;
          const answers = [...fresh.server.receive(PEER, bent, 0), ...fresh.client.receive(bent, 0)];
          for (const code of codesOf(answers)) expect(code).toMatch(/^dtls\./);
          expect(isOpen(answers)).toBe(false);
        }
      }),
      { numRuns: times(60, 5_000) },
    );
  });

  it('fragments that do not agree, are too long or too far ahead (RFC 6347, 4.2.3)', () => {
    const part = {
      type: 'clientKeyExchange',
      length: 4,
      messageSequence: 2,
      offset: 0,
      fragment: Uint8Array.of(1, 2),
    } as const;
    const assembly = new MessageAssembly(2, 130);
    expect(assembly.accept(part)).toEqual({ kind: 'messages', messages: [] });
    expect(assembly.accept({ ...part, length: 5 })).toMatchObject({
      kind: 'refused',
      error: { code: 'dtls.fragment' },
    });
    expect(assembly.accept({ ...part, length: 131 })).toMatchObject({
      kind: 'refused',
      error: { code: 'dtls.too-long' },
    });
    expect(assembly.accept({ ...part, messageSequence: 5 })).toMatchObject({
      kind: 'refused',
      error: { code: 'dtls.ahead' },
    });
    expect(assembly.accept({ ...part, messageSequence: 1 })).toEqual({ kind: 'repeated' });
    // The overlap is believed as it came first.
    expect(assembly.accept({ ...part, offset: 1, fragment: Uint8Array.of(9, 3, 4) })).toEqual({
      kind: 'messages',
      messages: [{ type: 'clientKeyExchange', sequence: 2, body: Uint8Array.of(1, 2, 3, 4) }],
    });
  });
});

it('P_SHA256 as others compute it', () => {
  // Of the TLS working group's list, "PRF Testvectors for TLS 1.2", first 48 bytes.
  const secret = Buffer.from('9bbe436ba940f017b17652849a71db35', 'hex');
  const seed = Buffer.from('a0ba9f936cda311827a6f796ffd5198c', 'hex');
  expect(toHex(expand(secret, 'test label', [seed], 48))).toBe(
    'e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af',
  );
});

it('the window agrees with a list of all numbers that were ever seen', () => {
  const numbers = fc.array(fc.oneof(fc.nat(200), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 100 })), { maxLength: 80 });
  fc.assert(
    fc.property(numbers, (sequenceNumbers) => {
      const window = new ReplayWindow();
      const seen = new Set<number>();
      for (const number of sequenceNumbers) {
        const highest = Math.max(-1, ...seen);
        expect(window.isFresh(number)).toBe(!seen.has(number) && number > highest - 64);
        if (!window.isFresh(number)) continue;
        window.mark(number);
        seen.add(number);
      }
    }),
    { numRuns: times(100, 5_000) },
  );
});

function ways(direction: Direction, count: number): readonly { direction: Direction; index: number }[] {
  return Array.from({ length: count }, (_, index) => ({ direction, index }));
}

/** One more session on the pair's server, of a client of its own. */
function open(pair: ReturnType<typeof pairOf>, peer: string): void {
  const { client } = pairOf({ peer, random: seededRandom(peer) });
  let said = client.start(0);
  for (let round = 0; round < 3; round += 1) {
    const heard = said.flatMap((effect) =>
      effect.kind === 'send' ? pair.server.receive(peer, effect.datagram, 0) : [],
    );
    pair.atServer.push(...heard.filter(({ kind }) => kind !== 'send'));
    said = heard.flatMap((effect) =>
      effect.kind === 'send' && effect.peer === peer ? client.receive(effect.datagram, 0) : [],
    );
  }
}
