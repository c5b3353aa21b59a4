/** The three check codes of this family: the block check character, the CRC-16 of P1 telegrams and that of C12.18 packets. */

/** IEC 62056-21, Annex A: exclusive or of all characters after the first SOH or STX, up to and with ETX or EOT. */
export function blockCheck(bytes: Uint8Array, from: number, to: number): number {
  let check = 0;
  for (let at = from; at < to; at += 1) check ^= bytes[at] ?? 0;
  return check;
}

/** DSMR P1 companion standard 5.0.2, 6.2: CRC-16 with x¹⁶+x¹⁵+x²+1, reflected, starting at 0, from "/" up to and with "!". */
export function crc16Arc(bytes: Uint8Array, from: number, to: number): number {
  return run(ARC, bytes, from, to, 0);
}

/** ANSI C12.18-2006, 4.6.2: the check sequence of HDLC, x¹⁶+x¹²+x⁵+1, reflected, starting and ending in ones. */
export function crc16X25(bytes: Uint8Array, from: number, to: number): number {
  return run(X25, bytes, from, to, 0xffff) ^ 0xffff;
}

const ARC = tableOf(0xa001);
const X25 = tableOf(0x8408);

function tableOf(polynomial: number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

function run(table: Uint16Array, bytes: Uint8Array, from: number, to: number, start: number): number {
  let crc = start;
  for (let at = from; at < to; at += 1) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  return crc;
}
