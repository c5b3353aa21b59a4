/** The correlation id that follows a reading all the way (header `Fiware-Correlator`): a version 4 UUID, RFC 9562, 5.4. */

import { toHex } from './hex.js';
import type { Random } from './random.js';

export function newCorrelationId(random: Random): string {
  const bytes = random.bytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = toHex(bytes);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
