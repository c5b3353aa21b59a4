/**
 * The orders an agent has taken: on disk before anything is done about them, so that none is carried out twice, whatever crashes
 * (trust T22, P16). An order that was open when the power went stays open: whether it reached the meter is not known, and it is
 * never sent again.
 */

import {
  type Clock,
  type Disk,
  type Document,
  type DocumentStore,
  type DocumentWatcher,
  type Logger,
  openDocuments,
  openDurableLog,
} from '@contor/kit';
import type { OrderStatement } from '@contor/policy';

/**
 * Words of FIWARE's IoT Agents for `<command>_status`. `DELIVERED`: a device that polls has fetched it. `EXPIRED`: no answer in time; it
 * may have been done all the same.
 */
export type OrderState = 'PENDING' | 'DELIVERED' | 'OK' | 'ERROR' | 'EXPIRED';

export interface KeptOrder {
  readonly id: string;
  readonly tenant: string;
  readonly command: string;
  /** Key of the device in the registry. */
  readonly device: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly takenAtMs: number;
  readonly notAfterMs: number;
  readonly state: OrderState;
  readonly text: string;
  /** The broker knows this state. */
  readonly isTold: boolean;
}

/** What is kept of an order. */
export type TakenOrder = Pick<OrderStatement, 'id' | 'tenant' | 'command' | 'parameters' | 'notAfterMs'>;

export interface OrderBook {
  readonly size: number;
  /** Durable when it resolves with true; false when this order was here before. */
  take(order: TakenOrder, device: string): Promise<boolean>;
  /** What became of it, durable. The first answer counts; one after `EXPIRED` still does. */
  settle(id: string, state: OrderState, text: string): Promise<void>;
  told(id: string, state: OrderState): Promise<void>;
  find(id: string): KeptOrder | undefined;
  open(): readonly KeptOrder[];
  untold(): readonly KeptOrder[];
  close(): Promise<void>;
}

export interface OrderBookOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  /** How long an order is known after its time is over. */
  readonly keptMs?: number;
  readonly log: Logger;
  readonly onFatal: (error: Error) => void;
}

const KIND = 'order';
const VERSION = 1;
/** Far beyond the moment after which an order is refused by its own words, also for a clock that is set back. */
const KEPT_MS = 7 * 86_400_000;
/** About 400 bytes an order: a hundred thousand of them a week, and room for the rewriting. */
const LOG_LIMIT_BYTES = 256 * 2 ** 20;

export async function openOrderBook(options: OrderBookOptions): Promise<OrderBook> {
  const { disk, clock, directory, log, onFatal } = options;
  const limits = { kind: 'orders', version: VERSION, maxBytes: LOG_LIMIT_BYTES, onFatal };
  const durable = await openDurableLog({ disk, clock, directory, ...limits });
  const unfinished = new Unfinished();
  const documents = await openDocuments({ durable, clock, watcher: unfinished, log });
  return new Book(documents, unfinished, clock, options.keptMs ?? KEPT_MS);
}

/** The few that something is still to be done about, so that nobody walks over a week of orders each second. */
class Unfinished implements DocumentWatcher {
  readonly orders = new Map<string, KeptOrder>();

  came({ id, value }: Document): void {
    const order = value as KeptOrder;
    if (isOpen(order) || !order.isTold) this.orders.set(id, order);
    else this.orders.delete(id);
  }

  went({ id }: Document): void {
    this.orders.delete(id);
  }
}

class Book implements OrderBook {
  readonly #documents: DocumentStore;
  readonly #unfinished: Unfinished;
  readonly #clock: Clock;
  readonly #keptMs: number;

  constructor(documents: DocumentStore, unfinished: Unfinished, clock: Clock, keptMs: number) {
    this.#keptMs = keptMs;
    this.#documents = documents;
    this.#unfinished = unfinished;
    this.#clock = clock;
  }

  get size(): number {
    return this.#documents.size;
  }

  async take(order: TakenOrder, device: string): Promise<boolean> {
    // Nothing may be awaited between the look and the entry: two copies of an order may arrive at once.
    if (this.find(order.id) !== undefined) return false;
    const { id, tenant, command, parameters, notAfterMs } = order;
    await this.#keep({
      ...{ id, tenant, command, device, takenAtMs: this.#clock.nowMs(), notAfterMs },
      ...(parameters === undefined ? {} : { parameters }),
      ...{ state: 'PENDING', text: '', isTold: false },
    });
    return true;
  }

  async settle(id: string, state: OrderState, text: string): Promise<void> {
    const order = this.find(id);
    if (order === undefined || order.state === 'OK' || order.state === 'ERROR') return;
    if (order.state === state) return;
    await this.#keep({ ...order, state, text, isTold: false });
  }

  async told(id: string, state: OrderState): Promise<void> {
    const order = this.find(id);
    if (order?.state === state) await this.#keep({ ...order, isTold: true });
  }

  find(id: string): KeptOrder | undefined {
    return this.#documents.get(KIND, id) as KeptOrder | undefined;
  }

  open(): readonly KeptOrder[] {
    return [...this.#unfinished.orders.values()].filter(isOpen);
  }

  untold(): readonly KeptOrder[] {
    return [...this.#unfinished.orders.values()].filter(({ isTold }) => !isTold);
  }

  close(): Promise<void> {
    return this.#documents.close();
  }

  #keep(order: KeptOrder): Promise<void> {
    return this.#documents.put({
      kind: KIND,
      id: order.id,
      value: order,
      expiresAtMs: order.notAfterMs + this.#keptMs,
    });
  }
}

function isOpen({ state }: KeptOrder): boolean {
  return state === 'PENDING' || state === 'DELIVERED';
}
