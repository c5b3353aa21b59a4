/** Guessing does not pay, mistyping does not hurt. */

import { createBackOff, type Misses, type MissesKeeper } from '@contor/identity/back-off.js';
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
const nowhere: MissesKeeper = { load: () => [], keep: () => undefined, forget: () => undefined };

/** What a restart finds again. */
function keeperIn(kept: Map<string, Misses>): MissesKeeper {
  return {
    load: () => [...kept],
    keep: (key, misses) => void kept.set(key, misses),
    forget: (key) => void kept.delete(key),
  };
}

describe('back-off', () => {
  it('lets ten tries through, then makes each further one wait twice as long, up to a quarter of an hour', () => {
    const clock = clockAt();
    const backOff = createBackOff(clock, 'secret', nowhere);
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
    const backOff = createBackOff(clock, 'secret', nowhere);
    for (let n = 0; n < 1000; n += 1) backOff.tryOnce('manager', '10.0.0.1');
    expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(30_000);
  });

  it('is about one name from one address', () => {
    const backOff = createBackOff(clockAt(), 'secret', nowhere);
    for (let n = 0; n < 20; n += 1) backOff.tryOnce('manager', '10.0.0.1');
    expect(backOff.tryOnce('manager', '10.0.0.2')).toBe(0);
    expect(backOff.tryOnce('other', '10.0.0.1')).toBe(0);
  });

  it('is forgotten after a right password, and after an hour', () => {
    const clock = clockAt();
    const backOff = createBackOff(clock, 'secret', nowhere);
    for (let n = 0; n < 9; n += 1) backOff.tryOnce('manager', '10.0.0.1');
    backOff.succeeded('manager', '10.0.0.1');
    for (let n = 0; n < 10; n += 1) expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(0);
    clock.nowIs += 61 * MINUTE;
    for (let n = 0; n < 10; n += 1) expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(0);
  });

  it('slows an address that tries many names, and forgets an old flood of names', () => {
    const backOff = createBackOff(clockAt(), 'secret', nowhere);
    for (let n = 0; n < 100; n += 1) expect(backOff.tryOnce(`name-${n}`, '10.0.0.1')).toBe(0);
    expect(backOff.tryOnce('name-100', '10.0.0.1')).toBe(30_000);
  });

  it('slows many addresses that guess at one name, but not the owner at the usual place', () => {
    const clock = clockAt();
    const backOff = createBackOff(clock, 'secret', nowhere);
    expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(0);
    backOff.succeeded('manager', '10.0.0.1');
    for (let n = 0; n < 100; n += 1) expect(backOff.tryOnce('manager', `10.1.0.${n}`)).toBe(0);
    expect(backOff.tryOnce('manager', '10.2.0.1')).toBe(15_000);
    expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(0);
  });

  it('counts the codes of an account, from wherever they come', () => {
    const clock = clockAt();
    const backOff = createBackOff(clock, 'secret', nowhere);
    for (let n = 0; n < 5; n += 1) expect(backOff.tryCode('account-1')).toBe(0);
    expect(backOff.tryCode('account-1')).toBe(30_000);
    expect(backOff.tryCode('account-2')).toBe(0);
    clock.nowIs += 30_000;
    expect(backOff.tryCode('account-1')).toBe(0);
    backOff.codeSucceeded('account-1');
    for (let n = 0; n < 5; n += 1) expect(backOff.tryCode('account-1')).toBe(0);
  });

  it('keeps waits and missed codes across a restart, and neither names nor free tries', () => {
    const kept = new Map<string, Misses>();
    const clock = clockAt();
    const before = createBackOff(clock, 'secret', keeperIn(kept));
    for (let n = 0; n < 9; n += 1) before.tryOnce('MyPassword123', '10.0.0.1');
    expect(kept.size).toBe(0);
    before.tryOnce('MyPassword123', '10.0.0.1');
    for (let n = 0; n < 3; n += 1) before.tryCode('account-1');
    expect(kept.size).toBe(2);
    expect(JSON.stringify([...kept])).not.toMatch(/mypassword|10\.0|account-1/i);
    const after = createBackOff(clock, 'secret', keeperIn(kept));
    expect(after.tryOnce('mypassword123', '10.0.0.1')).toBe(30_000);
    expect([after.tryCode('account-1'), after.tryCode('account-1'), after.tryCode('account-1')]).toEqual([
      0, 0, 30_000,
    ]);
    clock.nowIs += MINUTE;
    after.succeeded('mypassword123', '10.0.0.1');
    after.codeSucceeded('account-1');
    expect(kept.size).toBe(0);
  });

  it('keeps nobody out for longer than the longest wait when the clock is set back', () => {
    const clock = clockAt();
    clock.nowIs = 100 * 24 * 60 * MINUTE;
    const backOff = createBackOff(clock, 'secret', nowhere);
    for (let n = 0; n < 10; n += 1) backOff.tryOnce('manager', '10.0.0.1');
    clock.nowIs = 0;
    expect(backOff.tryOnce('manager', '10.0.0.1')).toBe(15 * MINUTE);
  });
});
