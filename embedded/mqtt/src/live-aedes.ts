/** aedes without its publish pipeline. */

import { Aedes, type PublishPacket } from 'aedes';
import type { Exchange } from './exchange.js';

/** The whole of aedes' publish pipeline (retained, offline queues, emitter, events) is ours or unused: one live delivery is left. */
export class LiveAedes extends Aedes {
  readonly #exchange: Exchange;

  constructor(options: ConstructorParameters<typeof Aedes>[0], exchange: Exchange) {
    super({ ...options, mq: exchange });
    this.#exchange = exchange;
  }

  override publish(packet: PublishPacket, second: unknown, third?: (error?: Error) => void): void {
    // Without a client it is aedes' own $SYS chatter for clusters, which nobody here listens to.
    if (typeof second !== 'function') this.#exchange.emit(packet);
    const done = typeof second === 'function' ? second : third;
    done?.();
  }
}
