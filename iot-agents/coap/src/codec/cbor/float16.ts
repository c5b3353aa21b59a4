/** IEEE 754 binary16, which JavaScript of this age does not know (RFC 8949, appendix D). */

const view = new DataView(new ArrayBuffer(4));

export function readFloat16(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The sixteen bits of a value that they hold exactly, else undefined. */
export function exactFloat16(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00;
  if (Math.fround(value) !== value) return undefined;
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7f_ffff;
  if (value === 0) return sign;
  if (exponent === 128) return sign | 0x7c00;
  const half =
    exponent >= -14
      ? ((exponent + 15) << 10) | (fraction >>> 13)
      : exponent >= -24
        ? (fraction | 0x80_0000) >>> (-exponent - 1)
        : -1;
  if (half < 0 || exponent > 15) return undefined;
  return readFloat16(half) === Math.abs(value) ? sign | half : undefined;
}
