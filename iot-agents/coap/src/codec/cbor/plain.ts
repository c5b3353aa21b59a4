/** An item as JSON would have it (RFC 8949, 6.1), where nothing is lost by that: no bytes, no NaN, no keys but texts. */

import { bignumOf, type CborItem, FALSE, NULL, TRUE } from './item.js';

export type Plain = null | boolean | number | bigint | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Undefined when JSON has no word for it. */
export function toPlain(item: CborItem): Plain | undefined {
  switch (item.type) {
    case 'integer':
    case 'text':
      return item.value;
    case 'float':
      return Number.isFinite(item.value) ? item.value : undefined;
    case 'tag':
      return bignumOf(item);
    case 'simple':
      return plainSimple(item.value);
    case 'array':
      return plainArray(item.items);
    case 'map':
      return plainMap(item.entries);
    case 'bytes':
      return undefined;
  }
}

function plainSimple(value: number): Plain | undefined {
  if (value === NULL) return null;
  return value === FALSE || value === TRUE ? value === TRUE : undefined;
}

function plainArray(items: readonly CborItem[]): Plain | undefined {
  const plain: Plain[] = [];
  for (const item of items) {
    const value = toPlain(item);
    if (value === undefined) return undefined;
    plain.push(value);
  }
  return plain;
}

function plainMap(entries: readonly (readonly [CborItem, CborItem])[]): Plain | undefined {
  const plain = new Map<string, Plain>();
  for (const [key, item] of entries) {
    const value = toPlain(item);
    // A repeated key would lose one of the two (RFC 8949, 5.6).
    if (key.type !== 'text' || value === undefined || plain.has(key.value)) return undefined;
    plain.set(key.value, value);
  }
  return Object.fromEntries(plain);
}
