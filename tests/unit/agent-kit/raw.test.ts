/** Raw frames: from the time of a value back to the very bytes, for as long as the limits say, and never in the way of readings. */

import type { Agent } from '@contor/agent-kit';
import { findRawFrames } from '@contor/agent-kit/raw/find.js';
import { SimulatedDisk, seededRandom } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { START_MS, say, TestBench, testDevice } from './bench-agent.js';

const FOLDER = '/data/agent';
const DAY_MS = 86_400_000;
/** Small logs have small segments: 8 KiB, some forty messages. */
const LOG_BYTES = 64 * 1024;
const PAD = 30;

describe('raw frames', () => {
  let bench: TestBench;

  beforeEach(async () => {
    bench = new TestBench('raw');
    await bench.provision([testDevice(1), testDevice(2)]);
  });

  async function talk(agent: Agent, messages: number): Promise<void> {
    for (let at = 0; at < messages; at += 1) {
      const values = Object.fromEntries(Array.from({ length: PAD }, (_, n) => [`v${n}`, at]));
      await say(agent, `meter-${(at % 2) + 1}`, { t: bench.clock.nowMs(), v: values });
      await bench.clock.advance(1_000);
    }
    await bench.clock.advance(5_000);
  }
  const find = (fromMs: number, toMs: number, device = 'key/meter-1') =>
    findRawFrames(bench.disk.boot(), FOLDER, { device, fromMs, toMs });

  it('are found by device and time of arrival, long forwarded or not yet', async () => {
    const agent = await bench.open({ logBytes: LOG_BYTES, raw: { bytes: 2 ** 20, keepMs: 7 * DAY_MS } });
    agent.start();
    await talk(agent, 160);
    expect(agent.figures.rawBytes).toBeGreaterThan(LOG_BYTES / 4);
    expect(agent.figures.logBytes).toBeLessThan(LOG_BYTES);
    for (const at of [0, 50, 158]) {
      const [frame, ...others] = await find(START_MS + at * 1_000, START_MS + at * 1_000 + 1);
      expect(others).toEqual([]);
      expect(JSON.parse(new TextDecoder().decode(frame?.record.bytes))).toMatchObject({ v: { v0: at } });
    }
    expect(await find(START_MS, START_MS + 160_000)).toHaveLength(80);
    expect(await find(START_MS, START_MS + 160_000, 'key/nobody')).toEqual([]);
    await agent.stop();
  });

  it('stay within their bytes: the oldest go', async () => {
    const agent = await bench.open({ logBytes: LOG_BYTES, raw: { bytes: 40_000, keepMs: 7 * DAY_MS } });
    agent.start();
    await talk(agent, 220);
    expect(agent.figures.rawBytes).toBeLessThanOrEqual(40_000);
    expect(agent.figures.rawBytes).toBeGreaterThan(20_000);
    expect(await find(START_MS, START_MS + 10_000)).toEqual([]);
    expect(await find(START_MS + 210_000, START_MS + 220_000)).not.toEqual([]);
    await agent.stop();
  });

  it('go when their days are over, also those of an earlier life', async () => {
    const agent = await bench.open({ logBytes: LOG_BYTES, raw: { bytes: 2 ** 20, keepMs: 7 * DAY_MS } });
    agent.start();
    await talk(agent, 70);
    const stopped = agent.stop();
    await bench.clock.advance(10_000);
    await stopped;
    await bench.clock.advance(8 * DAY_MS);
    const again = await bench.open({ logBytes: LOG_BYTES, raw: { bytes: 2 ** 20, keepMs: 7 * DAY_MS } });
    expect(again.figures.rawBytes).toBe(0);
    await again.stop();
  });

  it('are not kept where nobody wants them', async () => {
    const agent = await bench.open({ logBytes: LOG_BYTES });
    agent.start();
    await talk(agent, 70);
    expect(agent.figures.rawBytes).toBe(0);
    expect(await bench.disk.boot().list(`${FOLDER}/raw/live`)).toEqual([]);
    await agent.stop();
  });

  it('of a folder where no agent ever was there are none', async () =>
    expect(
      await findRawFrames(new SimulatedDisk({ random: seededRandom('none') }).boot(), '/nowhere', {
        ...{ device: 'key/meter-1', fromMs: 0, toMs: 1 },
      }),
    ).toEqual([]));
});
