/** The simulated street over a simulated net: what a head end reads of it, and that it says the same whenever it is asked. */

import { encodeDateTime } from '@contor/dlms/codec/axdr/date-time.js';
import { parseLogicalName } from '@contor/dlms/codec/cosem/logical-name.js';
import { cipherKeys } from '@contor/dlms/codec/security/gcm.js';
import { toSelector } from '@contor/dlms/codec/xdlms/selective-access.js';
import { DlmsClient } from '@contor/dlms/session/client.js';
import type { GetItem, Outcome } from '@contor/dlms/session/exchange.js';
import { HDLC_PROPOSAL, hdlcClientLink, wrapperClientLink } from '@contor/dlms/session/link/client-link.js';
import { CLIENT_CONFORMANCE } from '@contor/dlms/session/opening.js';
import { Protection } from '@contor/dlms/session/protection.js';
import { faultyLink } from '@contor/dlms/simulator/faults.js';
import { physicalAddressOf, SimulatedStreet, serialOf, simulatedSecurity } from '@contor/dlms/simulator/street.js';
import { type Conversation, converseOver } from '@contor/dlms/transport/conversation.js';
import { serveMeters } from '@contor/dlms/transport/serve.js';
import { type Ports, ProtocolError, realPorts, SimulatedNet, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const SEED = 1;
const { clock } = realPorts();
const random = seededRandom(5);
const net: Ports['net'] = new SimulatedNet({ clock, random });
const NOON_MS = Date.UTC(2026, 4, 4, 12);
const street = new SimulatedStreet({ meters: 5000, seed: SEED, random, clockMs: () => NOON_MS });
const listening = serveMeters({ net, clock, host: '127.0.0.1', port: 4059, link: () => street.link() });
const noisy = serveMeters({
  ...{ net, clock, host: '127.0.0.1', port: 4060 },
  link: () => faultyLink(street.link(), seededRandom('noise'), { loss: 0.05, damage: 0.1 }),
});

let counter = 0;
const nextCounter = () => {
  counter += 1;
  return counter;
};

async function talkTo(number: number, way: 'hdlc' | 'wrapper', client = 1, at = listening): Promise<Conversation> {
  const { port } = await at;
  const { title, encryptionKey, authenticationKey } = simulatedSecurity(serialOf(SEED, number));
  const keys = cipherKeys(encryptionKey, authenticationKey);
  const ownTitle = Buffer.from('CTRhead1');
  const isManager = client === 1;
  const settings = {
    suite: 0,
    ownTitle,
    keys,
    policy: { isAuthenticated: true, isEncrypted: true },
    form: 'service' as const,
    nextCounter,
    highestReceived: -1,
  };
  const link =
    way === 'hdlc'
      ? hdlcClientLink({
          client,
          server: { upper: 1, lower: physicalAddressOf(number), size: 4 },
          parameters: HDLC_PROPOSAL,
          patienceMs: at === noisy ? 20 : 5000,
        })
      : wrapperClientLink({ client, server: number });
  const dlms = new DlmsClient(link, {
    proposal: {
      authentication: { mechanism: isManager ? 5 : 0 },
      ownTitle,
      challenge: random.bytes(16),
      isCiphered: isManager,
      conformance: CLIENT_CONFORMANCE,
      maxPduSize: 2048,
    },
    ...(isManager && { protection: new Protection(settings, title) }),
    pass: { keys, suite: 0 },
    nextCounter,
  });
  return converseOver({ line: await net.connect('127.0.0.1', port, 1000), clock, client: dlms });
}

const item = (classId: number, obis: string, attributeId: number, access?: GetItem['access']): GetItem => ({
  attribute: { classId, instanceId: parseLogicalName(obis), attributeId },
  ...(access !== undefined && { access }),
});

async function read(conversation: Conversation, ...items: readonly GetItem[]) {
  const outcome = (await conversation.ask({ kind: 'get', items })) as Outcome;
  if (outcome.kind !== 'get') throw new Error('a GET has another outcome');
  return outcome.results;
}

function range(fromMs: number, toMs: number): GetItem['access'] {
  const at = (ms: number) => {
    const time = new Date(ms);
    return encodeDateTime({
      year: time.getUTCFullYear(),
      month: time.getUTCMonth() + 1,
      dayOfMonth: time.getUTCDate(),
      hour: time.getUTCHours(),
      minute: time.getUTCMinutes(),
      second: 0,
      deviationMinutes: 0,
    });
  };
  return toSelector({
    by: 'range',
    restrictingObject: { classId: 8, logicalName: parseLogicalName('0-0:1.0.0'), attributeIndex: 2, dataIndex: 0 },
    from: { type: 'octet-string', value: at(fromMs) },
    to: { type: 'octet-string', value: at(toMs) },
    selectedValues: [],
  });
}

describe.each(['hdlc', 'wrapper'] as const)('over %s', (way) => {
  it('a head end reads registers, a day of the profile, and switches the breaker', async () => {
    const meter = await talkTo(4711, way);
    await meter.open();
    const [serial, energy] = await read(meter, item(1, '0-0:96.1.0', 2), item(3, '1-0:1.8.0', 2));
    expect(serial).toEqual({
      is: 'data',
      value: { type: 'octet-string', value: new Uint8Array(Buffer.from(serialOf(SEED, 4711))) },
    });
    const day = range(NOON_MS - 86_400_000, NOON_MS);
    const [rows] = await read(meter, item(7, '1-0:99.1.0', 2, day));
    expect(rows).toMatchObject({ is: 'data', value: { type: 'array' } });
    const buffer = rows?.is === 'data' && rows.value.type === 'array' ? rows.value.value : [];
    expect(buffer).toHaveLength(97);
    const registers = buffer.map((row) => (row.type === 'structure' ? row.value[2]?.value : undefined) as number);
    expect([...registers].sort((a, b) => a - b)).toEqual(registers);
    // The register of now is the last of the profile: both are at noon.
    expect(energy).toMatchObject({ value: { value: registers.at(-1) } });
    const breaker = { classId: 70, instanceId: parseLogicalName('0-0:96.3.10') };
    for (const [methodId, isConnected] of [
      [1, false],
      [2, true],
    ] as const) {
      const parameters = { type: 'integer', value: 0 } as const;
      expect(await meter.ask({ kind: 'action', method: { ...breaker, methodId }, parameters })).toMatchObject({
        result: 'success',
      });
      expect(await read(meter, item(70, '0-0:96.3.10', 2))).toMatchObject([{ value: { value: isConnected } }]);
    }
    await meter.close();
  });

  it('a stranger sees who the meter is and its counter, and no reading', async () => {
    const meter = await talkTo(12, way, 16);
    await meter.open();
    const results = await read(meter, item(1, '0-0:96.1.0', 2), item(1, '0-0:43.1.0', 2), item(3, '1-0:1.8.0', 2));
    expect(results.map(({ is }) => is)).toEqual(['data', 'data', 'data-access-result']);
    const breaker = { classId: 70, instanceId: parseLogicalName('0-0:96.3.10'), methodId: 1 };
    expect(await meter.ask({ kind: 'action', method: breaker })).toMatchObject({ result: 'read-write-denied' });
    await meter.close();
  });
});

it('over a noisy line the values come right all the same', async () => {
  const meter = await talkTo(77, 'hdlc', 1, noisy);
  await meter.open();
  const [quiet] = await read(meter, item(7, '1-0:99.1.0', 2, range(NOON_MS - 86_400_000, NOON_MS)));
  expect(quiet?.is === 'data' && quiet.value.type === 'array' && quiet.value.value).toHaveLength(97);
  await meter.close();
});

it('nobody lives behind the last number', async () => {
  const { port } = await listening;
  const line = await net.connect('127.0.0.1', port, 1000);
  const client = new DlmsClient(wrapperClientLink({ client: 16, server: 5001 }), {
    proposal: {
      authentication: { mechanism: 0 },
      challenge: random.bytes(16),
      isCiphered: false,
      conformance: CLIENT_CONFORMANCE,
      maxPduSize: 400,
    },
    pass: { suite: 0 },
    nextCounter,
  });
  const conversation = converseOver({ line, clock, client, signal: AbortSignal.timeout(50) });
  await expect(conversation.open()).rejects.toMatchObject({ code: 'dlms.aborted' });
  await conversation.close();
  expect(await conversation.ask({ kind: 'get', items: [] }).catch((error: unknown) => error)).toBeInstanceOf(
    ProtocolError,
  );
});
