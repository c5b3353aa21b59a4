/**
 * Questions while rows are on the move: a text that was made before a month was sealed does not look where its rows are now. It is
 * made when nothing of the table moves, and made and asked again when something did meanwhile.
 */

import { ContorError } from '@contor/kit';
import type { Table } from './catalogue.js';
import type { ColumnarResult } from './columnar.js';

export interface Asking {
  readonly query: (sql: string) => Promise<ColumnarResult>;
  /** Resolves when everything acknowledged is in. */
  readonly caughtUp: () => Promise<void>;
}

/** A type that is dropped while it is asked about has nothing to tell. */
const NOTHING: ColumnarResult = { rows: 0, columns: [] };
/** A column or a table may be known here a moment before the database has it. */
const MOST_REFUSALS = 2;

export async function askSettled(
  { query, caughtUp }: Asking,
  table: Table,
  sql: () => string,
): Promise<ColumnarResult> {
  for (let refusals = 0; ; ) {
    while (table.moving !== undefined) {
      await table.moving;
    }
    if (table.isDropped) {
      return NOTHING;
    }
    const { moves } = table;
    try {
      const result = await query(sql());
      if (table.moves === moves) {
        return result;
      }
    } catch (error) {
      if (table.moves === moves) {
        refusals += 1;
        if (refusals > MOST_REFUSALS || !isUnknownThere(error)) {
          throw error;
        }
        await caughtUp();
      }
    }
  }
}

function isUnknownThere(error: unknown): boolean {
  return error instanceof ContorError && /Binder Error|Catalog Error/.test(error.message);
}
