/** The heartbeat: a round at start, one now and then, one soon after a nudge, never two at once, and again after a failure. */

import { startRounds } from '@contor/adapter-kit';
import { createLogger, retrySchedule, SimulatedClock, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const EVERY = 120_000;
const SETTLE = 2_000;

function begin(round: () => Promise<void>) {
  const clock = new SimulatedClock(0);
  const log = createLogger({ service: 'test', write: () => undefined });
  const retry = retrySchedule({ firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0 }, seededRandom(1));
  return { clock, rounds: startRounds({ clock, log, everyMs: EVERY, settleMs: SETTLE, retry, round }) };
}

describe('rounds', () => {
  it('begin at once and come back', async () => {
    let count = 0;
    const { clock, rounds } = begin(async () => {
      count += 1;
    });
    await clock.advance(1);
    expect(count).toBe(1);
    await clock.advance(EVERY);
    expect(count).toBe(2);
    await rounds.stop();
  });

  it('serve twenty nudges with one round', async () => {
    let count = 0;
    const { clock, rounds } = begin(async () => {
      count += 1;
    });
    await clock.advance(1);
    const nudges = Array.from({ length: 20 }, () => rounds.nudge());
    await clock.advance(SETTLE + 1);
    await Promise.all(nudges);
    expect(count).toBe(2);
    await rounds.stop();
  });

  it('answer a nudge that came during a round only after the next one', async () => {
    let count = 0;
    let release: () => void = () => undefined;
    const { clock, rounds } = begin(async () => {
      count += 1;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await clock.advance(1);
    let answered = false;
    const nudge = rounds.nudge().then(() => {
      answered = true;
    });
    release();
    await clock.advance(1);
    expect([count, answered]).toEqual([1, false]);
    await clock.advance(SETTLE);
    expect(count).toBe(2);
    release();
    await nudge;
    await rounds.stop();
  });

  it('try again after a failure and say why meanwhile', async () => {
    let count = 0;
    const { clock, rounds } = begin(async () => {
      count += 1;
      if (count < 3) throw new Error('history is away');
    });
    await clock.advance(1);
    expect(rounds.trouble).toBe('history is away');
    await clock.advance(500);
    await clock.advance(1_000);
    expect(count).toBe(3);
    expect(rounds.trouble).toBeUndefined();
    expect(rounds.failed).toBe(2);
    await rounds.stop();
  });

  it('let those who wait go when the service stops', async () => {
    const { clock, rounds } = begin(async () => undefined);
    await clock.advance(1);
    const nudge = rounds.nudge();
    await rounds.stop();
    await expect(nudge).rejects.toThrow('the service stops');
  });
});
