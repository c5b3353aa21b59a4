/**
 * Where the rows of a table are: `hot` as they arrived, `sealed` months sorted, archived months in Parquet files, and `late`
 * beside them all. Questions see one relation with one row a key; what they see does not depend on where a row lies.
 *
 * A sealed row is the merge of all that was told about its key. `past` keeps what was told, each telling a row, for keys that were
 * told more than once: a late row for such a key is merged with the tellings, because a merged row has no single version.
 */

import type { ColumnKind } from '../notify/attributes.js';
import type { Archive } from './columnar.js';
import { columnName, hotTable, lateTable, literal, pastTable, pathLiteral, quote, sealedTable } from './identifiers.js';

export interface SqlColumn {
  readonly column: number;
  readonly name: string;
  readonly kind: ColumnKind;
}

export interface Filter {
  /** Catalogue numbers; undefined means all of the table. */
  readonly entities: readonly number[] | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

/** What has left `hot` and may have rows of the window. */
export interface Kept {
  readonly isSealed: boolean;
  readonly archives: readonly Archive[];
}

export interface Source extends Filter {
  readonly table: number;
  readonly columns: readonly SqlColumn[];
  /** Whether `late` may hold rows of this window. */
  readonly mergeLate: boolean;
  readonly kept: Kept;
  /** Rows count in which none of the columns is said. */
  readonly tellsNulls?: boolean | undefined;
}

export const SQL_TYPES: Readonly<Record<ColumnKind, string>> = {
  number: 'DOUBLE',
  integer: 'DOUBLE',
  text: 'VARCHAR',
  json: 'VARCHAR',
  boolean: 'BOOLEAN',
};

/** More late rows than one table can ever see, so that version goes before arrival in one sortable number. */
const ORDER_STEP = '1000000000000';

/** `arg_max` by it is the newest telling: newest version first, then newest arrival. */
export const ORDER = `v::HUGEINT * ${ORDER_STEP} + s`;

export function namesOf(columns: readonly SqlColumn[]): readonly string[] {
  return columns.map((column) => quote(columnName(column.column, column.name)));
}

/** Each column's newest word on a key; a row that says nothing about a column never hides one that does. */
export function newestOf(names: readonly string[], order: string): readonly string[] {
  return names.map((name) => `arg_max(${name}, ${order}) FILTER (${name} IS NOT NULL) AS ${name}`);
}

/** SELECT of e, t and the columns, one row a key, rows that say something about one of them. */
export function sourceSql(source: Source): string {
  const names = namesOf(source.columns);
  const said = source.tellsNulls === true ? 'true' : saidSql(names);
  const parts = [tablePart(source, hotTable(source.table)), ...keptParts(source)];
  if (!source.mergeLate) {
    return parts.map((part) => `SELECT e, t${list(names)} FROM (${part}) WHERE ${said}`).join(' UNION ALL ');
  }
  const late = `SELECT e, t, ${ORDER} AS o${list(names)} FROM ${quote(lateTable(source.table))}${filterSql(source)}`;
  const past = `SELECT e, t, ${ORDER} AS o${list(names)} FROM ${quote(pastTable(source.table))}${filterSql(source)}`;
  const hasPast = isKept(source);
  return [
    `WITH l AS (${late}), k AS (SELECT DISTINCT e, t FROM l),`,
    ...(hasPast ? [`p AS (SELECT * FROM (${past}) SEMI JOIN k USING (e, t)),`] : []),
    `h AS (SELECT e, t, v::HUGEINT * ${ORDER_STEP} AS o${list(names)} FROM (${parts.join(' UNION ALL ')}))`,
    `SELECT e, t${list(names)} FROM (SELECT e, t${list(names)} FROM h ANTI JOIN k USING (e, t)`,
    `UNION ALL SELECT e, t${list(newestOf(names, 'o'))} FROM (`,
    hasPast
      ? 'SELECT * FROM (SELECT * FROM h SEMI JOIN k USING (e, t)) ANTI JOIN p USING (e, t) UNION ALL SELECT * FROM p'
      : 'SELECT * FROM h SEMI JOIN k USING (e, t)',
    `UNION ALL SELECT * FROM l) GROUP BY e, t) WHERE ${said}`,
  ].join(' ');
}

/** SELECT of e, t, v, s and the columns: everything that was told about each key, each telling a row. */
export function tellingsSql(source: Source): string {
  const names = namesOf(source.columns);
  const where = filterSql(source);
  const parts = [tablePart(source, hotTable(source.table)), ...keptParts(source)].join(' UNION ALL ');
  const past = isKept(source) ? [pastTable(source.table)] : [];
  // The row of a key that `past` knows is the merge of its tellings, and none of them.
  const unknown = past.map((table) => ` ANTI JOIN (SELECT e, t FROM ${quote(table)}${where}) USING (e, t)`).join('');
  const again = [...past, ...(source.mergeLate ? [lateTable(source.table)] : [])].map(
    (table) => `SELECT e, t, v, s${list(names)} FROM ${quote(table)}${where}`,
  );
  const all = [`SELECT e, t, v, 0::BIGINT AS s${list(names)} FROM (${parts})${unknown}`, ...again].join(' UNION ALL ');
  return `SELECT * FROM (${all}) WHERE ${saidSql(names)}`;
}

/** Only then there are sealed rows, and tellings beside them. */
function isKept({ kept }: Source): boolean {
  return kept.isSealed || kept.archives.length > 0;
}

/** One row a key of what had been recorded until then. */
export function asOfSql(source: Source, asOfMs: number): string {
  const names = namesOf(source.columns);
  const tellings = `SELECT e, t, ${ORDER} AS o${list(names)} FROM (${tellingsSql(source)}) WHERE v <= ${literal(asOfMs)}`;
  return `SELECT e, t${list(newestOf(names, 'o'))} FROM (${tellings}) GROUP BY e, t`;
}

/** Where any row of the window could be, late ones too: keys and nothing else. */
export function keysSql(source: Omit<Source, 'columns'>): string {
  const bare = { ...source, columns: [] };
  const parts = [tablePart(bare, hotTable(source.table)), ...keptParts(bare)];
  if (source.mergeLate) {
    parts.push(tablePart(bare, lateTable(source.table)));
  }
  return parts.map((part) => `SELECT e, t FROM (${part})`).join(' UNION ALL ');
}

function saidSql(names: readonly string[]): string {
  return `(${names.map((name) => `${name} IS NOT NULL`).join(' OR ')})`;
}

/** Rows of kept months alone, with their versions. */
export function keptSql(source: Omit<Source, 'mergeLate'>): string {
  const parts = keptParts({ ...source, mergeLate: false });
  return parts.length === 0
    ? `${tablePart({ ...source, mergeLate: false }, hotTable(source.table))} LIMIT 0`
    : parts.join(' UNION ALL ');
}

function keptParts(source: Source): readonly string[] {
  const { isSealed, archives } = source.kept;
  return [
    ...(isSealed ? [tablePart(source, sealedTable(source.table))] : []),
    ...sameColumns(source, archives).map((group) => archivePart(source, group)),
  ];
}

function tablePart(source: Source, table: string): string {
  return `SELECT e, t, v${list(namesOf(source.columns))} FROM ${quote(table)}${filterSql(source)}`;
}

/** Files of one group have the same of the columns asked for. */
function archivePart(source: Source, files: readonly Archive[]): string {
  const has = new Set(files[0]?.columns);
  const columns = source.columns.map((column) => {
    const name = quote(columnName(column.column, column.name));
    return has.has(column.column) ? name : `NULL::${SQL_TYPES[column.kind]} AS ${name}`;
  });
  const paths = files.map(({ file }) => pathLiteral(file)).join(', ');
  return `SELECT e, t, v${list(columns)} FROM read_parquet([${paths}])${filterSql(source)}`;
}

function sameColumns(source: Source, archives: readonly Archive[]): readonly (readonly Archive[])[] {
  const groups = new Map<string, Archive[]>();
  for (const archive of archives) {
    const key = source.columns.filter(({ column }) => archive.columns.includes(column)).map(({ column }) => column);
    const group = groups.get(key.join());
    if (group === undefined) {
      groups.set(key.join(), [archive]);
    } else {
      group.push(archive);
    }
  }
  return [...groups.values()];
}

export function filterSql(filter: Filter): string {
  const clauses: string[] = [];
  if (filter.entities !== undefined) {
    clauses.push(entitiesSql(filter.entities));
  }
  if (filter.fromMs !== undefined) {
    clauses.push(`t >= ${literal(filter.fromMs)}`);
  }
  if (filter.toMs !== undefined) {
    clauses.push(`t <= ${literal(filter.toMs)}`);
  }
  return clauses.length === 0 ? '' : ` WHERE ${clauses.join(' AND ')}`;
}

function entitiesSql(entities: readonly number[]): string {
  const [only] = entities;
  return entities.length === 1 && only !== undefined
    ? `e = ${literal(only)}`
    : `e IN (${entities.length === 0 ? 'NULL' : entities.map(literal).join(', ')})`;
}

function list(items: readonly string[]): string {
  return items.map((item) => `, ${item}`).join('');
}
