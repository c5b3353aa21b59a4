/** What stands between the air and us: sticks, gateways and programs, each with a framing of its own around the same telegrams. */

import type { Decoded } from '@contor/kit';
import type { LinkFormat } from '../codec/radio/link.js';

export interface HeardTelegram {
  /** From the L field on. */
  readonly bytes: Uint8Array;
  /** Whether the checksums of the link are still in it. */
  readonly format: LinkFormat;
  readonly rssiDbm: number | undefined;
}

export interface ReceiverRow {
  readonly name: string;
  readonly about: string;
  /** The next telegram of a stream. What is no telegram (a greeting, an answer to a command) is passed over as `nothing`. */
  readonly decode: (bytes: Uint8Array) => Decoded<HeardTelegram | 'nothing'>;
  /** The other way, for simulated receivers. */
  readonly encode: (telegram: HeardTelegram) => Uint8Array;
}

/** A telegram has 256 bytes at most, 290 with checksums; in hex, with fields of a receiver around it, less than this. */
export const MAX_FRAMED = 2_048;
