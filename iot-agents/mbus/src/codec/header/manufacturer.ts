/** The three letters of a maker in two bytes (EN 13757-7, 7.5.2: five bits a letter, A is 1). */

const LETTER_BITS = 5;
const BEFORE_A = 64;
const NAMES: string[] = [];

/** `2c2d` read little-endian is KAM; codes beyond the letters keep a sign of their own, as the bits give them. */
export function formatManufacturer(code: number): string {
  const known = NAMES[code];
  if (known !== undefined) return known;
  const letter = (shift: number) => String.fromCharCode(((code >> shift) & 0x1f) + BEFORE_A);
  const name = letter(2 * LETTER_BITS) + letter(LETTER_BITS) + letter(0);
  NAMES[code] = name;
  return name;
}

export function parseManufacturer(name: string): number {
  let code = 0;
  for (const letter of name) code = (code << LETTER_BITS) | ((letter.charCodeAt(0) - BEFORE_A) & 0x1f);
  return code;
}
