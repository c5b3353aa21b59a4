/** The values of COSEM attributes: IEC 62056-6-2, 4.1.5 (common data types) and IEC 62056-5-3, Data and TypeDescription. */

export type IntegerType =
  | 'bcd'
  | 'integer'
  | 'long'
  | 'double-long'
  | 'unsigned'
  | 'long-unsigned'
  | 'double-long-unsigned'
  | 'enum'
  | 'delta-integer'
  | 'delta-long'
  | 'delta-double-long'
  | 'delta-unsigned'
  | 'delta-long-unsigned'
  | 'delta-double-long-unsigned';

export type Data =
  | { readonly type: 'null-data' | 'dont-care'; readonly value: null }
  | { readonly type: 'array' | 'structure'; readonly value: readonly Data[] }
  | { readonly type: 'compact-array'; readonly description: TypeDescription; readonly value: readonly Data[] }
  | { readonly type: 'boolean'; readonly value: boolean }
  /** The bits as digits, first bit first. */
  | { readonly type: 'bit-string' | 'visible-string' | 'utf8-string'; readonly value: string }
  | { readonly type: IntegerType | 'float32' | 'float64'; readonly value: number }
  | { readonly type: 'long64' | 'long64-unsigned'; readonly value: bigint }
  | {
      readonly type: 'octet-string' | 'floating-point' | 'date-time' | 'date' | 'time';
      readonly value: Uint8Array;
    };

export type DataType = Data['type'];

export interface TypeRow {
  readonly tag: number;
  readonly type: DataType;
  /** Bytes of the contents; types without it carry their length. */
  readonly size?: number;
}

/** IEC 62056-5-3, Data; tag 7 is an old form of a float that meters in the field still know. */
export const DATA_TYPES = [
  { tag: 0, type: 'null-data', size: 0 },
  { tag: 1, type: 'array' },
  { tag: 2, type: 'structure' },
  { tag: 3, type: 'boolean', size: 1 },
  { tag: 4, type: 'bit-string' },
  { tag: 5, type: 'double-long', size: 4 },
  { tag: 6, type: 'double-long-unsigned', size: 4 },
  { tag: 7, type: 'floating-point', size: 4 },
  { tag: 9, type: 'octet-string' },
  { tag: 10, type: 'visible-string' },
  { tag: 12, type: 'utf8-string' },
  { tag: 13, type: 'bcd', size: 1 },
  { tag: 15, type: 'integer', size: 1 },
  { tag: 16, type: 'long', size: 2 },
  { tag: 17, type: 'unsigned', size: 1 },
  { tag: 18, type: 'long-unsigned', size: 2 },
  { tag: 19, type: 'compact-array' },
  { tag: 20, type: 'long64', size: 8 },
  { tag: 21, type: 'long64-unsigned', size: 8 },
  { tag: 22, type: 'enum', size: 1 },
  { tag: 23, type: 'float32', size: 4 },
  { tag: 24, type: 'float64', size: 8 },
  { tag: 25, type: 'date-time', size: 12 },
  { tag: 26, type: 'date', size: 5 },
  { tag: 27, type: 'time', size: 4 },
  { tag: 28, type: 'delta-integer', size: 1 },
  { tag: 29, type: 'delta-long', size: 2 },
  { tag: 30, type: 'delta-double-long', size: 4 },
  { tag: 31, type: 'delta-unsigned', size: 1 },
  { tag: 32, type: 'delta-long-unsigned', size: 2 },
  { tag: 33, type: 'delta-double-long-unsigned', size: 4 },
  { tag: 255, type: 'dont-care', size: 0 },
] as const satisfies readonly TypeRow[];

/** What the elements of a compact array look like, said once in front of them. */
export type TypeDescription =
  | { readonly type: 'array'; readonly count: number; readonly element: TypeDescription }
  | { readonly type: 'structure'; readonly elements: readonly TypeDescription[] }
  | { readonly type: Exclude<DataType, 'array' | 'structure' | 'compact-array'> };

export const TAG_OF = new Map<DataType, number>(DATA_TYPES.map(({ type, tag }) => [type, tag]));

/** `[type, value]`, as in the traces of the trade; bytes stay bytes. */
export type Tree = readonly [DataType, unknown];

export function toTree(data: Data): Tree {
  if (data.type === 'array' || data.type === 'structure' || data.type === 'compact-array')
    return [data.type, data.value.map(toTree)];
  return [data.type, data.value];
}
