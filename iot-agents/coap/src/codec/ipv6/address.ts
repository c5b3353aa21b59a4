/** IPv6 addresses as sixteen bytes and as text (RFC 4291, 2.2; written as RFC 5952 wants it). */

import { WireError } from '@contor/kit';

export const ADDRESS_BYTES = 16;

export interface Prefix {
  readonly address: Uint8Array;
  /** In bits; those beyond are zero. */
  readonly length: number;
}

export function formatAddress(address: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, index) => ((address[2 * index] ?? 0) << 8) | (address[2 * index + 1] ?? 0),
  );
  const { start, length } = longestZeros(groups);
  const words = groups.map((group) => group.toString(16));
  if (length < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}

export function parseAddress(text: string): Uint8Array {
  const halves = text.length > MAX_TEXT ? [] : text.split('::');
  const head = groupsOf(halves[0] ?? '');
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '') : [];
  const isWhole = halves.length === 1 && head?.length === 8;
  const isShort = halves.length === 2 && (head?.length ?? 8) + (tail?.length ?? 8) < 8;
  if (head === undefined || tail === undefined || !(isWhole || isShort))
    throw new WireError('ipv6.address', 'The text is no IPv6 address.', { text: text.slice(0, MAX_TEXT) });
  const groups = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** "2001:db8::/64"; bits beyond the length are cleared. */
export function parsePrefix(text: string): Prefix {
  const [address = '', bits = '', ...more] = text.split('/', 3);
  const length = Number(bits);
  if (!/^\d{1,3}$/.test(bits) || length > 128 || more.length > 0)
    throw new WireError('ipv6.prefix', 'The text is no IPv6 prefix.', { text: text.slice(0, MAX_TEXT) });
  return { address: overlay(new Uint8Array(ADDRESS_BYTES), parseAddress(address), length), length };
}

/** `address` with its first `bits` bits replaced by those of `prefix`. */
export function overlay(address: Uint8Array, prefix: Uint8Array, bits: number): Uint8Array {
  const whole = bits >> 3;
  const result = address.slice();
  result.set(prefix.subarray(0, whole));
  if ((bits & 7) !== 0) {
    const mask = (0xff00 >> (bits & 7)) & 0xff;
    result[whole] = ((prefix[whole] ?? 0) & mask) | ((address[whole] ?? 0) & ~mask);
  }
  return result;
}

const MAX_TEXT = 45;

function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const words = text.split(':');
  return words.every((word) => /^[0-9a-fA-F]{1,4}$/.test(word))
    ? words.map((word) => Number.parseInt(word, 16))
    : undefined;
}

/** RFC 5952, 4.2.3: the longest run of zeros, the first of two equal ones. */
function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(start, end - 1);
  }
  return best;
}
