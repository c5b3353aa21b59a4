/**
 * Live delivery: QoS 0, and clean sessions. aedes hands us one function per subscription and calls this its emitter. Nobody
 * waits here: a subscriber that does not read is dealt with where its socket is known.
 */

import { FilterTree } from './topics.js';

export interface LivePacket {
  readonly topic: string;
  brokerCounter?: number;
}

export type Deliver = (packet: LivePacket, done: () => void) => void;

export class Exchange {
  readonly #tree = new FilterTree<Deliver>();
  #counter = 0;

  on(filter: string, deliver: Deliver, done?: () => void): this {
    this.#tree.add(filter, deliver);
    if (done !== undefined) setImmediate(done);
    return this;
  }

  removeListener(filter: string, deliver: Deliver, done?: () => void): this {
    this.#tree.remove(filter, deliver);
    if (done !== undefined) setImmediate(done);
    return this;
  }

  emit(packet: LivePacket, done?: () => void): this {
    // aedes drops a packet whose counter is not above the last one a client has seen: it is how overlapping filters give one
    // delivery. Counted here, in the order of delivery, it never drops anything else.
    this.#counter += 1;
    packet.brokerCounter = this.#counter;
    for (const deliver of this.#tree.match(packet.topic)) deliver(packet, noop);
    done?.();
    return this;
  }

  close(done: () => void): this {
    setImmediate(done);
    return this;
  }
}

function noop(): void {
  // Deliveries report to nobody: see above.
}
