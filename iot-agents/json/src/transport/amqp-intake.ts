/**
 * The line to a RabbitMQ: one durable queue, acks after our fsync, a bounded number of messages on their way. It connects for ever; what was not
 * acked when the line broke is delivered again (AMQP 0-9-1, 1.8.3.13). A message that nobody could have sent is no reason to stop: it is put aside.
 */

import {
  type Clock,
  DiskFullError,
  isError,
  LogFullError,
  type Logger,
  type Random,
  retrySchedule,
  type Timer,
} from '@contor/kit';
import { LONGEST_PAYLOAD } from '../codec/bounded-json.js';
import { type AmqpAccess, type AmqpLine, type AmqpMessage, dialAmqp } from './amqp-line.js';
import { BINDINGS, parseRoutingKey, type RoutedReading } from './routing-keys.js';

export interface AmqpIntakeOptions extends AmqpAccess {
  readonly queue: string;
  readonly exchange: string;
  /** Users who may speak for other devices than themselves. */
  readonly hubs: readonly string[];
  /** Refuse messages without `user-id`, which RabbitMQ checks against the connection that sent them. */
  readonly isUserAsked: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Resolves when the message is on disk. */
  readonly take: (reading: RoutedReading, bytes: Uint8Array) => Promise<void>;
  /** Durable when it resolves: a message that could not go on. */
  readonly setAside: (reason: string, routingKey: string, bytes: Uint8Array) => Promise<void>;
  readonly onFatal: (error: Error) => void;
  readonly dial?: (access: AmqpAccess) => Promise<AmqpLine>;
}

export interface AmqpIntake {
  readonly isConnected: boolean;
  readonly figures: { readonly amqpMessages: number; readonly amqpPoison: number; readonly amqpRefused: number };
  /** Takes no more, waits until everything it has is stored and acked, and says goodbye. */
  stop(): Promise<void>;
}

/** A group commit takes some milliseconds: enough for ten thousand messages a second, little enough to hold in memory. */
const PREFETCH = 500;
const RETRY = { firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.3 } as const;
/** With a full disk there is no hurry to be told the same messages again. */
const FULL_RECONNECT_MS = 15_000;

export function openAmqpIntake(options: AmqpIntakeOptions): AmqpIntake {
  return new Intake(options);
}

class Intake implements AmqpIntake {
  readonly figures = { amqpMessages: 0, amqpPoison: 0, amqpRefused: 0 };
  readonly #options: AmqpIntakeOptions;
  readonly #schedule;
  readonly #inFlight = new Set<Promise<void>>();
  #line: AmqpLine | undefined;
  #timer: Timer | undefined;
  #connecting: Promise<void> = Promise.resolve();
  #attempts = 0;
  #isAwaySaid = false;
  #isStopping = false;

  constructor(options: AmqpIntakeOptions) {
    this.#options = options;
    this.#schedule = retrySchedule(RETRY, options.random);
    this.#connecting = this.#connect();
  }

  get isConnected(): boolean {
    return this.#line !== undefined;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#timer?.cancel();
    await this.#connecting;
    const line = this.#line;
    // A line that breaks while we say goodbye has nothing left to say.
    await line?.cancel().catch(() => undefined);
    await Promise.all(this.#inFlight);
    this.#line = undefined;
    await line?.close().catch(() => undefined);
  }

  async #connect(): Promise<void> {
    const { dial = dialAmqp, queue: name, exchange, log } = this.#options;
    try {
      const line = await dial(this.#options);
      line.onClosed((error) => this.#lost(line, error));
      this.#line = line;
      const queue = { name, exchange, bindings: BINDINGS, prefetch: PREFETCH };
      await line.consume(queue, (message) => this.#hear(line, message));
      this.#attempts = 0;
      this.#isAwaySaid = false;
      log.info({ queue: name, exchange }, 'Connected to the AMQP broker.');
    } catch (error) {
      const line = this.#line;
      this.#line = undefined;
      await line?.close().catch(() => undefined);
      this.#retry(error);
    }
  }

  #lost(line: AmqpLine, error: unknown): void {
    if (this.#line !== line) return;
    this.#line = undefined;
    this.#retry(error);
  }

  #retry(error: unknown, leastMs = 0): void {
    if (this.#isStopping) return;
    const { clock, log } = this.#options;
    this.#attempts += 1;
    // One line an outage: every attempt would say the same.
    if (!this.#isAwaySaid) log.warn({ error }, 'The AMQP broker is away: reconnecting until it is back.');
    this.#isAwaySaid = true;
    this.#timer?.cancel();
    this.#timer = clock.after(Math.max(leastMs, this.#schedule.delayMs(this.#attempts)), () => {
      this.#connecting = this.#connect();
    });
  }

  #hear(line: AmqpLine, message: AmqpMessage | undefined): void {
    if (message === undefined) {
      // The queue was deleted, or moved to another node.
      void line.close().catch(() => undefined);
      this.#lost(line, undefined);
      return;
    }
    const settling = this.#settle(line, message).finally(() => this.#inFlight.delete(settling));
    this.#inFlight.add(settling);
  }

  async #settle(line: AmqpLine, message: AmqpMessage): Promise<void> {
    const { log, onFatal } = this.#options;
    try {
      await this.#store(message);
      // What came over a line that is gone is delivered again over the next.
      if (this.#line === line) line.ack(message);
    } catch (error) {
      if (!(error instanceof LogFullError || error instanceof DiskFullError)) {
        onFatal(isError(error) ? error : new Error(String(error)));
        return;
      }
      if (this.figures.amqpRefused === 0)
        log.error({ error }, 'The ingest log is full: messages stay with the AMQP broker, unacked.');
      this.figures.amqpRefused += 1;
      if (this.#line !== line) return;
      this.#line = undefined;
      await line.close().catch(() => undefined);
      this.#retry(error, FULL_RECONNECT_MS);
    }
  }

  async #store({ content, fields: { routingKey }, properties: { userId } }: AmqpMessage): Promise<void> {
    const { take, setAside } = this.#options;
    const reading = parseRoutingKey(routingKey);
    const poison = this.#poisonOf(reading, content, userId);
    if (poison !== undefined || reading === undefined) {
      this.figures.amqpPoison += 1;
      await setAside(poison ?? 'amqp.address', routingKey, content);
      return;
    }
    await take(reading, content);
    this.figures.amqpMessages += 1;
  }

  #poisonOf(reading: RoutedReading | undefined, content: Uint8Array, userId: string | undefined): string | undefined {
    const { hubs, isUserAsked } = this.#options;
    if (reading === undefined) return 'amqp.address';
    if (content.length > LONGEST_PAYLOAD) return 'amqp.long';
    if (userId === undefined) return isUserAsked ? 'amqp.user' : undefined;
    return userId === reading.deviceId || hubs.includes(userId) ? undefined : 'amqp.user';
  }
}
