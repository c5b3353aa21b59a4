/**
 * Tells the broker what became of orders: `<command>_status` and `<command>_info` of the Device, the order's id beside them. Again and
 * again until the broker has it; of several orders of one command only the newest state is told.
 */

import { type Clock, type Logger, type RetrySchedule, type Timer, toIso } from '@contor/kit';
import type { BrokerPort } from '../forward/ports.js';
import type { Entity } from '../forward/state.js';
import type { Device } from '../registry/device.js';
import type { KeptOrder, OrderBook } from './order-book.js';

export interface EntityName {
  readonly id: string;
  readonly type: string;
}

export interface TellerOptions {
  readonly book: OrderBook;
  readonly broker: BrokerPort;
  readonly find: (device: string) => Device | undefined;
  /** Where the state is written; the Device of the meter when not said. */
  readonly entityOf?: (device: Device) => EntityName;
  readonly clock: Clock;
  readonly retry: RetrySchedule;
  readonly log: Logger;
}

export class Teller {
  readonly #options: TellerOptions;
  #running: Promise<void> | undefined;
  #isAskedAgain = false;
  #timer: Timer | undefined;
  #attempt = 0;
  #isStopped = false;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** There is something new to tell, or was when the last life ended. */
  nudge(): void {
    if (this.#isStopped) return;
    if (this.#running !== undefined) {
      this.#isAskedAgain = true;
      return;
    }
    this.#timer?.cancel();
    this.#running = this.#tell().finally(() => {
      this.#running = undefined;
      if (!this.#isAskedAgain) return;
      this.#isAskedAgain = false;
      this.nudge();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  async #tell(): Promise<void> {
    const { book, log, clock, retry } = this.#options;
    try {
      for (const order of book.untold()) {
        if (this.#isStopped) return;
        if (this.#isNewest(order)) await this.#upsert(order);
        await book.told(order.id, order.state);
      }
      this.#attempt = 0;
    } catch (error) {
      this.#attempt += 1;
      if (this.#attempt === 1) log.warn({ error }, 'The broker was not told what became of an order; it will be.');
      if (!this.#isStopped) this.#timer = clock.after(retry.delayMs(this.#attempt), () => this.nudge());
    }
  }

  #isNewest(order: KeptOrder): boolean {
    return !this.#options.book
      .untold()
      .some(
        (other) =>
          other.device === order.device && other.command === order.command && other.takenAtMs > order.takenAtMs,
      );
  }

  async #upsert(order: KeptOrder): Promise<void> {
    const device = this.#options.find(order.device);
    if (device === undefined) return;
    const { broker, clock, entityOf } = this.#options;
    const name = entityOf?.(device) ?? { id: device.refDevice, type: 'Device' };
    const delivery = await broker.upsert(order.tenant, [statusEntity(name, order, clock.nowMs())]);
    if (delivery.kind !== 'done')
      this.#options.log.warn({ device: device.refDevice, delivery }, 'The broker does not take the state of an order.');
  }
}

function statusEntity(name: EntityName, { command, state, text, id }: KeptOrder, nowMs: number): Entity {
  const observedAt = toIso(nowMs);
  const correlationId = { type: 'Property', value: id };
  return {
    ...name,
    [`${command}_status`]: { type: 'Property', value: state, observedAt, correlationId },
    [`${command}_info`]: { type: 'Property', value: text === '' ? '-' : text, observedAt, correlationId },
  };
}
