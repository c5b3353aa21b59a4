/**
 * The desk of an agent where orders to meters come in: checked (signature, device, serial, time, never seen before), on disk, sent once,
 * answered. What an agent brings is which commands a device knows and how one is sent over its line.
 */

import { join } from 'node:path';
import { type Clock, DiskFullError, LogFullError, type Logger, type Ports, readWhole, type Timer } from '@contor/kit';
import { keyOfTenant, type OrderStatement, verifyStatement } from '@contor/policy';
import { type Device, deviceKey } from '../registry/device.js';
import type { DeviceRegistry, KnownDevices } from '../registry/registry.js';
import type { DoorAnswer, WantedCommand } from './door.js';
import { refusalOf } from './order.js';
import { type KeptOrder, type OrderBook, openOrderBook } from './order-book.js';

/** `not sent`: it is certain that the meter has heard nothing. */
export type Sending = { readonly kind: 'sent' } | { readonly kind: 'not sent'; readonly reason: string };

export interface DeskOptions {
  readonly dataFolder: string;
  readonly ports: Ports;
  readonly log: Logger;
  /** File with the public keys of the command services (JWK Set). Read for each order, so that a new key needs no restart; without it no order counts. */
  readonly keyFile: string | undefined;
  readonly registry: KnownDevices & Partial<Pick<DeviceRegistry, 'onChange'>>;
  readonly commandsOf: (device: Device) => readonly string[];
  readonly send: (device: Device, order: KeptOrder) => Promise<Sending>;
  /** Where replicas share devices: true for one of them, once for each order. */
  readonly claim?: (orderId: string) => Promise<true | 'order.seen' | 'database.away'>;
  /** Told whenever the state of an order has changed on disk. */
  readonly onChanged: () => void;
  readonly onFatal: (error: Error) => void;
}

/** What a meter says about a command. */
export interface CommandAnswer {
  readonly command: string;
  /** Absent where a device cannot repeat it: then it is about the only open order of this command. */
  readonly orderId: string | undefined;
  readonly state: 'OK' | 'ERROR';
  readonly text: string;
}

export interface DeskFigures {
  readonly ordersTaken: number;
  readonly ordersRefused: number;
  readonly ordersOpen: number;
}

export interface CommandDesk {
  readonly book: OrderBook;
  readonly figures: DeskFigures;
  /** The orders this device could mean by its answer. */
  orderOf(device: string, answer: CommandAnswer): KeptOrder | undefined;
  handle(wanted: WantedCommand): Promise<DoorAnswer>;
  /** Durable when it resolves; answers about nothing of ours are dropped. */
  answer(device: string, answer: CommandAnswer): Promise<void>;
  stop(): Promise<void>;
}

/** Orders whose time has run out are looked for so often. */
const SWEEP_EVERY_MS = 1_000;
/** A meter says what it did a moment after it was allowed to do it. */
const ANSWER_GRACE_MS = 10_000;
const LONGEST_TEXT = 2_000;

export async function openCommandDesk(options: DeskOptions): Promise<CommandDesk> {
  const { dataFolder, ports, log, onFatal } = options;
  const directory = join(dataFolder, 'orders');
  await ports.disk.makeDirectory(directory);
  const book = await openOrderBook({ disk: ports.disk, clock: ports.clock, directory, log, onFatal });
  return new Desk(options, book);
}

class Desk implements CommandDesk {
  readonly book: OrderBook;
  readonly #options: DeskOptions;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #taken = 0;
  #refused = 0;

  constructor(options: DeskOptions, book: OrderBook) {
    this.book = book;
    this.#options = options;
    this.#clock = options.ports.clock;
    this.#sweepLater();
  }

