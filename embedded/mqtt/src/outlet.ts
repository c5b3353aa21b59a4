/**
 * One connected persistent session: sends its queue in order, within the window, as fast as the socket takes it. A peer that does
 * not read holds up nobody but itself; its messages wait in its session.
 */

import type { Socket } from 'node:net';
import type { Logger } from '@contor/kit';
import { type Delivery, MAX_IN_FLIGHT, packetIdOf, type Session } from './session.js';
import { encodePublish, encodePubrel } from './wire.js';

/** Written, and not yet taken by the system. Beyond this the session waits for the socket. */
const MAX_UNSENT_BYTES = 1024 * 1024;
/** One write to the socket. */
const WRITE_BYTES = 64 * 1024;

export interface OutletOptions {
  readonly socket: Socket;
  readonly session: Session;
  readonly log: Logger;
  /** Rules are checked on delivery too (T24): they may have changed since the subscription. */
  mayReceive(topic: string): boolean;
  load(session: Session): Promise<void>;
  abandon(session: Session, deliveries: readonly Delivery[]): void;
  /** Counts as delivered, because nothing is left to deliver. */
  settle(delivery: Delivery): void;
  onSent(): void;
}

export class Outlet {
  readonly session: Session;
  readonly #options: OutletOptions;
  #isScheduled = false;
  #isLoading = false;
  #isClosed = false;

  constructor(options: OutletOptions) {
    this.#options = options;
    this.session = options.session;
    this.session.rewind();
    this.schedule();
  }

  /** Many messages become durable in one commit and many acknowledgements arrive in one packet: one round serves them all. */
  schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  #pump(): void {
    const { socket } = this.#options;
    if (this.#isClosed || this.#isLoading || socket.destroyed || socket.writableNeedDrain) return;
    let chunk: Buffer[] = [];
    let chunkBytes = 0;
    const write = (): void => {
      if (chunk.length > 0) socket.write(chunk.length === 1 ? (chunk[0] ?? '') : Buffer.concat(chunk, chunkBytes));
      chunk = [];
      chunkBytes = 0;
    };
    for (let frame = this.#nextFrame(); frame !== undefined; frame = this.#nextFrame()) {
      chunk.push(frame);
      chunkBytes += frame.length;
      if (chunkBytes < WRITE_BYTES) continue;
      write();
      if (socket.writableLength > MAX_UNSENT_BYTES) break;
    }
    write();
    if (socket.writableNeedDrain) socket.once('drain', () => this.schedule());
  }

  #nextFrame(): Buffer | undefined {
    const { session } = this;
    for (let delivery = session.peek(); delivery !== undefined; delivery = session.peek()) {
      const { message } = delivery;
      if (message.location === 0 || delivery.index >= session.floor + MAX_IN_FLIGHT) return undefined;
      if (!this.#options.mayReceive(message.topic)) {
        this.#options.log.warn(
          { topic: message.topic },
          'A queued message is no longer allowed by the rules and was not sent.',
        );
        this.#options.abandon(session, [delivery]);
        continue;
      }
      if (message.payload === undefined && delivery.state !== 'released') {
        this.#load(delivery);
        return undefined;
      }
      session.passed();
      return this.#frame(delivery, message.payload);
    }
    return undefined;
  }

  #frame(delivery: Delivery, payload: Uint8Array | undefined): Buffer {
    const packetId = packetIdOf(delivery.index);
    if (delivery.state === 'released' || payload === undefined) return encodePubrel(packetId);
    const isDuplicate = delivery.state === 'sent';
    delivery.state = 'sent';
    this.#options.onSent();
    const { topic, isRetained } = delivery.message;
    return encodePublish({ topic, payload, qos: delivery.qos, isRetained, isDuplicate, packetId });
  }

  #load(delivery: Delivery): void {
    const { location } = delivery.message;
    this.#isLoading = true;
    this.#options.load(this.session).then(
      () => {
        this.#isLoading = false;
        if (
          delivery.message.payload === undefined &&
          delivery.message.location === location &&
          delivery.state !== 'settled'
        ) {
          // The log has set a damaged range aside; there is nothing left to send.
          this.#options.log.error(
            { topic: delivery.message.topic, location },
            'A queued message could not be read back.',
          );
          this.#options.settle(delivery);
        }
        this.schedule();
      },
      (error: unknown) => {
        this.#isLoading = false;
        this.#options.log.error({ error }, 'Reading queued messages back failed; the connection is closed.');
        this.#options.socket.destroy();
      },
    );
  }
}
