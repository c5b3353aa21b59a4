/**
 * Who a meter is: identification number, maker, version and device type (EN 13757-7, 7.5). Bytes come in two orders:
 * the long header begins with the number, the radio link and the ELL begin with the maker.
 */

import { formatManufacturer, parseManufacturer } from './manufacturer.js';

export interface MeterAddress {
  /** Eight digits as printed on the meter; some makers send hexadecimal digits. */
  readonly id: string;
  readonly manufacturer: string;
  readonly version: number;
  readonly deviceType: number;
}

export const ADDRESS_LENGTH = 8;
const WILDCARD_CODE = 0xffff;
const WILDCARD_BYTE = 0xff;

/** Id, maker, version, type: the long header (EN 13757-7, 7.5.1). */
export function addressOfHeader(bytes: Uint8Array, at: number): MeterAddress {
  return {
    id: idAt(bytes, at),
    manufacturer: formatManufacturer(u16(bytes, at + 4)),
    version: bytes[at + 6] ?? 0,
    deviceType: bytes[at + 7] ?? 0,
  };
}

/** Maker, id, version, type: the radio link and ELL III and IV (EN 13757-4, 11.5). */
export function addressOfLink(bytes: Uint8Array, at: number): MeterAddress {
  return {
    manufacturer: formatManufacturer(u16(bytes, at)),
    id: idAt(bytes, at + 2),
    version: bytes[at + 6] ?? 0,
    deviceType: bytes[at + 7] ?? 0,
  };
}

export function headerBytes(address: MeterAddress): Uint8Array {
  const link = linkBytes(address);
  return Uint8Array.of(...link.subarray(2, 6), ...link.subarray(0, 2), ...link.subarray(6));
}

export function linkBytes({ id, manufacturer, version, deviceType }: MeterAddress): Uint8Array {
  const code = parseManufacturer(manufacturer);
  const digits = Number.parseInt(id, 16);
  return Uint8Array.of(
    code & 0xff,
    code >> 8,
    digits & 0xff,
    (digits >>> 8) & 0xff,
    (digits >>> 16) & 0xff,
    digits >>> 24,
    version,
    deviceType,
  );
}

/** What a selection asks for (EN 13757-7, 7.5: digits F, and FF, stand for any). */
export interface SecondarySelection {
  readonly id: string;
  readonly manufacturer: string;
  readonly version: number | 'wildcard';
  readonly medium: number | 'wildcard';
}

export function decodeSelection(bytes: Uint8Array): SecondarySelection | undefined {
  if (bytes.length < ADDRESS_LENGTH) return undefined;
  const orAny = (value = 0) => (value === WILDCARD_BYTE ? ('wildcard' as const) : value);
  const code = u16(bytes, 4);
  return {
    id: idAt(bytes, 0),
    manufacturer: code === WILDCARD_CODE ? 'wildcard' : formatManufacturer(code),
    version: orAny(bytes[6]),
    medium: orAny(bytes[7]),
  };
}

export function encodeSelection({ id, manufacturer, version, medium }: SecondarySelection): Uint8Array {
  const orAny = (value: number | 'wildcard') => (value === 'wildcard' ? WILDCARD_BYTE : value);
  const bytes = headerBytes({
    id,
    manufacturer: manufacturer === 'wildcard' ? 'AAA' : manufacturer,
    version: orAny(version),
    deviceType: orAny(medium),
  });
  if (manufacturer === 'wildcard') bytes.fill(WILDCARD_BYTE, 4, 6);
  return bytes;
}

const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Least significant byte first. */
export function idAt(bytes: Uint8Array, at: number): string {
  const pair = (offset: number) => HEX_PAIRS[bytes[at + offset] ?? 0] ?? '';
  return pair(3) + pair(2) + pair(1) + pair(0);
}

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}
