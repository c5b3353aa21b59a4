/**
 * Where unsigned commands of devices without a model come in: on disk, handed out once, answered. What was open when the power went is
 * never sent again, and ends as `EXPIRED` unless the device still answers; what waits for a device that polls goes on waiting.
 */

import { join } from 'node:path';
import { type Clock, DiskFullError, LogFullError, type Logger, type Ports, type Timer } from '@contor/kit';
import { type Device, deviceKey, keyOfDevice } from '../registry/device.js';
import type { KnownDevices } from '../registry/registry.js';
import type { CommandAnswer, Sending } from './desk.js';
import type { DoorAnswer, WantedCommand } from './door.js';
import { type KeptOrder, type OrderBook, openOrderBook } from './order-book.js';
import { commandEntityOf, commandValue, isGuardedRow, isPolled, plainCommandsOf, wireNameOf } from './plain.js';

export interface PlainDeskOptions {
  readonly dataFolder: string;
  readonly ports: Ports;
  readonly log: Logger;
  readonly registry: KnownDevices;
  /** Over a line that is there; `payload` is one command by the name the device knows. */
  readonly send: (device: Device, payload: CommandPayload) => Sending;
  readonly onChanged: () => void;
  readonly onFatal: (error: Error) => void;
}

export type CommandPayload = Readonly<Record<string, unknown>>;

export interface PlainDeskFigures {
  readonly commandsTaken: number;
  readonly commandsRefused: number;
  readonly commandsOpen: number;
}

/** How long a device on a line may take. An answer that comes later still counts. */
const ANSWER_MS = 15_000;
/** A device that wakes once a day fetches what was asked in the meantime. */
const FETCH_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 1_000;
/** Commands nobody has answered yet: some kilobytes each at the most. */
const MOST_OPEN = 10_000;
/** For late answers; nothing is kept out by it, for these commands have no name of their own. */
const KEPT_MS = 3_600_000;
/** What one visit brings home. */
const MOST_FETCHED = 50;
const LONGEST_TEXT = 2_000;
const NOT_ANSWERED = 'The device did not answer in time; it may have done it all the same.';
const NOT_FETCHED = 'The device did not fetch it in time.';

export async function openPlainDesk(options: PlainDeskOptions): Promise<PlainDesk> {
  const { dataFolder, ports, log, onFatal } = options;
  const directory = join(dataFolder, 'commands');
  await ports.disk.makeDirectory(directory);
  const { disk, clock } = ports;
  const book = await openOrderBook({ ...{ disk, clock, directory, log, onFatal }, keptMs: KEPT_MS });
  return new PlainDesk(options, book);
}

export class PlainDesk {
  readonly book: OrderBook;
  readonly #options: PlainDeskOptions;
  readonly #clock: Clock;
  /** The newest of each command of each device: the one that an answer is about. */
  readonly #newest = new Map<string, string>();
  #timer: Timer | undefined;
  #taken = 0;
  #refused = 0;

  constructor(options: PlainDeskOptions, book: OrderBook) {
    this.#options = options;
    this.#clock = options.ports.clock;
    this.book = book;
    for (const { device, command, id } of [...book.open()].sort((one, other) => one.takenAtMs - other.takenAtMs))
      this.#newest.set(slotOf(device, command), id);
    this.#sweepLater();
  }

