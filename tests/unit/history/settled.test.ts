/** Questions beside rows that move: never answered from a text that was made before the move. */

import { Catalogue } from '@contor/history/store/catalogue.js';
import type { ColumnarResult } from '@contor/history/store/columnar.js';
import { askSettled } from '@contor/history/store/settled.js';
import { ColumnarError } from '@contor/history/worker/client.js';
import { describe, expect, it } from '@jest/globals';

const table = () => new Catalogue().ensureTable('default', 'Meter', []);
const answerOf = (text: string): ColumnarResult => ({ rows: 1, columns: [[text]] });
const refusal = (message: string) => new ColumnarError('columns.refused', message);

/** Answers each text as the script says; what it does meanwhile happens before the answer. */
function asking(...script: readonly (() => ColumnarResult | Promise<never>)[]) {
  const asked: string[] = [];
  let caughtUp = 0;
  return {
    asked,
    get caughtUpTimes() {
      return caughtUp;
    },
    async query(sql: string) {
      asked.push(sql);
      return (script[asked.length - 1] ?? (() => answerOf(sql)))();
    },
    async caughtUp() {
      caughtUp += 1;
    },
  };
}

describe('a question', () => {
  it('is asked once when nothing moves', async () => {
    const house = asking();
    expect(await askSettled(house, table(), () => 'one')).toEqual(answerOf('one'));
    expect(house.asked).toEqual(['one']);
  });

  it('is made anew when rows moved while it was under way', async () => {
    const of = table();
    let texts = 0;
    const house = asking(() => {
      of.moves += 1;
      return answerOf('stale');
    });
    expect(await askSettled(house, of, () => `text ${++texts}`)).toEqual(answerOf('text 2'));
    expect(house.asked).toEqual(['text 1', 'text 2']);
  });

  it('is made anew when it failed because a file had gone', async () => {
    const of = table();
    const house = asking(() => {
      of.moves += 1;
      return Promise.reject(refusal('IO Error: No files found'));
    });
    expect(await askSettled(house, of, () => 'text')).toEqual(answerOf('text'));
  });

  it('waits for the end of a move', async () => {
    const of = table();
    let over = (): void => undefined;
    of.moving = new Promise((resolve) => {
      over = resolve;
    });
    const house = asking();
    const answer = askSettled(house, of, () => 'text');
    await Promise.resolve();
    expect(house.asked).toEqual([]);
    of.moving = undefined;
    over();
    expect(await answer).toEqual(answerOf('text'));
  });

  it('about a type that was dropped meanwhile has no rows', async () => {
    const of = table();
    of.isDropped = true;
    expect(await askSettled(asking(), of, () => 'text')).toEqual({ rows: 0, columns: [] });
  });

  it('about a column that the database does not have yet waits for it', async () => {
    const house = asking(() => Promise.reject(refusal('Binder Error: column "c1_a" not found')));
    expect(await askSettled(house, table(), () => 'text')).toEqual(answerOf('text'));
    expect(house.caughtUpTimes).toBe(1);
  });

  it.each([
    ['Binder Error: for ever', 3],
    ['Conversion Error: too large', 1],
  ])('%s is told in the end', async (message, times) => {
    const fail = () => Promise.reject(refusal(message));
    const house = asking(fail, fail, fail, fail);
    await expect(askSettled(house, table(), () => 'text')).rejects.toThrow(message);
    expect(house.asked).toHaveLength(times);
  });
});
