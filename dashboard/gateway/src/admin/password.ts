/** A password for one sign-in: read aloud, typed once, then changed. Twenty letters of an alphabet of 32 are 100 bits. */

import type { Random } from '@contor/kit';

/** Without those that look like others (Crockford's base 32, small). */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 5;
const GROUP = 4;

export function temporaryPassword(random: Random): string {
  const letters = [...random.bytes(GROUPS * GROUP)].map((byte) => LETTERS[byte % LETTERS.length] ?? '');
  const groups = Array.from({ length: GROUPS }, (_, n) => letters.slice(n * GROUP, (n + 1) * GROUP).join(''));
  return groups.join('-');
}
