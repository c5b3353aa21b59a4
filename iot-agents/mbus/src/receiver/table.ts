/** The receivers we know, by name, and the reader of their streams. A new one is a row here. */

import type { WireError } from '@contor/kit';
import { AMBER, AMBER_LEVEL } from './amber.js';
import { IM871A, IU891A } from './imst.js';
import { HEX_LINES, RTL_WMBUS } from './lines.js';
import { type HeardTelegram, MAX_FRAMED, type ReceiverRow } from './receiver.js';

export const RECEIVERS = [
  HEX_LINES,
  RTL_WMBUS,
  IM871A,
  IU891A,
  AMBER,
  AMBER_LEVEL,
] as const satisfies readonly ReceiverRow[];

export const RECEIVER_NAMES = RECEIVERS.map(({ name }) => name);

export function receiverNamed(name: string): ReceiverRow | undefined {
  return RECEIVERS.find((row) => row.name === name);
}

export interface Stream {
  /** What these bytes complete, in their order. */
  feed(chunk: Uint8Array): readonly (HeardTelegram | WireError)[];
}

const NOTHING = new Uint8Array(0);

/** Any chunking gives the same telegrams; what is kept is never more than a frame and the chunk. */
export function streamOf({ decode }: ReceiverRow): Stream {
  let buffer: Uint8Array = NOTHING;
  return {
    feed(chunk) {
      const bytes = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk]);
      const heard: (HeardTelegram | WireError)[] = [];
      let at = 0;
      while (at < bytes.length) {
        const decoded = decode(bytes.subarray(at));
        if (decoded.kind === 'pending') break;
        at += decoded.used;
        if (decoded.kind === 'garbage') {
          // Bytes between two frames are one fault, however many they are.
          const last = heard.at(-1);
          if (last === undefined || 'bytes' in last || last.code !== decoded.error.code || decoded.used > 1)
            heard.push(decoded.error);
        } else if (decoded.value !== 'nothing') heard.push(decoded.value);
      }
      const rest = bytes.subarray(at);
      buffer = rest.length > MAX_FRAMED ? NOTHING : rest.slice();
      return heard;
    },
  };
}
