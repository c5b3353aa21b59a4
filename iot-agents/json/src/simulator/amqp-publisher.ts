/**
 * The meters' side of an AMQP line: persistent messages with publisher confirms. What the broker has not confirmed when the line breaks is sent
 * again over the next one; held back are so many and no more, as in a meter with little memory.
 */

import { type Clock, type Random, type RetrySchedule, retrySchedule, type Timer } from '@contor/kit';
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import { type AmqpAccess, connectAmqp } from '../transport/amqp-line.js';

export interface AmqpPublisherOptions extends AmqpAccess {
  readonly exchange: string;
  readonly clock: Clock;
  readonly random: Random;
}

interface Waiting {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly done: () => void;
  isSent: boolean;
}

const RETRY = { firstMs: 500, factor: 2, maxMs: 10_000, jitter: 0.3 } as const;
const MOST_WAITING = 20_000;
/** A stop gives confirms on their way this long. */
const GOODBYE_MS = 2_000;

export class AmqpPublisher {
  readonly #options: AmqpPublisherOptions;
  readonly #retry: RetrySchedule;
  readonly #waiting = new Set<Waiting>();
  #model: ChannelModel | undefined;
  #channel: ConfirmChannel | undefined;
  #timer: Timer | undefined;
  #attempts = 0;
  #isStopping = false;
  #givenUp = 0;

  constructor(options: AmqpPublisherOptions) {
    this.#options = options;
    this.#retry = retrySchedule(RETRY, options.random);
    void this.#connect();
  }

  get isConnected(): boolean {
    return this.#channel !== undefined;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Messages for which there was no room any more while the broker was away. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** `done` is called when the broker has it for certain. */
  publish(key: string, bytes: Uint8Array, done: () => void): void {
    if (this.#waiting.size >= MOST_WAITING) {
      this.#givenUp += 1;
      return;
    }
    const one: Waiting = { key, bytes, done, isSent: false };
    this.#waiting.add(one);
    this.#send(one);
  }

  async stop(): Promise<void> {
    for (let waitedMs = 0; this.isConnected && this.#waiting.size > 0 && waitedMs < GOODBYE_MS; waitedMs += 50)
      await this.#options.clock.sleep(50);
    this.#isStopping = true;
    this.#timer?.cancel();
    this.#channel = undefined;
    await this.#model?.close().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    try {
      const model = await connectAmqp(this.#options);
      this.#model = model;
      if (this.#isStopping) return void (await model.close());
      model.on('close', () => this.#lost());
      const channel = await model.createConfirmChannel();
      // A broker that closes the channel (it refuses our user-id, say) is asked again over a new line.
      channel.on('error', () => void model.close().catch(() => undefined));
      this.#channel = channel;
      this.#attempts = 0;
      for (const one of this.#waiting) this.#send(one);
    } catch {
      this.#lost();
    }
  }

  #lost(): void {
    this.#channel = undefined;
    for (const one of this.#waiting) one.isSent = false;
    if (this.#isStopping) return;
    this.#attempts += 1;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(this.#retry.delayMs(this.#attempts), () => void this.#connect());
  }

  #send(one: Waiting): void {
    const channel = this.#channel;
    if (channel === undefined || one.isSent) return;
    one.isSent = true;
    const { exchange, username: userId } = this.#options;
    const options = { persistent: true, contentType: 'application/json', userId };
    channel.publish(exchange, one.key, Buffer.from(one.bytes), options, (error: unknown) => {
      if (error != null || channel !== this.#channel) return;
      this.#waiting.delete(one);
      one.done();
    });
  }
}
