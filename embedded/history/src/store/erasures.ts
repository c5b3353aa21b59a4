/** Proofs of erasure: one line each, kept for good. They say how much went and on whose order, never what it was. */

import type { ColumnarResult } from './columnar.js';

export interface ErasureProof {
  readonly atMs: number;
  /** Record of the log that ordered it. */
  readonly sequence: number;
  readonly tenant: string;
  readonly type: string;
  /** SHA-256 of the entity id; undefined when a whole type was erased, or its oldest part. */
  readonly subject: string | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly rows: number;
}

export const ERASURES_SQL =
  'SELECT ordered::DOUBLE, sequence::DOUBLE, tenant, type, subject, from_t::DOUBLE, to_t::DOUBLE, rows::DOUBLE FROM erasures ORDER BY ordered DESC, sequence DESC';

export function toProofs({ rows, columns }: ColumnarResult): readonly ErasureProof[] {
  const text = (column: number, row: number): string | undefined => {
    const said = columns[column]?.[row];
    return typeof said === 'string' ? said : undefined;
  };
  const number = (column: number, row: number): number | undefined => {
    const said = columns[column]?.[row];
    return typeof said === 'number' && !Number.isNaN(said) ? said : undefined;
  };
  return Array.from({ length: rows }, (_, row) => ({
    atMs: number(0, row) ?? 0,
    sequence: number(1, row) ?? 0,
    tenant: text(2, row) ?? '',
    type: text(3, row) ?? '',
    subject: text(4, row),
    fromMs: number(5, row),
    toMs: number(6, row),
    rows: number(7, row) ?? 0,
  }));
}
