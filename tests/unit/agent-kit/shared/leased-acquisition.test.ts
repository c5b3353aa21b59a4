import {
  type Device,
  keyOfDevice,
  type LeasesListener,
  type Message,
  openLeasedAcquisition,
  parseRule,
  type Reader,
} from '@contor/agent-kit';
import { SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { SILENT, testDevice } from '../bench-agent.js';

const START_MS = Date.UTC(2026, 10, 20, 8, 0, 30);
const MINUTE_MS = 60_000;

function bench(devices: readonly Device[]) {
  const clock = new SimulatedClock(START_MS);
  const held = new Set(devices.map(keyOfDevice));
  const listeners = new Set<LeasesListener>();
  const asked: string[] = [];
  const taken: Message[] = [];
  const world = { ended: 0, isSlow: false };
  const reader: Reader = {
    async read(device, _task, signal) {
      asked.push(device.deviceId);
      if (world.isSlow) {
        await clock.sleep(10_000, signal).catch(() => clock.sleep(200));
        world.ended += 1;
        signal.throwIfAborted();
      }
      const frame = { channel: 'attrs', lane: 'live', bytes: Uint8Array.of(1) } as const;
      return { kind: 'value', frames: [frame], bytesIn: 1, bytesOut: 1, steps: [] };
    },
  };
  const byKey = new Map(devices.map((device) => [keyOfDevice(device), device]));
  const registry = {
    find: (key: string) => byKey.get(key),
    all: () => byKey.values(),
    onChange: () => () => undefined,
  };
  const leases = {
    holds: (key: string) => (held.has(key) ? { epoch: 1, untilMs: Number.POSITIVE_INFINITY } : undefined),
    onChange(listener: LeasesListener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const acquisition = openLeasedAcquisition(leases, {
    agent: { registry, take: async (message) => void taken.push(message) },
    ...{ reader, clock, random: seededRandom('leased'), log: SILENT },
    planOf: (device) => ({
      line: keyOfDevice(device),
      reads: [{ rule: parseRule('every 1 min'), what: { kind: 'live' } }],
    }),
  });
  acquisition.start();
  /** Resolves when everything that was lost has been let go of. */
  const change = async (device: Device, isHeld: boolean) => {
    if (isHeld) held.add(keyOfDevice(device));
    else held.delete(keyOfDevice(device));
    await Promise.all([...listeners].map((listener) => listener()));
  };
  return { clock, asked, taken, world, acquisition, change, listeners };
}

describe('polling where devices are shared', () => {
  const [first, second] = [testDevice(1), testDevice(2)];

  it('plans what is held, and nothing else', async () => {
    const { clock, asked, acquisition, change } = bench([first, second]);
    await clock.advance(2 * MINUTE_MS);
    expect(new Set(asked)).toEqual(new Set([first.deviceId, second.deviceId]));
    await change(first, false);
    asked.length = 0;
    await clock.advance(2 * MINUTE_MS);
    expect(new Set(asked)).toEqual(new Set([second.deviceId]));
    await change(first, true);
    await clock.advance(2 * MINUTE_MS);
    expect(asked).toContain(first.deviceId);
    await acquisition.stop();
  });

  it('ends the conversation with a lost device, keeps nothing of it, and says so when its line is closed', async () => {
    const { clock, asked, taken, world, acquisition, change } = bench([first]);
    world.isSlow = true;
    await clock.advance(MINUTE_MS / 2 + 1_000);
    expect(asked).toHaveLength(1);
    let isGone = false;
    void change(first, false).then(() => {
      isGone = true;
    });
    await clock.advance(100);
    expect(isGone).toBe(false);
    await clock.advance(200);
    expect(isGone).toBe(true);
    expect(world.ended).toBe(1);
    expect(taken).toEqual([]);
    await acquisition.stop();
  });

  it('does not ask a device of another for a person either', async () => {
    const { asked, acquisition, change } = bench([first]);
    await change(first, false);
    const { result } = await acquisition.ask({ key: keyOfDevice(first), task: { kind: 'live' } });
    expect(result.kind).toBe('refused');
    expect(asked).toEqual([]);
    await acquisition.stop();
  });

  it('listens no more when it has stopped', async () => {
    const { acquisition, listeners } = bench([first]);
    await acquisition.stop();
    expect(listeners.size).toBe(0);
  });
});
