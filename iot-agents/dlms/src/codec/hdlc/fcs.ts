/** The check sequence of HDLC frames, CRC-16/X-25: ISO/IEC 13239, 4.2.5.2 and IEC 62056-46, 6.4.2.9; low byte first on the line. */

const POLYNOMIAL = 0x8408;
const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

export function fcs16(bytes: Uint8Array, start: number, end: number): number {
  let rest = 0xffff;
  for (let at = start; at < end; at += 1) rest = (rest >>> 8) ^ (TABLE[(rest ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return rest ^ 0xffff;
}
