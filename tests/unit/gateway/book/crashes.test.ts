/**
 * Random changes, several at once, and the power cut in the middle of a disk operation: what was answered is in the book afterwards,
 * and at most the one change under way besides. The ledger outside knows only answers.
 */

import { isDeepStrictEqual } from 'node:util';
import type { AccessBook } from '@contor/gateway/book/book.js';
import type { Outcome } from '@contor/gateway/book/ledger.js';
import { type Random, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { facts, NOW_MS, openTestBook } from './support.js';

const CUTS = 12;
const CHANGES = 25;
const MOST_OPERATIONS_TO_CUT = 60;
const NAMES = ['a', 'b', 'c', 'constructor'];
const PROVIDED = [['viewer'], ['manager'], ['data-administrator', 'viewer'], []];

interface Figures {
  answered: number;
  /** Answered, and not there after the cut. */
  lost: number;
  /** There, and neither answered nor the one under way. */
  ghosts: number;
}

async function run(seed: number, syncIsALie = false): Promise<Figures> {
  const random = seededRandom(seed);
  const disk = new SimulatedDisk({ random, syncIsALie });
  const figures = { answered: 0, lost: 0, ghosts: 0 };
  let believed = new Map<string, unknown>();
  for (let cut = 0; cut < CUTS; cut += 1) {
    const book = await openTestBook({ disk: disk.boot() }).catch(() => undefined);
    if (book === undefined) return { ...figures, lost: figures.lost + 1 }; // So much is gone that it refuses to open.
    if (cut === 0) believed = stateOf(book);
    judge(believed, stateOf(book), figures);
    believed = stateOf(book);
    const down = disk.crashAfter(1 + random.integer(MOST_OPERATIONS_TO_CUT));
    const changes = Array.from({ length: CHANGES }, async () => {
      const noted = await change(book, random);
      figures.answered += 1;
      for (const [key, value] of noted) believed.set(key, value);
    });
    await Promise.race([down, Promise.all(changes)]);
    await new Promise(setImmediate); // Whoever was answered has noted it.
    disk.crash();
  }
  return figures;
}

/** One random change; what its answer says is now in the book. */
async function change(book: AccessBook, random: Random): Promise<readonly (readonly [string, unknown])[]> {
  const pick = <T>(of: readonly T[]): T => of[random.integer(of.length)] as T;
  const name = pick(NAMES);
  const noted = (kind: string, outcome: Outcome<object>, isGone = false) =>
    outcome.kind === 'done' ? [[`${kind} ${name}`, isGone ? undefined : outcome.entry] as const] : [];
  const roles = pick(PROVIDED);
  const revisionOf = (entry: { revision: number } | undefined) => entry?.revision ?? 1;
  switch (random.integer(7)) {
    case 0: {
      const entry = await book.people.adopt(facts(name, roles));
      return [[`person ${name}`, entry]];
    }
    case 1: {
      const wish = { roles, isLocked: random.integer(3) === 0 };
      return noted('person', await book.people.changeAccess(name, wish, revisionOf(book.people.get(name))));
    }
    case 2:
      return noted('person', await book.people.remove(name, revisionOf(book.people.get(name))), true);
    case 3: {
      const known = book.roles.get(`r-${name}`)?.revision ?? 'new';
      const role = { name: `r-${name}`, title: String(random.integer(100)), functions: ['live.view' as const] };
      return noted('role', await book.roles.change(role, known));
    }
    case 4: {
      const fields = { name, roles, everything: false, grants: [], isLocked: false };
      return noted('partner', await book.partners.add(name, fields));
    }
    case 5: {
      const key = { id: `k${random.integer(1e6)}`, hash: 'h', createdAtMs: NOW_MS };
      return noted('partner', await book.partners.addKey(name, key, NOW_MS + 5));
    }
    default:
      return noted('consent', await book.consents.set(name, random.integer(2) === 0, 'somebody'));
  }
}

function stateOf(book: AccessBook): Map<string, unknown> {
  const state = new Map<string, unknown>();
  for (const name of NAMES) {
    state.set(`person ${name}`, book.people.get(name));
    state.set(`role ${name}`, book.roles.get(`r-${name}`));
    state.set(`partner ${name}`, book.partners.get(name));
    state.set(`consent ${name}`, book.consents.get(name));
  }
  return state;
}

function judge(believed: Map<string, unknown>, found: Map<string, unknown>, figures: Figures): void {
  let underWay = 0;
  for (const [key, entry] of found) {
    const before = believed.get(key);
    // Through JSON, as the disk: a field that is undefined is a field that is absent.
    if (isDeepStrictEqual(plain(entry), plain(before))) continue;
    const isNext = revisionOf(entry) === revisionOf(before) + 1 || entry === undefined;
    if (isNext) underWay += 1;
    else figures.lost += 1;
  }
  if (underWay > 1) figures.ghosts += underWay - 1;
}

function revisionOf(entry: unknown): number {
  return (entry as { revision: number } | undefined)?.revision ?? 0;
}

function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

describe('a book whose power is cut', () => {
  it.each(Array.from({ length: 12 }, (_, n) => n + 1))('keeps what it answered (seed %i)', async (seed) => {
    const { answered, ...faults } = await run(seed);
    expect(faults).toEqual({ lost: 0, ghosts: 0 });
    expect(answered).toBeGreaterThan(CUTS);
  });

  it('control: is caught when syncs are lies', async () => {
    const runs = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => run(seed, true)));
    expect(runs.filter(({ lost, ghosts }) => lost + ghosts > 0).length).toBeGreaterThanOrEqual(5);
  });
});
