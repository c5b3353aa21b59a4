/**
 * Names of SQL tables and columns. They are made of a catalogue number and, for the eyes of an operator, of what is left
 * of the NGSI name in an alphabet of 37 characters: the number makes them unique (DuckDB folds case, NGSI does not), the
 * alphabet makes them harmless (T28). A user's text never reaches SQL in any other way.
 * The database thread loads this file: it has a heap of its own, so nothing here pulls in the ground floor.
 */

import assert from 'node:assert/strict';

const IDENTIFIER = /^[a-z][a-z0-9_]{0,62}$/;
const SLUG_LENGTH = 40;

/** The only way into a SQL text. */
export function quote(identifier: string): string {
  assert(IDENTIFIER.test(identifier), `${identifier} is outside the alphabet of identifiers`);
  return `"${identifier}"`;
}

export function hotTable(table: number): string {
  return `hot_${ordinal(table)}`;
}

export function lateTable(table: number): string {
  return `late_${ordinal(table)}`;
}

export function sealedTable(table: number): string {
  return `sealed_${ordinal(table)}`;
}

export function pastTable(table: number): string {
  return `past_${ordinal(table)}`;
}

export function columnName(column: number, attribute: string): string {
  return `c${ordinal(column)}_${slug(attribute)}`;
}

/** An integer that goes into SQL as a literal. */
export function literal(integer: number): string {
  assert(Number.isSafeInteger(integer), `${integer} is not an integer`);
  return `${integer}`;
}

/** A path of ours goes into SQL as a text; the operator chose the folder, and may have chosen an apostrophe. */
export function pathLiteral(path: string): string {
  assert(!path.includes('\0'), 'a path has no NUL');
  return `'${path.replaceAll("'", "''")}'`;
}

function ordinal(number: number): string {
  assert(Number.isSafeInteger(number) && number >= 0, `${number} is not a catalogue number`);
  return `${number}`;
}

function slug(name: string): string {
  return name
    .slice(0, SLUG_LENGTH)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '_');
}
