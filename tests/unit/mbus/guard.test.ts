/** The guard against telegrams that were heard before. */

import { judge, type Mark } from '@contor/mbus/radio/guard.js';
import { describe, expect, it } from '@jest/globals';

const HOUR = 3_600_000;
const mark = (more: Partial<Mark>): Mark => ({
  key: 'a',
  counter: undefined,
  access: undefined,
  atMs: 0,
  hash: 'x',
  ...more,
});

describe('a message counter (OMS volume 2, 9: it only grows)', () => {
  it.each([
    ['the first', undefined, { counter: 7 }, 'fresh'],
    ['the next', { counter: 7 }, { counter: 8 }, 'fresh'],
    ['one much later', { counter: 7 }, { counter: 4_000_000 }, 'fresh'],
    ['the same message of another path', { counter: 7 }, { counter: 7 }, 'repeated'],
    ['an older one', { counter: 7 }, { counter: 6 }, 'replayed'],
    ['an older one after a year', { counter: 7 }, { counter: 6, atMs: 9_000 * HOUR }, 'replayed'],
    ['any under a new key', { counter: 7 }, { counter: 1, key: 'b' }, 'fresh'],
    ['none at all, after one', { counter: 7 }, { access: 3 }, 'replayed'],
    ['the first, after none', { access: 3 }, { counter: 1 }, 'fresh'],
  ] as const)('%s', (_name, before, now, verdict) =>
    expect(judge(before && mark(before), mark({ hash: 'y', ...now }))).toBe(verdict),
  );
});

describe('an access number alone (mode 5)', () => {
  it.each([
    ['the next', 7, 8, 0, 'fresh'],
    ['the same number with another content', 7, 7, 0, 'fresh'],
    ['past the end', 250, 3, 0, 'fresh'],
    ['a little behind', 7, 250, 0, 'replayed'],
    ['far behind is as far ahead', 7, 200, 0, 'fresh'],
    ['a little behind after half a day', 7, 250, 12 * HOUR, 'fresh'],
  ] as const)('%s', (_name, before, now, atMs, verdict) =>
    expect(judge(mark({ access: before }), mark({ access: now, hash: 'y', atMs }))).toBe(verdict),
  );

  it('the very same telegram is a repetition', () =>
    expect(judge(mark({ access: 7 }), mark({ access: 7, atMs: 100 * HOUR }))).toBe('repeated'));
});
