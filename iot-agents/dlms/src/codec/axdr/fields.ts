/**
 * The constructors of A-XDR (IEC 61334-6): each knows how a field is read and how it is written, so that an APDU is declared
 * once, in the words of its ASN.1, and can be decoded and encoded.
 */

import { type ByteWriter, toHex, WireError } from '@contor/kit';
import type { Cursor } from '../cursor.js';
import type { Data } from './data.js';
import { readData } from './read-data.js';
import { writeData, writeLength, writeOctets } from './write-data.js';

export interface Field<T> {
  // Methods, so that a Field<unknown> may stand for any of them.
  read(from: Cursor): T;
  write(to: ByteWriter, value: T): void;
}

export type ValueOf<F> = F extends Field<infer T> ? T : never;
type Members = Readonly<Record<string, Field<unknown>>>;
export type Sequence<M> = { readonly [K in keyof M]: ValueOf<M[K]> };

export const unsigned8: Field<number> = { read: (from) => from.u8(), write: (to, value) => void to.u8(value) };
export const unsigned16: Field<number> = { read: (from) => from.u16(), write: (to, value) => void to.u16(value) };
export const unsigned32: Field<number> = { read: (from) => from.u32(), write: (to, value) => void to.u32(value) };
export const integer8: Field<number> = { read: (from) => from.i8(), write: (to, value) => void to.i8(value) };
export const bool: Field<boolean> = {
  read: (from) => from.u8() !== 0,
  write: (to, value) => void to.u8(value ? 1 : 0),
};
export const nothing: Field<null> = { read: () => null, write: () => undefined };
export const octets: Field<Uint8Array> = { read: (from) => from.bytes(from.length()), write: writeOctets };
export const data: Field<Data> = { read: readData, write: writeData };
export const rest: Field<Uint8Array> = { read: (from) => from.rest(), write: (to, value) => void to.bytes(value) };

export function fixed(size: number): Field<Uint8Array> {
  return {
    read: (from) => from.bytes(size),
    write: (to, value) => {
      if (value.length !== size) throw new WireError('wire.range', 'The value does not fit its field.', { size });
      to.bytes(value);
    },
  };
}

/** OPTIONAL: a usage flag, then the value when the flag is set. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    read: (from) => (readUsage(from) ? field.read(from) : undefined),
    write: (to, value) => {
      to.u8(value === undefined ? 0 : 1);
      if (value !== undefined) field.write(to, value);
    },
  };
}

/** DEFAULT: as OPTIONAL, where absent means the given value. */
export function withDefault<T>(field: Field<T>, otherwise: T): Field<T> {
  const inner = optional(field);
  return {
    read: (from) => inner.read(from) ?? otherwise,
    write: (to, value) => inner.write(to, value === otherwise ? undefined : value),
  };
}

export function sequence<M extends Members>(members: M): Field<Sequence<M>> {
  const fields = Object.entries(members);
  return {
    read: (from) => {
      const value: Record<string, unknown> = {};
      for (const [name, field] of fields) value[name] = readNamed(from, name, field);
      return value as Sequence<M>;
    },
    write: (to, value) => {
      for (const [name, field] of fields) field.write(to, value[name]);
    },
  };
}

export function sequenceOf<T>(field: Field<T>): Field<readonly T[]> {
  return {
    read: (from) => {
      const start = from.offset;
      const count = from.length();
      from.mark(start, 'SEQUENCE OF', `${count} elements`);
      if (count > from.remaining)
        throw new WireError('wire.short', 'The bytes end before the list does.', { expected: count });
      const values: T[] = [];
      for (let index = 0; index < count; index += 1) values.push(field.read(from));
      return values;
    },
    write: (to, values) => {
      writeLength(to, values.length);
      for (const value of values) field.write(to, value);
    },
  };
}

export type Choice<C> = {
  readonly [K in keyof C]: C[K] extends Alternative<infer T> ? { readonly is: K; readonly value: T } : never;
}[keyof C];

export interface Alternative<T> {
  readonly tag: number;
  readonly field: Field<T>;
}

/** CHOICE: the tag, then the alternative; `is` names it. */
export function choice<C extends Readonly<Record<string, Alternative<unknown>>>>(alternatives: C): Field<Choice<C>> {
  const rows = Object.entries(alternatives);
  return {
    read: (from) => {
      const start = from.offset;
      const tag = from.u8();
      const row = rows.find(([, alternative]) => alternative.tag === tag);
      if (row === undefined)
        throw new WireError('axdr.choice', 'There is no such alternative.', { offset: start, tag });
      from.mark(start, 'CHOICE', row[0]);
      return { is: row[0], value: row[1].field.read(from) } as unknown as Choice<C>;
    },
    write: (to, value) => {
      const { is, value: inner } = value as { is: string; value: unknown };
      const alternative = alternatives[is];
      if (alternative === undefined) throw new WireError('axdr.choice', 'There is no such alternative.', { is });
      to.u8(alternative.tag);
      alternative.field.write(to, inner);
    },
  };
}

/** ENUMERATED: the standard's word where it has one, else the number. */
export function enumerated<W extends string>(words: Readonly<Record<number, W>>): Field<W | number> {
  const codes = new Map(Object.entries(words).map(([code, word]) => [word, Number(code)]));
  return {
    read: (from) => {
      const code = from.u8();
      return words[code] ?? code;
    },
    write: (to, value) => void to.u8(typeof value === 'number' ? value : (codes.get(value) ?? Number.NaN)),
  };
}

/** A field seen through a pair of functions. */
export function mapped<T, U>(field: Field<T>, up: (value: T) => U, down: (value: U) => T): Field<U> {
  return { read: (from) => up(field.read(from)), write: (to, value) => field.write(to, down(value)) };
}

function readUsage(from: Cursor): boolean {
  const start = from.offset;
  const flag = from.u8();
  if (flag > 1) throw new WireError('axdr.usage', 'A usage flag is 0 or 1.', { offset: start, flag });
  from.mark(start, 'usage flag', flag ? 'present' : 'absent');
  return flag === 1;
}

function readNamed(from: Cursor, name: string, field: Field<unknown>): unknown {
  if (from.trace === undefined) return field.read(from);
  const start = from.offset;
  const marks = from.trace.length;
  const value = field.read(from);
  if (from.trace.length === marks && from.offset > start) from.mark(start, name, saysOf(value));
  return value;
}

function saysOf(value: unknown): string {
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