  get figures(): DeskFigures {
    return { ordersTaken: this.#taken, ordersRefused: this.#refused, ordersOpen: this.book.open().length };
  }

  async handle(wanted: WantedCommand): Promise<DoorAnswer> {
    const answer = await this.#judge(wanted);
    if (answer.status === 204) return answer;
    this.#refused += 1;
    const { entityId, attribute, tenant } = wanted;
    this.#options.log.warn({ entityId, attribute, tenant, reason: answer.reason }, 'An order was refused.');
    return answer;
  }

  async #judge({ tenant, entityId, attribute, value }: WantedCommand): Promise<DoorAnswer> {
    const order = await this.#verified(tenant, value);
    if (order === undefined) return { status: 400, reason: 'order.signature' };
    const device = this.#find(tenant, entityId);
    const commands = device === undefined ? [] : this.#options.commandsOf(device);
    const nowMs = this.#clock.nowMs();
    const refusal = refusalOf(order, { nowMs, tenant, entityId, attribute, device, commands });
    if (refusal !== undefined || device === undefined)
      return refusal ?? { status: 404, reason: 'order.device-unknown' };
    const key = deviceKey(device.apiKey, device.deviceId);
    if (this.#isBusy(key, order)) return { status: 409, reason: 'order.busy' };
    const claimed = (await this.#options.claim?.(order.id)) ?? true;
    if (claimed !== true) return { status: 409, reason: claimed };
    const taken = await this.#take(order, key);
    if (taken !== true) return { status: 409, reason: taken };
    this.#taken += 1;
    this.#options.onChanged();
    await this.#carryOut(device, order.id);
    return { status: 204 };
  }

  /** Orders are rare, and a registry changes while it is used: so it is searched. */
  #find(tenant: string, refDevice: string): Device | undefined {
    for (const device of this.#options.registry.all())
      if (device.refDevice === refDevice && device.tenant === tenant) return device;
    return undefined;
  }

  /** Without room on disk it is refused in so many words: nothing was done, and whoever sent it may know that for certain. */
  async #take(order: OrderStatement, device: string): Promise<true | 'order.seen' | 'order.no-room'> {
    try {
      return (await this.book.take(order, device)) || 'order.seen';
    } catch (error) {
      if (error instanceof LogFullError || error instanceof DiskFullError) return 'order.no-room';
      throw error;
    }
  }

  /** The last look at the clock is here: writing may have taken its time, and a late order is no order (P16). */
  async #carryOut(device: Device, id: string): Promise<void> {
    const order = this.book.find(id);
    if (order === undefined) return;
    const sending: Sending =
      this.#clock.nowMs() > order.notAfterMs
        ? { kind: 'not sent', reason: 'order.expired' }
        : await this.#options.send(device, order);
    if (sending.kind === 'sent') return;
    await this.book.settle(id, 'ERROR', sending.reason);
    this.#options.onChanged();
  }

  async #verified(tenant: string, value: unknown): Promise<OrderStatement | undefined> {
    const { keyFile, ports } = this.#options;
    if (typeof value !== 'string' || keyFile === undefined) return undefined;
    const bytes = await readWhole(ports.disk, keyFile);
    const key = bytes && keyOfTenant(new TextDecoder().decode(bytes), tenant);
    if (key === undefined) return undefined;
    const verified = await verifyStatement(value, key, ['order']);
    return verified.kind === 'value' && verified.statement.kind === 'order' ? verified.statement : undefined;
  }

  /** One open order of a command at a time: two answers could not be told apart. */
  #isBusy(device: string, order: OrderStatement): boolean {
    return this.book
      .open()
      .some((open) => open.device === device && open.command === order.command && open.id !== order.id);
  }

  orderOf(device: string, { command, orderId }: CommandAnswer): KeptOrder | undefined {
    if (orderId !== undefined) {
      const order = this.book.find(orderId);
      return order?.device === device && order.command === command ? order : undefined;
    }
    const open = this.book.open().filter((order) => order.device === device && order.command === command);
    return open.length === 1 ? open[0] : undefined;
  }

  async answer(device: string, answer: CommandAnswer): Promise<void> {
    const order = this.orderOf(device, answer);
    if (order === undefined) return;
    await this.book.settle(order.id, answer.state, answer.text.slice(0, LONGEST_TEXT));
    this.#options.onChanged();
  }

  #sweepLater(): void {
    this.#timer = this.#clock.after(SWEEP_EVERY_MS, () => {
      this.#sweep().catch((error: unknown) => this.#options.log.warn({ error }, 'Orders could not be looked through.'));
      this.#sweepLater();
    });
  }

  async #sweep(): Promise<void> {
    const over = this.book.open().filter(({ notAfterMs }) => this.#clock.nowMs() > notAfterMs + ANSWER_GRACE_MS);
    for (const { id } of over) await this.book.settle(id, 'EXPIRED', 'The meter did not answer in time.');
    if (over.length > 0) this.#options.onChanged();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.book.close();
  }
}
