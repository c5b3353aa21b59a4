/** Tag, length, value: X.690 in the little part that ACSE needs — definite lengths, tags of one byte. */

import { type ByteReader, ByteWriter, WireError } from '@contor/kit';

export interface Tlv {
  readonly tag: number;
  readonly value: Uint8Array;
}

export function readTlv(from: ByteReader): Tlv {
  const tag = from.u8();
  return { tag, value: from.bytes(readBerLength(from)) };
}

export function tlv(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const to = new ByteWriter(length + 6);
  to.u8(tag);
  if (length < 0x80) to.u8(length);
  else if (length <= 0xff) to.u8(0x81).u8(length);
  else to.u8(0x82).u16(length);
  for (const part of parts) to.bytes(part);
  return to.finish();
}

function readBerLength(from: ByteReader): number {
  const first = from.u8();
  if (first < 0x80) return first;
  if (first === 0x81) return from.u8();
  if (first === 0x82) return from.u16();
  throw new WireError('acse.length', 'A length of ACSE has one to three bytes.', { first });
}
