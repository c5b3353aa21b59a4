/** The DLMS reader keeps to what every reader keeps to: answers, silence, broken lines, noise, and another meter at the same place. */

import { openCounters } from '@contor/dlms/agent/counters.js';
import { dial } from '@contor/dlms/agent/dial.js';
import { parseEndpoint } from '@contor/dlms/agent/endpoint.js';
import { dlmsReader } from '@contor/dlms/agent/reader.js';
import { dlmsTranslator } from '@contor/dlms/mapping/translator.js';
import { SimulatedStreet, serialOf, simulatedSecurity } from '@contor/dlms/simulator/street.js';
import { type Line, SimulatedClock, SimulatedNet, seededRandom, toHex } from '@contor/kit';
import { describe } from '@jest/globals';
import { itKeepsTheReaderContract, type Stage } from '../../support/reader-contract.js';
import { testDevice } from '../agent-kit/bench-agent.js';

const NOW_MS = Date.UTC(2026, 10, 20, 8);
const serial = serialOf(1, 3);
const security = simulatedSecurity(serial);
const DEVICE = { ...testDevice(1), model: 'contor-simulated-dlms', serialNumber: serial };

type Serve = (line: Line, street: SimulatedStreet) => Promise<void>;

const answer: Serve = async (line, street) => {
  const link = street.link();
  for await (const chunk of line.chunks()) for (const bytes of link.hear(chunk, NOW_MS)) await line.write(bytes);
};

async function stage(serve: Serve, link: 'hdlc' | 'wrapper', seed = 1): Promise<Stage> {
  const clock = new SimulatedClock(NOW_MS);
  const random = seededRandom('dlms');
  const net = new SimulatedNet({ clock, random, leastLatencyMs: 5, mostLatencyMs: 40, splitChance: 0.5 });
  const street = new SimulatedStreet({ meters: 5, seed, random, clockMs: () => NOW_MS });
  const { port } = await net.listen('127.0.0.1', 0, (line) => void serve(line, street).catch(() => undefined));
  const documents = new Map<string, unknown>();
  const counters = openCounters({
    get: (kind: string, id: string) => documents.get(`${kind} ${id}`),
    put: async ({ kind, id, value }: { kind: string; id: string; value: unknown }) => {
      documents.set(`${kind} ${id}`, value);
    },
  } as never);
  const place = link === 'wrapper' ? '3?link=wrapper' : '1/18?link=hdlc';
  const endpoint = parseEndpoint(`dlms://127.0.0.1:${port}/${place}&title=${toHex(security.title)}`);
  const ports = { clock, net, random };
  const ownTitle = Buffer.from('CTRhead3');
  const reader = dlmsReader({
    clock,
    dial: (_device, signal) =>
      dial({ ports, endpoint, secrets: security, ownTitle, counters, keyName: 'three', signal }),
  });
  return { reader, ports, advance: (ms) => clock.advance(ms) };
}

describe.each(['hdlc', 'wrapper'] as const)('over %s', (link) => {
  itKeepsTheReaderContract({
    device: DEVICE,
    translator: dlmsTranslator({ find: () => DEVICE }, { notBeforeMs: 0, maxAheadMs: 86_400_000, maxAgeMs: undefined }),
    hasDeviceTime: () => true,
    scenes: {
      answers: () => stage(answer, link),
      silent: () =>
        stage(async (line) => {
          for await (const _chunk of line.chunks());
        }, link),
      broken: () => stage((line) => line.close(), link),
      garbles: () =>
        stage(async (line) => {
          for await (const chunk of line.chunks()) await line.write(chunk.map((byte) => byte ^ 0x55));
        }, link),
      other: () => stage(answer, link, 2),
    },
  });
});
