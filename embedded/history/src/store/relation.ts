/**
 * What a question is about: of the rows that history keeps of a tenant's entity type, wherever they lie (`source-sql`), those of some
 * scopes, told under the names that the asker knows. Every question is asked of this relation and of nothing else.
 */

import { literal } from './identifiers.js';
import { asOfSql, keysSql, namesOf, type Source, sourceSql, tellingsSql } from './source-sql.js';

/** Rows of one entity between two instants, both inclusive. */
export interface Scope {
  readonly entity: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Relation extends Source {
  /** Only what was recorded until then; what has no record time has always been there. */
  readonly asOfMs?: number | undefined;
  /** Only rows within one of these; those of one entity do not overlap. */
  readonly scopes?: readonly Scope[] | undefined;
  /** Entities that are told as another one: the same NGSI entity, kept apart. */
  readonly sameAs?: readonly (readonly [entity: number, as: number])[] | undefined;
}

/** Columns e, t and one per attribute; one row per key. */
export function relationSql(relation: Relation): string {
  const { asOfMs, columns } = relation;
  const rows = asOfMs === undefined ? sourceSql(relation) : asOfSql(relation, asOfMs);
  return renamed(relation, namesOf(columns), scoped(relation, rows));
}

/** Columns e, t, v (record time), s (arrival) and one per attribute; one row per revision. */
export function revisionsSql(relation: Relation): string {
  const { asOfMs, columns } = relation;
  const all = tellingsSql(relation);
  const known = asOfMs === undefined ? all : `SELECT * FROM (${all}) WHERE v <= ${literal(asOfMs)}`;
  return renamed(relation, ['v', 's', ...namesOf(columns)], scoped(relation, known));
}

/** Columns e, t; keys may repeat. */
export function instantsSql(relation: Omit<Relation, 'columns'>): string {
  return renamed(relation, [], scoped(relation, keysSql(relation)));
}

function scoped({ scopes }: Pick<Relation, 'scopes'>, sql: string): string {
  if (scopes === undefined) {
    return sql;
  }
  const rows = scopes.map(({ entity, fromMs, toMs }) => `(${[entity, fromMs, toMs].map(literal).join(', ')})`);
  const values = rows.length === 0 ? '(NULL, NULL, NULL)' : rows.join(', ');
  return `SELECT x.* FROM (${sql}) x SEMI JOIN (VALUES ${values}) w(e, a, z) ON x.e = w.e AND x.t >= w.a AND x.t <= w.z`;
}

function renamed({ sameAs }: Pick<Relation, 'sameAs'>, names: readonly string[], sql: string): string {
  if (sameAs === undefined || sameAs.length === 0) {
    return sql;
  }
  const values = sameAs.map((pair) => `(${pair.map(literal).join(', ')})`).join(', ');
  const columns = names.map((name) => `, x.${name}`).join('');
  return `SELECT coalesce(m.r, x.e) AS e, x.t AS t${columns} FROM (${sql}) x LEFT JOIN (VALUES ${values}) m(e, r) ON m.e = x.e`;
}
