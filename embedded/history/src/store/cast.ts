/**
 * A notified value → what a column of a given kind keeps. A number column is DOUBLE from its first value on: 53 bits
 * hold every decimal of 15 digits exactly, and an integer that came first spoils nothing.
 */

import type { ColumnKind } from '../notify/attributes.js';

export type Stored = number | string | boolean;

/** `raw`: the column cannot hold it; the text is kept beside the column. */
export type Cast =
  | { readonly kind: 'stored'; readonly value: Stored }
  | { readonly kind: 'raw'; readonly text: string };

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

const CASTS: Readonly<Record<ColumnKind, (value: unknown) => Stored | undefined>> = {
  number: toNumber,
  integer: toInteger,
  text: toText,
  boolean: toBoolean,
  json: (value) => JSON.stringify(value),
};

export function kindOf(value: unknown): ColumnKind {
  switch (typeof value) {
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'text';
    default:
      return 'json';
  }
}

export function castTo(kind: ColumnKind, value: unknown): Cast {
  const stored = CASTS[kind](value);
  return stored === undefined ? { kind: 'raw', text: toText(value) } : { kind: 'stored', value: stored };
}

function toNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && DECIMAL.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** What a bigint column of another server keeps: a decimal is nothing that it could hold. */
function toInteger(value: unknown): number | undefined {
  const number = typeof value === 'boolean' ? undefined : toNumber(value);
  return number !== undefined && Number.isInteger(number) ? number : undefined;
}

function toText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function toBoolean(value: unknown): boolean | undefined {
  if (value === true || value === 'true' || value === 1) {
    return true;
  }
  return value === false || value === 'false' || value === 0 ? false : undefined;
}
