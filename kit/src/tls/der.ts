/** Writing DER (ITU-T X.690, clause 10): what a certificate needs of it and no more. Reading certificates is Node's. */

const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

function element(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(contents);
  return Buffer.concat([Uint8Array.of(tag), lengthOf(body.byteLength), body]);
}

/** 8.1.3: short form below 128, else the number of length bytes and the length. */
function lengthOf(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(TAGS.sequence, ...parts);
export const set = (...parts: readonly Uint8Array[]): Uint8Array => element(TAGS.set, ...parts);
export const boolean = (value: boolean): Uint8Array => element(TAGS.boolean, Uint8Array.of(value ? 0xff : 0));
export const octetString = (bytes: Uint8Array): Uint8Array => element(TAGS.octetString, bytes);
export const utf8String = (text: string): Uint8Array => element(TAGS.utf8String, Buffer.from(text, 'utf8'));
export const bitString = (bytes: Uint8Array, unusedBits = 0): Uint8Array =>
  element(TAGS.bitString, Uint8Array.of(unusedBits), bytes);
/** Context-specific, e.g. `[0] EXPLICIT` is constructed, an IMPLICIT primitive is not. */
export const context = (number: number, isConstructed: boolean, ...parts: readonly Uint8Array[]): Uint8Array =>
  element(0x80 | (isConstructed ? 0x20 : 0) | number, ...parts);

/** A positive integer from its bytes, the highest first: no more leading zeros than the sign needs (8.3.2). */
export function integer(bytes: Uint8Array): Uint8Array {
  const from = bytes.findIndex((byte) => byte !== 0);
  const kept = from === -1 ? Uint8Array.of(0) : bytes.subarray(from);
  return (kept[0] ?? 0) >= 0x80 ? element(TAGS.integer, Uint8Array.of(0), kept) : element(TAGS.integer, kept);
}

/** 8.19: the first two arcs share a byte, each further one is written in sevens of bits. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(TAGS.objectIdentifier, Uint8Array.from([first * 40 + second, ...rest].flatMap(sevens)));
}

function sevens(arc: number): number[] {
  const bytes = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift(0x80 | (left % 128));
  return bytes;
}

/** RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime after it; whole seconds, Zulu. */
export function time(ms: number): Uint8Array {
  const text = `${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`;
  const isEarly = new Date(ms).getUTCFullYear() < 2050;
  return element(isEarly ? TAGS.utcTime : TAGS.generalizedTime, Buffer.from(isEarly ? text.slice(2) : text, 'latin1'));
}
