/** Devices that call in: known by proof and not by address, refused and told otherwise (S0-05). */

import { type Callers, type Device, openCallers } from '@contor/agent-kit';
import type { Communication } from '@contor/agent-kit/acquisition/communication.js';
import { type Line, SimulatedClock, SimulatedNet, seededRandom } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SILENT, testDevice } from '../bench-agent.js';

const KEYS = new Map([
  ['SN-1', 'canary-key-1'],
  ['SN-2', 'canary-key-2'],
]);
const DEVICES: Device[] = [1, 2].map((number) => ({ ...testDevice(number), serialNumber: `SN-${number}` }));
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (word: string) => new TextEncoder().encode(word);

interface House {
  readonly clock: SimulatedClock;
  readonly callers: Callers<string>;
  readonly alerts: string[];
  readonly notes: (readonly [string, Communication])[];
  readonly called: string[];
  /** Calls, says this, and answers with what it heard until the line ended. */
  call(says: string): Promise<Line>;
}

let house: House;

beforeEach(async () => {
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20, 8));
  const net = new SimulatedNet({ clock, random: seededRandom('callers'), leastLatencyMs: 5, mostLatencyMs: 5 });
  const alerts: string[] = [];
  const notes: (readonly [string, Communication])[] = [];
  const called: string[] = [];
  const callers = openCallers<string>({
    registry: { find: () => undefined, all: () => DEVICES },
    ...{ clock, log: SILENT, tenant: 'default' },
    records: {
      alert: ({ deviceId }, word) => alerts.push(`${deviceId} ${word}`),
      note: (tenant, communication) => notes.push([tenant, communication]),
    },
    async greet(line, find, signal) {
      signal.addEventListener('abort', () => void line.close());
      for await (const chunk of line.chunks()) {
        const [claim = '', key] = text(chunk).split(' ');
        const device = find(claim);
        if (device === undefined) return { greeting: { kind: 'unknown', claim } };
        if (KEYS.get(claim) !== key) return { greeting: { kind: 'wrong-key', device } };
        return { greeting: { kind: 'proven', device }, session: `${claim} at ${line.peer}` };
      }
      return { greeting: { kind: 'silent' } };
    },
    onCall: ({ deviceId }) => called.push(deviceId),
  });
  await net.listen('10.0.0.1', 4059, (line) => void callers.accept(line));
  house = {
    ...{ clock, callers, alerts, notes, called },
    async call(says) {
      const line = await net.connect('10.0.0.1', 4059, 1_000);
      if (says !== '') await line.write(bytes(says));
      await clock.advance(100);
      return line;
    },
  };
});

const outcomes = () => house.notes.map(([tenant, { outcome }]) => `${tenant} ${outcome}`);

describe('a caller', () => {
  it('that proves who it is, is the line of its device, wherever it calls from', async () => {
    await house.call('SN-1 canary-key-1');
    const first = house.callers.sessionOf('key/meter-1');
    expect(first).toMatch(/^SN-1 at/);
    await house.call('SN-1 canary-key-1');
    const second = house.callers.sessionOf('key/meter-1');
    expect(second).not.toBe(first);
    expect(house.called).toEqual(['meter-1', 'meter-1']);
    expect(outcomes()).toEqual(['default done', 'default done']);
    // The old line ends later, and takes nothing with it.
    house.callers.gone('key/meter-1', first ?? '');
    expect(house.callers.sessionOf('key/meter-1')).toBe(second);
    house.callers.gone('key/meter-1', second ?? '');
    expect(house.callers.sessionOf('key/meter-1')).toBeUndefined();
  });

  it.each([
    ['SN-9 whatever', 'refused: callers.unknown', []],
    ['SN-2 canary-key-1', 'refused: callers.wrong-key', ['meter-2 authenticationFailed']],
  ])('%s: %s', async (says, outcome, alerts) => {
    await house.call(says);
    expect(outcomes()).toEqual([`default ${outcome}`]);
    expect(house.alerts).toEqual(alerts);
    expect(house.called).toEqual([]);
    expect(house.callers.figures).toEqual({ callersConnected: 0, callersGreeted: 0, callersRefused: 1 });
    expect(JSON.stringify(house.notes)).not.toContain('canary');
  });

  it('that says nothing is hung up on in time', async () => {
    await house.call('');
    expect(house.callers.figures.callersGreeted).toBe(1);
    await house.clock.advance(21_000);
    expect(outcomes()).toEqual(['default refused: callers.silent']);
    expect(house.callers.figures).toEqual({ callersConnected: 0, callersGreeted: 0, callersRefused: 1 });
  });

  it('of one address may not crowd out all others', async () => {
    for (let call = 0; call < 30; call += 1) await house.call('');
    expect(house.callers.figures).toMatchObject({ callersGreeted: 20, callersRefused: 10 });
  });

  it('a stop hangs up on everybody', async () => {
    await house.call('SN-1 canary-key-1');
    await house.call('');
    const stopped = house.callers.stop();
    await house.clock.advance(100);
    await stopped;
    expect(house.callers.figures).toMatchObject({ callersConnected: 0, callersGreeted: 0 });
  });
});
