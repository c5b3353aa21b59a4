/** Messages in several frames (OMS volume 2, 6.3): fragments of one sender joined in their order, within limits. */

import { WireError } from '@contor/kit';
import type { AuthenticationLayer } from './afl.js';

export interface Fragments {
  /** The whole message, or undefined while parts are missing. */
  readonly add: (sender: string, layer: AuthenticationLayer) => AuthenticationLayer | WireError | undefined;
}

interface Partial {
  readonly layers: readonly AuthenticationLayer[];
  readonly bytes: number;
}

/** Senders in the middle of a message: more than one receiver hears at once; the oldest makes room. */
const MAX_SENDERS = 256;
/** OMS volume 2, 6.3: a message has at most 16 KiB. */
const MAX_BYTES = 16_384;
const MAX_FRAGMENTS = 255;

export function fragmentBook(): Fragments {
  const partials = new Map<string, Partial>();
  return {
    add: (sender, layer) => {
      const before = partials.get(sender);
      partials.delete(sender);
      const layers = layer.fragmentId <= 1 ? [layer] : [...(before?.layers ?? []), layer];
      if (layers.length !== Math.max(1, layer.fragmentId))
        return new WireError('wmbus.afl.fragment', 'A fragment is missing before this one.', {
          fragment: layer.fragmentId,
        });
      const bytes = (layers.length > 1 ? (before?.bytes ?? 0) : 0) + layer.payload.length;
      if (bytes > MAX_BYTES || layers.length > MAX_FRAGMENTS)
        return new WireError('wmbus.afl.long', 'The message grows beyond its limit.', { limit: MAX_BYTES });
      if (!layer.hasMoreFragments) return joined(layers);
      if (partials.size >= MAX_SENDERS) {
        const [oldest] = partials.keys();
        if (oldest !== undefined) partials.delete(oldest);
      }
      partials.set(sender, { layers, bytes });
      return undefined;
    },
  };
}

/** Each field stands in one of the fragments: control and counter in the first, the code in the last. */
function joined(layers: readonly AuthenticationLayer[]): AuthenticationLayer | WireError {
  const [first] = layers;
  const last = layers.at(-1);
  if (first === undefined || last === undefined) return new WireError('wmbus.afl.fragment', 'There is no fragment.');
  if (layers.length === 1) return first;
  return {
    ...last,
    control: first.control ?? last.control,
    keyInformation: first.keyInformation ?? last.keyInformation,
    counter: first.counter ?? last.counter,
    mac: last.mac ?? first.mac,
    messageLength: first.messageLength ?? last.messageLength,
    payload: new Uint8Array(Buffer.concat(layers.map(({ payload }) => payload))),
  };
}
