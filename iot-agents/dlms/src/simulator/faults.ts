/** A bad line by seed: answers of the meters that are lost, or have a bit turned on the way. */

import type { Random } from '@contor/kit';
import type { ServerLink } from '../session/link/server-link.js';

export interface LineFaults {
  /** Chance of each answer. */
  readonly loss: number;
  readonly damage: number;
}

export function faultyLink(link: ServerLink, random: Random, { loss, damage }: LineFaults): ServerLink {
  if (loss === 0 && damage === 0) return link;
  return {
    hear: (chunk, nowMs) =>
      link.hear(chunk, nowMs).flatMap((answer) => {
        if (random.next() < loss) return [];
        return [random.next() < damage ? withTurnedBit(answer, random) : answer];
      }),
  };
}

function withTurnedBit(bytes: Uint8Array, random: Random): Uint8Array {
  const damaged = bytes.slice();
  const at = random.integer(damaged.length);
  damaged[at] = (damaged[at] ?? 0) ^ (1 << random.integer(8));
  return damaged;
}
