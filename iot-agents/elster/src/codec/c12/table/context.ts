/** What a table needs to know of others, looked up by path; a table that was not read before is a typed error. */

import { WireError } from '@contor/kit';
import type { Condition, Fields, Known, Path, Size, Value } from './type.js';

export interface Formats {
  /** Low byte first (ST0, DATA_ORDER). */
  readonly isLittle: boolean;
  readonly ni1: number;
  readonly ni2: number;
  readonly tm: number;
  /** 0 two's complement, 1 one's complement, 2 sign and magnitude. */
  readonly int: number;
  readonly isBcdId: boolean;
  readonly encoding: 'latin1' | 'utf8';
}

/** Without ST0 only ST0 can be read: it has no field that depends on a format. */
export function formatsOf(known: Known): Formats {
  const st0 = known.get(0);
  const control = (name: string): Fields => asFields(st0?.[name]);
  const [one, two, three] = [control('formatControl1'), control('formatControl2'), control('formatControl3')];
  return {
    isLittle: one.dataOrder !== true,
    ni1: Number(three.niFormat1 ?? 0),
    ni2: Number(three.niFormat2 ?? 0),
    tm: Number(two.timeFormat ?? 0),
    int: Number(two.integerFormat ?? 0),
    isBcdId: two.idForm === true,
    encoding: one.characterFormat === 3 ? 'utf8' : 'latin1',
  };
}

export function lookUp(path: Path, known: Known): Value | undefined {
  const { number, names } = partsOf(path);
  let value: Value | undefined = known.get(number);
  if (value === undefined)
    throw new WireError('c12.table-needed', 'Another table has to be read first.', { table: number });
  for (const name of names) value = asFields(value)[name];
  return value;
}

/** Paths taken apart once: there are as many as the tables here have written down, and a profile asks for them at every value. */
const PARTS = new Map<Path, { readonly number: number; readonly names: readonly string[] }>();

function partsOf(path: Path): { readonly number: number; readonly names: readonly string[] } {
  const known = PARTS.get(path);
  if (known !== undefined) return known;
  const [table = '', ...names] = path.split('.');
  const parts = { number: Number(table.slice(2)), names };
  PARTS.set(path, parts);
  return parts;
}

export function sizeOf(size: Size, known: Known): number {
  if (typeof size === 'number') return size;
  if (typeof size === 'string') return Number(lookUp(size, known) ?? 0);
  if ('bitsOf' in size) return Math.ceil(sizeOf(size.bitsOf, known) / 8);
  return Math.floor(sizeOf(size.nibblesOf, known) / 2) + 1;
}

export function holds(condition: Condition | undefined, known: Known): boolean {
  if (condition === undefined) return true;
  if (typeof condition === 'string') return lookUp(condition, known) === true;
  if ('not' in condition) return lookUp(condition.not, known) !== true;
  if ('path' in condition) return Number(lookUp(condition.path, known)) === condition.equals;
  const used = lookUp('ST0.standardTablesUsed', known);
  return Array.isArray(used) && used.includes(condition.uses);
}

export function asFields(value: Value | undefined): Fields {
  return typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {};
}
