/** The sum of two decimals as a meter wrote them: 0.1 and 0.2 are 0.3. A double's own sum would add its rounding errors. */

/** Beyond this the smaller one vanishes in the larger anyway, and the digits would be many. */
const MAX_SPREAD = 40;

export function addDecimals(a: number, b: number): number {
  if (a === 0) return b;
  if (b === 0) return a;
  const floating = a + b;
  if (Number.isSafeInteger(a) && Number.isSafeInteger(b)) return floating;
  const first = split(a);
  const second = split(b);
  if (Math.abs(first.exponent - second.exponent) > MAX_SPREAD) return floating;
  const exponent = Math.min(first.exponent, second.exponent);
  return Number(`${scaled(first, exponent) + scaled(second, exponent)}e${exponent}`);
}

interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** The shortest decimal that reads back as the same double, which is what was written in it. */
function split(value: number): Decimal {
  const [mantissa = '0', power = '0'] = value.toExponential().split('e');
  const [whole = '0', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length };
}

function scaled({ digits, exponent }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(exponent - to);
}
