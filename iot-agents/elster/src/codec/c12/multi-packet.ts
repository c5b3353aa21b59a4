/** Messages of several packets, ANSI C12.18-2006, 4.6.1: the first is marked, the sequence counts down to zero. */

import { WireError } from '@contor/kit';
import { CONTROL, type Packet } from './packet.js';

/** Packets of one message: at most 256 by the width of the counter. */
export interface Assembly {
  readonly parts: readonly Uint8Array[];
  /** Sequence of the packet that must come next; absent before the first. */
  readonly next?: number;
}

export const EMPTY_ASSEMBLY: Assembly = { parts: [] };

export type Assembled =
  | { readonly kind: 'message'; readonly data: Uint8Array }
  | { readonly kind: 'more'; readonly assembly: Assembly }
  | { readonly kind: 'fault'; readonly error: WireError };

export function assemble(assembly: Assembly, { control, sequence, data }: Packet): Assembled {
  const isMulti = (control & CONTROL.multiPacket) !== 0;
  const isFirst = (control & CONTROL.firstPacket) !== 0;
  if (!isMulti) return sequence === 0 ? { kind: 'message', data } : fault(sequence, 0);
  const wanted = isFirst ? sequence : assembly.next;
  if (wanted === undefined || wanted !== sequence) return fault(sequence, wanted);
  const parts = isFirst ? [data] : [...assembly.parts, data];
  if (sequence > 0) return { kind: 'more', assembly: { parts, next: sequence - 1 } };
  return { kind: 'message', data: new Uint8Array(Buffer.concat(parts)) };
}

/** The data in packets of at most `size` bytes each, the toggle bit alternating from `toggle` on. */
export function split(data: Uint8Array, size: number, identity: number, toggle: boolean): readonly Packet[] {
  const count = Math.max(1, Math.ceil(data.length / size));
  if (count > 256) throw new WireError('c12.length', 'The message needs too many packets.', { count });
  return Array.from({ length: count }, (_, index) => ({
    identity,
    control:
      (count > 1 ? CONTROL.multiPacket : 0) |
      (count > 1 && index === 0 ? CONTROL.firstPacket : 0) |
      ((index % 2 === 0) === toggle ? CONTROL.toggle : 0),
    sequence: count - 1 - index,
    data: data.slice(index * size, (index + 1) * size),
  }));
}

function fault(actual: number, expected: number | undefined): Assembled {
  return { kind: 'fault', error: new WireError('c12.sequence', 'A packet is missing.', { expected, actual }) };
}
