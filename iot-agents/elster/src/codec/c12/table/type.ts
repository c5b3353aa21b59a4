/**
 * The words in which the tables of ANSI C12.19 are written down here: a table is a list of fields, and what depends on another
 * table (a count, a format, a field that may be missing) names it by a path such as `ST21.numberOfTiers`.
 */

/** A value of a table: counts and small integers are numbers, 64 bits are bigint, bytes are hex, times and BCD are text. */
export type Value = number | bigint | string | boolean | readonly Value[] | Fields;
export interface Fields {
  readonly [name: string]: Value;
}

/** A number, a path to one, or what is computed from one: bytes that hold so many bits, or a nibble each and one more. */
export type Size = number | Path | { readonly bitsOf: Path } | { readonly nibblesOf: Path };
export type Path = `ST${number}.${string}`;

/** A flag of another table; a table that must be in use; a value that must be so (both as ST0 and others declare). */
export type Condition =
  | Path
  | { readonly not: Path }
  | { readonly uses: number }
  | { readonly path: Path; readonly equals: number };

/** Bits of an integer of so many bytes: first and last bit of each part; one bit is a boolean. */
export interface Bits {
  readonly bits: 1 | 2 | 4;
  readonly parts: Readonly<Record<string, readonly [number, number]>>;
}

export type Type =
  | 'u8'
  | 'u16'
  | 'u32'
  | 'i8'
  | 'i16'
  | 'i32'
  /** A number in the format that ST0 names (NI_FORMAT1, NI_FORMAT2). */
  | 'ni1'
  | 'ni2'
  /** In the format that ST0 names (TM_FORMAT): date and time to the minute, to the second, each alone. */
  | 'stime'
  | 'ltime'
  | 'time'
  | 'date'
  | Bits
  | { readonly text: Size }
  /** Text of so many characters, or half as many bytes of BCD where ST0 says so (ID_FORM). */
  | { readonly id: number }
  | { readonly bcd: number }
  | { readonly bytes: Size | 'rest' }
  /** Numbers of the bits that are set. */
  | { readonly set: Size }
  | { readonly array: Size; readonly of: Type }
  | { readonly record: readonly Field[] }
  | { readonly choose: Path; readonly of: Readonly<Record<number, Type>> };

export interface Field {
  readonly name: string;
  readonly type: Type;
  readonly when?: Condition;
}

export interface Table {
  readonly number: number;
  readonly name: string;
  readonly fields: readonly Field[];
}

/** Tables decoded before, by number: what the paths look into. */
export type Known = ReadonlyMap<number, Fields>;
