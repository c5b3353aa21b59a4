/**
 * The command side of an agent, put together: desks, door, tellers, registrations. Orders to meters count where a key file is configured; the
 * unsigned commands of devices without a model are carried out where an agent brings `sendPlain`.
 */

import type { RequestListener } from 'node:http';
import {
  checkExposure,
  closeHttp,
  isLoopback,
  listenHttp,
  type RetrySchedule,
  retrySchedule,
  urlOf,
} from '@contor/kit';
import type { BrokerPort } from '../forward/ports.js';
import { ALONE } from '../leases/leases.js';
import { claimOrder, sendHeld } from '../leases/once.js';
import { startPassing } from '../leases/passing.js';
import type { Sharing } from '../leases/sharing.js';
import type { PeerOptions } from '../peers/clients.js';
import { type Device, keyOfDevice } from '../registry/device.js';
import { type CommandAnswer, type CommandDesk, type DeskFigures, type DeskOptions, openCommandDesk } from './desk.js';
import { commandDoor, type DoorAnswer, type WantedCommand } from './door.js';
import type { KeptOrder } from './order-book.js';
import { commandEntityOf, plainCommandsOf } from './plain.js';
import { openPlainDesk, type PlainDesk, type PlainDeskFigures, type PlainDeskOptions } from './plain-desk.js';
import { type CommandedDevice, startRegistrar } from './registrar.js';
import { Teller } from './teller.js';

export interface CommandsOptions extends Omit<DeskOptions, 'onChanged'> {
  readonly agent: string;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** The service's part of the variable names, e.g. 'AGENT_JSON'. */
  readonly prefix: string;
  /** Address at which the broker reaches the door; its own when not set. */
  readonly endpoint?: string | undefined;
  readonly broker: BrokerPort;
  readonly brokerPeer: PeerOptions;
  /** Answers everything at the same port that is no order: the provisioning API. */
  readonly beside?: RequestListener;
  /** Unsigned commands of devices that have no model; without it they are not registered. */
  readonly sendPlain?: PlainDeskOptions['send'];
  /** Replicas share the devices: an order goes to the one that holds the device, and only one of all of them ever sends it. */
  readonly sharing?: Pick<Sharing, 'store' | 'leases'> | undefined;
}

export interface Commands {
  readonly url: string;
  readonly figures: DeskFigures & Partial<PlainDeskFigures> & { readonly devicesRegistered: number };
  readonly plain: PlainDesk | undefined;
  orderOf(device: string, answer: CommandAnswer): KeptOrder | undefined;
  /** Durable when it resolves. */
  answer(device: string, answer: CommandAnswer): Promise<void>;
  /** No order is taken any more; answers still are, until `stop`. */
  close(): Promise<void>;
  stop(): Promise<void>;
}

export async function openCommands(options: CommandsOptions): Promise<Commands> {
  const { host, port, prefix, ports, log, registry, brokerPeer } = options;
  const { secret } = brokerPeer;
  checkExposure({ ...options, secret });
  const schedule = () => retrySchedule({ firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.2 }, ports.random);
  const shared = sharedSide(options);
  const desk: CommandDesk = await openCommandDesk({ ...options, ...shared.last, onChanged: () => teller.nudge() });
  const find = (key: string) => registry.find(key);
  const teller = new Teller({
    book: desk.book,
    broker: options.broker,
    find,
    clock: ports.clock,
    retry: schedule(),
    log,
  });
  const plain = await openPlainSide(options, schedule());
  const { handle: handleOrder, stop: stopPassing } = shared.open(desk);
  const handle = (wanted: WantedCommand): Promise<DoorAnswer> => {
    // Where a meter has a command of this name, nothing but a signed order is it.
    const device = isOrdered(options, wanted) ? undefined : plain?.desk.find(wanted);
    return plain === undefined || device === undefined ? handleOrder(wanted) : plain.desk.handle(device, wanted);
  };
  const door = commandDoor({ secret, isLoopback: isLoopback(host), handle });
  const listener = options.beside === undefined ? door : sideBySide(door, options.beside);
  const server = await listenHttp({ ...options, host, port, setting: `${prefix}_PORT` }, listener);
  const url = urlOf(server, options);
  const devices = () => [...registry.all()].flatMap((device) => commandedBy(device, options));
  const registrar = startRegistrar({
    ...{ broker: brokerPeer, agent: options.agent, endpoint: options.endpoint ?? url, devices },
    ...{ clock: ports.clock, retry: schedule(), log },
  });
  const forget = registry.onChange?.(() => registrar.nudge());
  teller.nudge();
  return {
    url,
    plain: plain?.desk,
    get figures() {
      return { ...desk.figures, ...plain?.desk.figures, devicesRegistered: registrar.registered };
    },
    orderOf: (device, answer) => desk.orderOf(device, answer),
    answer: (device, answer) => desk.answer(device, answer),
    async close() {
      forget?.();
      await closeHttp(server);
      await registrar.stop();
      await stopPassing();
    },
    async stop() {
      await teller.stop();
      await desk.stop();
      await plain?.stop();
    },
  };
}

