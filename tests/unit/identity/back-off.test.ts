/** Guessing does not pay, mistyping does not hurt. */

import { createBackOff } from '@contor/identity/back-off.js';
import type { Clock } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

function clockAt(): Clock & { nowIs: number } {
  const clock = {
    nowIs: 0,
    nowMs: () => clock.nowIs,
    monotonicMs: () => clock.nowIs,
    after: () => ({ cancel: () => undefined }),
    sleep: () => Promise.resolve(),
  };
  return clock;
}

const MINUTE = 60_000;

describe('back-off', () => {
  it('lets ten tries through, then makes each further one wait twice as long, up to a quarter of an hour', () => {
    const clock = clockAt();
    const backOff = createBackOff(clock);
    for (let n = 0; n < 10; n += 1) expect(backOff.tryOnce('Manager', '10.0.0.1')).toBe(0);
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const waitMs = backOff.tryOnce('manager', '10.0.0.1');
      waits.push(waitMs / 1000);
      clock.nowIs += waitMs;
      expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(0);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  });

  it('does not count tries made while waiting, so that nobody is kept out for ever by a loop', () => {
    const clock = clockAt();
    const backOff = createBackOff(clock);
    for (let n = 0; n < 1000; n += 1) backOff.tryOnce('manager', '10.0.0.1');
    expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(30_000);
  });

  it('is about one name from one address', () => {
    const backOff = createBackOff(clockAt());
    for (let n = 0; n < 20; n += 1) backOff.tryOnce('manager', '10.0.0.1');
    expect(backOff.tryOnce('manager', '10.0.0.2')).toBe(0);
    expect(backOff.tryOnce('other', '10.0.0.1')).toBe(0);
  });

  it('is forgotten after a right password, and after an hour', () => {
    const clock = clockAt();
    const backOff = createBackOff(clock);
    for (let n = 0; n < 9; n += 1) backOff.tryOnce('manager', '10.0.0.1');
    backOff.succeeded('manager', '10.0.0.1');
    for (let n = 0; n < 10; n += 1) expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(0);
    clock.nowIs += 61 * MINUTE;
    for (let n = 0; n < 10; n += 1) expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(0);
  });

  it('slows an address that tries many names, and forgets an old flood of names', () => {
    const backOff = createBackOff(clockAt());
    for (let n = 0; n < 100; n += 1) expect(backOff.tryOnce(`name-${n}`, '10.0.0.1')).toBe(0);
    expect(backOff.tryOnce('name-100', '10.0.0.1')).toBe(30_000);
  });
});
