/** A result of DuckDB → plain columns: numbers as Float64Array (NaN for NULL), which change threads without a copy. */

import { type DuckDBMaterializedResult, DuckDBTypeId } from '@duckdb/node-api';
import type { ColumnarResult, ResultColumn } from '../store/columnar.js';

const NUMERIC: ReadonlySet<DuckDBTypeId> = new Set([DuckDBTypeId.DOUBLE, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT]);

export async function readColumns(result: DuckDBMaterializedResult): Promise<ColumnarResult> {
  const chunks = await result.fetchAllChunks();
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const columns: ResultColumn[] = [];
  for (let at = 0; at < result.columnCount; at += 1) {
    if (NUMERIC.has(result.columnTypeId(at))) {
      const numbers = new Float64Array(rows);
      let row = 0;
      for (const chunk of chunks) {
        const vector = chunk.getColumnVector(at);
        for (let item = 0; item < chunk.rowCount; item += 1) {
          const value = vector.getItem(item);
          numbers[row] = value === null ? Number.NaN : Number(value);
          row += 1;
        }
      }
      columns.push(numbers);
    } else {
      columns.push(chunks.flatMap((chunk) => chunk.getColumnValues(at).map(textOrFlag)));
    }
  }
  return { rows, columns };
}

function textOrFlag(value: unknown): string | boolean | null {
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}
