/** Logical names: IEC 62056-6-1, 5.1 — six numbers A to F; written A-B:C.D.E*F by people and a.b.c.d.e.f by the tools of the trade. */

import { WireError } from '@contor/kit';

/** A fleet knows some hundreds of names; the bound keeps an attacker from filling the memory. */
const MAX_KNOWN = 4096;
const known = new Map<number, string>();

/** `1-0:1.8.0`, with `*F` unless F is 255. */
export function formatObis(logicalName: Uint8Array): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 255] = logicalName;
  const key = ((a << 16) | (b << 8) | c) * 0x100_0000 + ((d << 16) | (e << 8) | f);
  const text = known.get(key);
  if (text !== undefined) return text;
  const fresh = `${a}-${b}:${c}.${d}.${e}${f === 255 ? '' : `*${f}`}`;
  if (known.size < MAX_KNOWN) known.set(key, fresh);
  return fresh;
}

/** `0.0.96.3.10.255`. */
export function formatLogicalName(logicalName: Uint8Array): string {
  return logicalName.join('.');
}

/** Either form. */
export function parseLogicalName(text: string): Uint8Array {
  const parts = text.split(/[-:.*]/).map(Number);
  if (parts.length === 5) parts.push(255);
  if (parts.length !== 6 || !parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255))
    throw new WireError('cosem.logical-name', 'A logical name has six numbers below 256.', {});
  return Uint8Array.from(parts);
}
