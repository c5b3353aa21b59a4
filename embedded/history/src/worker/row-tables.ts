/**
 * The tables that hold rows: `hot` of every type, and beside it `late`, `sealed` and `past` once there is something for them. Most types of
 * most tenants never need the others, and a table costs memory and time at every start.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { hotTable, lateTable, pastTable, quote, sealedTable } from '../store/identifiers.js';
import { namesOf, type SqlColumn } from '../store/source-sql.js';

export type Beside = 'late' | 'sealed' | 'past';

interface BesideRow {
  readonly name: (table: number) => string;
  /** In its keys, before the columns. `s` is the order of arrival. */
  readonly keys: string;
}

const BESIDE: Readonly<Record<Beside, BesideRow>> = {
  late: { name: lateTable, keys: 'e, t, v, 0::BIGINT AS s' },
  sealed: { name: sealedTable, keys: 'e, t, v' },
  past: { name: pastTable, keys: 'e, t, v, 0::BIGINT AS s' },
};

const ALL = ['late', 'sealed', 'past'] as const;

export class RowTables {
  #names = new Set<string>();
  #sizes = new Map<string, number>();

  /** What is there now; again after a transaction that came to nothing. */
  async read(connection: DuckDBConnection): Promise<void> {
    const found = await connection.runAndReadAll('SELECT table_name, estimated_size FROM duckdb_tables()');
    this.#sizes = new Map(found.getRows().map(([name, rows]) => [String(name), Number(rows)]));
    this.#names = new Set(this.#sizes.keys());
  }

  has(beside: Beside, table: number): boolean {
    return this.#names.has(BESIDE[beside].name(table));
  }

  /** As of the last `read`: a table that was empty then. */
  wasEmpty(name: string): boolean {
    return (this.#sizes.get(name) ?? 0) === 0;
  }

  /** All of a type that are there. */
  of(table: number): readonly string[] {
    return [
      hotTable(table),
      ...ALL.filter((beside) => this.has(beside, table)).map((beside) => BESIDE[beside].name(table)),
    ];
  }

  /** Inside the transaction that has rows for it. */
  async ensure(
    connection: DuckDBConnection,
    beside: Beside,
    table: number,
    columns: readonly SqlColumn[],
  ): Promise<string> {
    const { name, keys } = BESIDE[beside];
    const made = name(table);
    if (!this.#names.has(made)) {
      const names = namesOf(columns).map((column) => `, ${column}`);
      await connection.run(
        `CREATE TABLE IF NOT EXISTS ${quote(made)} AS SELECT ${keys}${names.join('')} FROM ${quote(hotTable(table))} LIMIT 0`,
      );
      this.#names.add(made);
    }
    return quote(made);
  }

  forget(table: number): void {
    for (const name of this.of(table)) {
      this.#names.delete(name);
    }
  }
}
