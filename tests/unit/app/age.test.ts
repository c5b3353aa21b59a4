import { ageMs, ageParts, meterState, STATE_ORDER, STATES } from '@contor/app/logic/age';
import { describe, expect, it } from '@jest/globals';

describe('the state of a meter', () => {
  it.each([
    ['just heard', 0, 'live'],
    ['at the third interval', 30_000, 'live'],
    ['after the third interval', 30_001, 'late'],
    ['at the twelfth interval', 120_000, 'late'],
    ['after the twelfth interval', 120_001, 'silent'],
    ['a year ago', 31_536_000_000, 'silent'],
  ])('%s', (_name, age, state) => expect(meterState(age, 10)).toBe(state));

  it('is "never" without any message', () => expect(meterState(undefined, 10)).toBe('never'));
  it('is judged by the interval of the meter', () => expect(meterState(600_000, 900)).toBe('live'));
  it.each(STATES.map(({ state }) => state))('%s has a place in the order of concern', (state) =>
    expect(STATE_ORDER).toContain(state),
  );
});

describe('the age of a value', () => {
  it('is never negative when the meter is ahead of us', () => expect(ageMs(5_000, 1_000)).toBe(0));
  it('is unknown without a value', () => expect(ageMs(undefined, 1_000)).toBeUndefined());
  it.each([
    [0, 'seconds', 0],
    [4_999, 'seconds', 4],
    [119_999, 'seconds', 119],
    [120_000, 'minutes', 2],
    [7_199_999, 'minutes', 119],
    [7_200_000, 'hours', 2],
    [172_800_000, 'days', 2],
  ])('%i ms reads as %s %i', (age, unit, count) => expect(ageParts(age)).toEqual({ unit, count }));
});