  get figures(): PlainDeskFigures {
    return { commandsTaken: this.#taken, commandsRefused: this.#refused, commandsOpen: this.book.open().length };
  }

  /** Which device has this command at this entity. */
  find({ tenant, entityId, attribute }: WantedCommand): Device | undefined {
    for (const device of this.#options.registry.all())
      if (
        device.tenant === tenant &&
        plainCommandsOf(device).some(({ name }) => name === attribute) &&
        commandEntityOf(device).id === entityId
      )
        return device;
    return undefined;
  }

  async handle(device: Device, wanted: WantedCommand): Promise<DoorAnswer> {
    const answer = await this.#judge(device, wanted);
    if (answer.status === 204) return answer;
    this.#refused += 1;
    const { entityId, attribute, tenant } = wanted;
    this.#options.log.warn({ entityId, attribute, tenant, reason: answer.reason }, 'A command was refused.');
    return answer;
  }

  async #judge(device: Device, { attribute, value: written }: WantedCommand): Promise<DoorAnswer> {
    const row = plainCommandsOf(device).find(({ name }) => name === attribute);
    if (row === undefined) return { status: 404, reason: 'command.unknown' };
    if (isGuardedRow(row)) return { status: 422, reason: 'command.guarded' };
    const nowMs = this.#clock.nowMs();
    const value = commandValue(device, row, written, nowMs);
    if (value.kind === 'fault') return { status: 400, reason: value.reason };
    const open = this.book.open();
    if (open.length >= MOST_OPEN) return { status: 409, reason: 'command.too-many' };
    const key = keyOfDevice(device);
    const before = open.filter((one) => one.device === key && one.command === attribute);
    // Two answers could not be told apart; a device that polls is given the last word alone.
    if (before.length > 0 && !isPolled(device)) return { status: 409, reason: 'command.busy' };
    const id = `command-${toHex(this.#options.ports.random.bytes(16))}`;
    this.#newest.set(slotOf(key, attribute), id);
    const parameters = { payload: { [wireNameOf(row)]: value.value }, isPolled: isPolled(device) };
    const notAfterMs = nowMs + (parameters.isPolled ? FETCH_MS : ANSWER_MS);
    const order = { id, tenant: device.tenant, command: attribute, parameters, notAfterMs };
    if (!(await this.#take(order, key))) {
      this.#newest.delete(slotOf(key, attribute));
      return { status: 409, reason: 'command.no-room' };
    }
    // The entity speaks of the newest: nobody is told of these, and no teller looks between the two.
    await Promise.all(
      before.flatMap((one) => [
        this.book.settle(one.id, 'EXPIRED', 'Another one took its place.'),
        this.book.told(one.id, 'EXPIRED'),
      ]),
    );
    this.#taken += 1;
    this.#options.onChanged();
    if (!parameters.isPolled) await this.#send(device, id, parameters.payload);
    return { status: 204 };
  }

  async #take(order: Parameters<OrderBook['take']>[0], device: string): Promise<boolean> {
    try {
      return await this.book.take(order, device);
    } catch (error) {
      if (error instanceof LogFullError || error instanceof DiskFullError) return false;
      throw error;
    }
  }

  async #send(device: Device, id: string, payload: CommandPayload): Promise<void> {
    const sending = this.#options.send(device, payload);
    if (sending.kind === 'sent') return;
    await this.book.settle(id, 'ERROR', sending.reason);
    this.#options.onChanged();
  }

  /** What waits for a device that has come by. Marked as delivered on disk before anybody hears it, so that nothing is given out twice. */
  async fetch(apiKey: string, deviceId: string): Promise<CommandPayload> {
    const key = deviceKey(apiKey, deviceId);
    const waiting = this.book
      .open()
      .filter((one) => one.device === key && one.state === 'PENDING' && one.parameters?.isPolled === true)
      .filter(({ id, command, notAfterMs }) => this.#isNewest(key, command, id) && this.#clock.nowMs() <= notAfterMs)
      .slice(0, MOST_FETCHED);
    if (waiting.length === 0) return {};
    await Promise.all(waiting.map(({ id }) => this.book.settle(id, 'DELIVERED', '')));
    this.#options.onChanged();
    return Object.assign({}, ...waiting.map(({ parameters }) => parameters?.payload)) as CommandPayload;
  }

  /** Durable when it resolves. False: the device was not asked for anything of that name. */
  async answer(device: Device, { command, state, text }: Omit<CommandAnswer, 'orderId'>): Promise<boolean> {
    const row = plainCommandsOf(device).find((one) => wireNameOf(one) === command);
    const order = row && this.#asked(keyOfDevice(device), row.name);
    if (order === undefined) return false;
    await this.book.settle(order.id, state, text.slice(0, LONGEST_TEXT));
    this.#options.onChanged();
    return true;
  }

  #asked(key: string, command: string): KeptOrder | undefined {
    const order = this.book.find(this.#newest.get(slotOf(key, command)) ?? '');
    // What still waits to be fetched cannot have been done.
    const isWaiting = order?.state === 'PENDING' && order.parameters?.isPolled === true;
    return isWaiting ? undefined : order;
  }

  #isNewest(key: string, command: string, id: string): boolean {
    return this.#newest.get(slotOf(key, command)) === id;
  }

  #sweepLater(): void {
    this.#timer = this.#clock.after(SWEEP_EVERY_MS, () => {
      this.#sweep().catch((error: unknown) =>
        this.#options.log.warn({ error }, 'Commands could not be looked through.'),
      );
      this.#sweepLater();
    });
  }

  async #sweep(): Promise<void> {
    for (const [slot, id] of this.#newest) if (this.book.find(id) === undefined) this.#newest.delete(slot);
    const over = this.book.open().filter(({ notAfterMs }) => this.#clock.nowMs() > notAfterMs);
    for (const { id, state, parameters } of over)
      await this.book.settle(
        id,
        'EXPIRED',
        state === 'PENDING' && parameters?.isPolled === true ? NOT_FETCHED : NOT_ANSWERED,
      );
    if (over.length > 0) this.#options.onChanged();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.book.close();
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function slotOf(device: string, command: string): string {
  return `${device} ${command}`;
}
