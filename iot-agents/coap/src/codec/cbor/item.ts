/** The data items of CBOR as RFC 8949 words them; what the form of the bytes adds (indefinite lengths) stays visible. */

export type CborItem =
  /** Major types 0 and 1: a number where it is exact, else a bigint. */
  | { readonly type: 'integer'; readonly value: number | bigint }
  /** `chunks` when the string came in pieces (RFC 8949, 3.2.3). */
  | { readonly type: 'bytes'; readonly value: Uint8Array; readonly chunks?: readonly Uint8Array[] }
  | { readonly type: 'text'; readonly value: string; readonly chunks?: readonly string[] }
  | { readonly type: 'array'; readonly items: readonly CborItem[]; readonly isIndefinite: boolean }
  | { readonly type: 'map'; readonly entries: readonly CborEntry[]; readonly isIndefinite: boolean }
  | { readonly type: 'tag'; readonly tag: number | bigint; readonly item: CborItem }
  /** 20 to 23 are false, true, null and undefined (RFC 8949, 3.3). */
  | { readonly type: 'simple'; readonly value: number }
  | { readonly type: 'float'; readonly value: number };

export type CborEntry = readonly [key: CborItem, value: CborItem];

export const FALSE = 20;
export const TRUE = 21;
export const NULL = 22;
export const UNDEFINED = 23;

/** RFC 8949, 3.4.3 and 3.4.4. */
export const POSITIVE_BIGNUM = 2;
export const NEGATIVE_BIGNUM = 3;
export const DECIMAL_FRACTION = 4;

/** A bignum longer than this stays bytes: to write it as digits would take longer than anybody's measurement is worth. */
const MAX_BIGNUM_BYTES = 1024;

/** The integer of a bignum, or undefined when the item is none (or an absurdly long one). */
export function bignumOf(item: CborItem): bigint | undefined {
  if (item.type !== 'tag' || item.item.type !== 'bytes' || item.item.value.length > MAX_BIGNUM_BYTES) return undefined;
  if (item.tag !== POSITIVE_BIGNUM && item.tag !== NEGATIVE_BIGNUM) return undefined;
  const digits = Buffer.from(item.item.value).toString('hex');
  const magnitude = digits === '' ? 0n : BigInt(`0x${digits}`);
  return item.tag === POSITIVE_BIGNUM ? magnitude : -1n - magnitude;
}
