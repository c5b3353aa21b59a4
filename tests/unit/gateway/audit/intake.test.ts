/** Floods are in the trail and do not fill it; who reads what is told at once, and again only now and then. */

import { Reads } from '@contor/gateway/audit/intake/reads.js';
import { Refusals } from '@contor/gateway/audit/intake/refusals.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../../support/long.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of the flood. */
const SECONDS = times(300, 3_600);

describe('refusals', () => {
  it('tell the first at once and sum up the same again, in windows that grow', () => {
    const refusals = new Refusals('others');
    const told: [atMs: number, count: number][] = [];
    for (let nowMs = 0; nowMs <= 10 * MINUTE_MS; nowMs += 1_000) {
      const first = refusals.note('kind', 'facts', nowMs);
      if (first !== undefined) told.push([nowMs, first.count]);
      for (const { count } of refusals.due(nowMs)) told.push([nowMs, count]);
    }
    expect(told).toEqual([
      [0, 1],
      [MINUTE_MS, 60],
      [3 * MINUTE_MS, 120],
      [7 * MINUTE_MS, 240],
    ]);
  });

  it('forget a kind after a quiet window, and tell it at once when it comes again', () => {
    const refusals = new Refusals('others');
    refusals.note('kind', 'facts', 0);
    expect(refusals.due(MINUTE_MS)).toEqual([]);
    expect(refusals.isEmpty).toBe(true);
    expect(refusals.note('kind', 'facts', MINUTE_MS)).toEqual({ facts: 'facts', count: 1 });
  });

  it(`of ever new kinds, at 1,000 a second for ${SECONDS / 60} minutes, are counted to the last and told in few records`, () => {
    const refusals = new Refusals('others');
    let records = 0;
    let counted = 0;
    for (let second = 0; second < SECONDS; second += 1) {
      for (let at = 0; at < 1_000; at += 1) {
        const first = refusals.note(`kind ${second} ${at}`, 'facts', second * 1_000);
        records += first === undefined ? 0 : 1;
        counted += first?.count ?? 0;
      }
      for (const { count } of refusals.due(second * 1_000)) {
        records += 1;
        counted += count;
      }
    }
    for (const { count } of refusals.rest()) counted += count;
    expect(counted).toBe(SECONDS * 1_000);
    expect(records).toBeLessThan(SECONDS + 400);
  });
});

describe('reads', () => {
  it('of a page travel in one record, and a page on a wall costs some thirty a day', () => {
    const reads = new Reads<string>();
    const told: { readonly atMs: number; readonly targets: number; readonly count: number }[] = [];
    for (let nowMs = 0; nowMs < DAY_MS; nowMs += 10_000) {
      for (const target of ['a', 'b', 'c']) reads.note('ana', 'facts', [target], nowMs);
      for (const { targets, count } of reads.due(nowMs + 1_000))
        told.push({ atMs: nowMs, targets: targets.length, count });
    }
    expect(told[0]).toEqual({ atMs: 0, targets: 3, count: 3 });
    expect(told[1]).toMatchObject({ targets: 3 });
    expect(told.length).toBeLessThan(35);
  });

  it('of many meters are told in records of a hundred', () => {
    const reads = new Reads<string>();
    reads.note(
      'ana',
      'facts',
      Array.from({ length: 250 }, (_, at) => `meter ${at}`),
      0,
    );
    expect(reads.due(1_000).map(({ targets, count }) => [targets.length, count])).toEqual([
      [100, 1],
      [100, 0],
      [50, 0],
    ]);
  });

  it('are all told: each target within a second of its first read, and the counts add up', () => {
    const step = fc.record({
      reader: fc.constantFrom('ana', 'ion', 'eva'),
      targets: fc.uniqueArray(fc.integer({ min: 0, max: 400 }).map(String), { minLength: 1, maxLength: 5 }),
      afterMs: fc.integer({ min: 0, max: 5 * MINUTE_MS }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const reads = new Reads<string>();
        const told = new Set<string>();
        let count = 0;
        let nowMs = 0;
        const look = () => {
          for (const batch of reads.due(nowMs)) {
            count += batch.count;
            for (const target of batch.targets) told.add(`${batch.facts} ${target}`);
          }
        };
        for (const { reader, targets, afterMs } of steps) {
          reads.note(reader, reader, targets, nowMs);
          nowMs += 1_000;
          look();
          for (const target of targets) expect(told).toContain(`${reader} ${target}`);
          nowMs += afterMs;
          look();
        }
        for (const batch of reads.rest()) count += batch.count;
        expect(count).toBe(steps.length);
      }),
    );
  });

  it('are forgotten when the reader is gone', () => {
    const reads = new Reads<string>();
    reads.note('ana', 'facts', ['a'], 0);
    reads.due(1_000);
    reads.due(MINUTE_MS);
    reads.due(5 * MINUTE_MS);
    expect(reads.isEmpty).toBe(true);
  });
});
