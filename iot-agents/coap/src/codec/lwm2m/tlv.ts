/**
 * The TLV of LwM2M (OMA-TS-LightweightM2M-V1_0, 6.4.3; Content-Format 11542): instances of objects and resources with their
 * values as bytes. What a value means is in the object's definition, so the caller says as what it is read.
 */

import { ByteReader, type Decoded, WireError } from '@contor/kit';

/** Bits 7 and 6 of the type. */
export const TLV_KINDS = ['objectInstance', 'resourceInstance', 'multipleResource', 'resource'] as const;
export type TlvKind = (typeof TLV_KINDS)[number];

export type Tlv =
  | { readonly kind: 'objectInstance' | 'multipleResource'; readonly id: number; readonly children: readonly Tlv[] }
  | { readonly kind: 'resourceInstance' | 'resource'; readonly id: number; readonly value: Uint8Array };

/** Which kinds may stand in which (6.4.3): two levels at most, so nothing nests further. */
const WITHIN: Readonly<Record<'message' | TlvKind, ReadonlySet<TlvKind>>> = {
  message: new Set(['objectInstance', 'multipleResource', 'resource']),
  objectInstance: new Set(['multipleResource', 'resource']),
  multipleResource: new Set(['resourceInstance']),
  resource: new Set(),
  resourceInstance: new Set(),
};

/** A body is whole or wrong: CoAP says where it ends. */
export function decodeTlv(bytes: Uint8Array): Decoded<readonly Tlv[]> {
  try {
    return { kind: 'value', value: readAll(new ByteReader(bytes), 'message'), used: Math.max(1, bytes.length) };
  } catch (error) {
    if (error instanceof WireError) return { kind: 'garbage', error, used: Math.max(1, bytes.length) };
    throw error;
  }
}

/** Integers are signed, of 1, 2, 4 or 8 bytes (appendix C). */
export function tlvInteger(value: Uint8Array): number | bigint | undefined {
  const reader = new ByteReader(value);
  if (value.length === 1) return reader.i8();
  if (value.length === 2) return reader.i16();
  if (value.length === 4) return reader.i32();
  if (value.length !== 8) return undefined;
  const whole = reader.i64();
  return BigInt.asIntN(53, whole) === whole ? Number(whole) : whole;
}

/** Floats are IEEE 754 of 4 or 8 bytes (appendix C). */
export function tlvFloat(value: Uint8Array): number | undefined {
  const reader = new ByteReader(value);
  if (value.length === 4) return reader.f32();
  return value.length === 8 ? reader.f64() : undefined;
}

/** One byte, 0 or 1 (appendix C). */
export function tlvBoolean(value: Uint8Array): boolean | undefined {
  return value.length === 1 && (value[0] ?? 2) < 2 ? value[0] === 1 : undefined;
}

function readAll(reader: ByteReader, within: 'message' | TlvKind): readonly Tlv[] {
  const all: Tlv[] = [];
  while (reader.remaining > 0) all.push(readOne(reader, within));
  return all;
}

function readOne(reader: ByteReader, within: 'message' | TlvKind): Tlv {
  const { offset } = reader;
  const type = reader.u8();
  const kind = TLV_KINDS[type >> 6] ?? 'resource';
  if (!WITHIN[within].has(kind))
    throw new WireError('tlv.kind', 'An entry stands where its kind may not.', { offset, kind });
  const id = (type & 0x20) === 0 ? reader.u8() : reader.u16();
  const value = reader.bytes(readLength(reader, type));
  return kind === 'objectInstance' || kind === 'multipleResource'
    ? { kind, id, children: readAll(new ByteReader(value), kind) }
    : { kind, id, value };
}

/** Bits 4 and 3: the length is in the type itself, or in one, two or three bytes behind the identifier. */
function readLength(reader: ByteReader, type: number): number {
  const form = (type >> 3) & 3;
  if (form === 0) return type & 7;
  if (form === 1) return reader.u8();
  return form === 2 ? reader.u16() : (reader.u8() << 16) | reader.u16();
}
