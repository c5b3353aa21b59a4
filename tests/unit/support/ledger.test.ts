/** The judge is judged: each kind of fault is planted once and must be named. */

import { describe, expect, it } from '@jest/globals';
import { compare, isClean, Ledger } from '../../support/ledger.js';

const ledger = new Ledger();
for (const [atMs, value] of [
  [10, 1],
  [20, 2],
  [30, 3],
] as const)
  ledger.send('m', atMs, value).acknowledged = true;
ledger.send('m', 40, 4);
const all = [10, 20, 30].map((atMs) => ({ atMs, value: atMs / 10 }));

describe('the ledger', () => {
  it('counts', () => expect(ledger.counts).toEqual({ sent: 4, acknowledged: 3 }));
  it.each([
    ['nothing wrong', all, {}],
    ['a reading that was sent, not acknowledged, and is there', [...all, { atMs: 40, value: 4 }], {}],
    ['a loss', all.slice(1), { lost: 1 }],
    ['a ghost', [...all, { atMs: 99, value: 1 }], { ghosts: 1 }],
    ['a double', [...all, { atMs: 20, value: 2 }], { doubled: 1 }],
    ['another value', [{ atMs: 10, value: 7 }, ...all.slice(1)], { wrong: 1 }],
    ['a value that is gone', [{ atMs: 10, value: null }, ...all.slice(1)], { wrong: 1 }],
  ])('finds %s', (_, found, expected) => {
    const verdict = compare(ledger.of('m'), found);
    expect(verdict).toEqual({ lost: 0, ghosts: 0, doubled: 0, wrong: 0, ...expected });
    expect(isClean(verdict)).toBe(Object.keys(expected).length === 0);
  });
});