function commandedBy(device: Device, { keyFile, sendPlain, commandsOf }: CommandsOptions): readonly CommandedDevice[] {
  const ordered = keyFile === undefined || device.serialNumber === undefined ? [] : commandsOf(device);
  if (ordered.length > 0) return [{ device, commands: ordered }];
  // Guarded ones, too: whoever writes one hears that it is refused, instead of finding it kept as a value.
  const plain = sendPlain === undefined ? [] : plainCommandsOf(device).map(({ name }) => name);
  return plain.length === 0 ? [] : [{ device, entity: commandEntityOf(device), commands: plain }];
}

function isOrdered({ registry, commandsOf }: CommandsOptions, { tenant, entityId, attribute }: WantedCommand): boolean {
  return [...registry.all()].some(
    (device) => device.tenant === tenant && device.refDevice === entityId && commandsOf(device).includes(attribute),
  );
}

interface PlainSide {
  readonly desk: PlainDesk;
  stop(): Promise<void>;
}

async function openPlainSide(options: CommandsOptions, retry: RetrySchedule): Promise<PlainSide | undefined> {
  const { sendPlain: send, registry, broker, log } = options;
  if (send === undefined) return undefined;
  const desk: PlainDesk = await openPlainDesk({ ...options, send, onChanged: () => teller.nudge() });
  const find = (key: string) => registry.find(key);
  const { clock } = options.ports;
  const teller = new Teller({ book: desk.book, broker, find, entityOf: commandEntityOf, clock, retry, log });
  teller.nudge();
  return {
    desk,
    async stop() {
      await teller.stop();
      await desk.stop();
    },
  };
}

function sideBySide(door: RequestListener, beside: RequestListener): RequestListener {
  return (request, response) => (request.url?.startsWith('/ngsi-ld/') ? door : beside)(request, response);
}

interface SharedSide {
  /** Before it is written down, and before it is sent. */
  readonly last: Pick<DeskOptions, 'claim' | 'send'>;
  open(desk: CommandDesk): { readonly handle: CommandDesk['handle']; stop(): Promise<void> };
}

function sharedSide({ sharing, ports, log, registry, send }: CommandsOptions): SharedSide {
  const { clock, random } = ports;
  const alone = (desk: CommandDesk) => ({
    handle: (wanted: WantedCommand) => desk.handle(wanted),
    stop: () => Promise.resolve(),
  });
  if (sharing === undefined) return { last: { send }, open: alone };
  const { store, leases } = sharing;
  const step = { clock, leases: leases ?? ALONE };
  return {
    last: {
      claim: (orderId) => claimOrder(store, clock, orderId),
      send: (device, order) => sendHeld(step, keyOfDevice(device), () => send(device, order)),
    },
    open(desk) {
      if (leases === undefined) return alone(desk);
      const here: CommandDesk['handle'] = (wanted) => desk.handle(wanted);
      const passing = startPassing({ store, clock, random, log, leases, here });
      return {
        handle(wanted) {
          const device = [...registry.all()].find(
            ({ tenant, refDevice }) => tenant === wanted.tenant && refDevice === wanted.entityId,
          );
          return device === undefined ? desk.handle(wanted) : passing.handle(keyOfDevice(device), wanted);
        },
        stop: () => passing.stop(),
      };
    },
  };
}
