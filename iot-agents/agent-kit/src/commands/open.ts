/** The command side of an agent, put together: desk, door, teller, registrations. Opened where a key file is configured, and only there. */

import type { RequestListener } from 'node:http';
import { checkExposure, closeHttp, isLoopback, listenHttp, retrySchedule, urlOf } from '@contor/kit';
import type { BrokerPort } from '../forward/ports.js';
import { ALONE } from '../leases/leases.js';
import { claimOrder, sendHeld } from '../leases/once.js';
import { startPassing } from '../leases/passing.js';
import type { Sharing } from '../leases/sharing.js';
import type { PeerOptions } from '../peers/clients.js';
import { keyOfDevice } from '../registry/device.js';
import { type CommandAnswer, type CommandDesk, type DeskFigures, type DeskOptions, openCommandDesk } from './desk.js';
import { commandDoor, type WantedCommand } from './door.js';
import type { KeptOrder } from './order-book.js';
import { startRegistrar } from './registrar.js';
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
  /** Replicas share the devices: an order goes to the one that holds the device, and only one of all of them ever sends it. */
  readonly sharing?: Pick<Sharing, 'store' | 'leases'> | undefined;
}

export interface Commands {
  readonly url: string;
  readonly figures: DeskFigures & { readonly devicesRegistered: number };
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
  const { handle, stop: stopPassing } = shared.open(desk);
  const door = commandDoor({ secret, isLoopback: isLoopback(host), handle });
  const listener = options.beside === undefined ? door : sideBySide(door, options.beside);
  const server = await listenHttp({ ...options, host, port, setting: `${prefix}_PORT` }, listener);
  const url = urlOf(server, options);
  const devices = () =>
    [...registry.all()].flatMap((device) => {
      const commands = device.serialNumber === undefined ? [] : options.commandsOf(device);
      return commands.length === 0 ? [] : [{ device, commands }];
    });
  const registrar = startRegistrar({
    ...{ broker: brokerPeer, agent: options.agent, endpoint: options.endpoint ?? url, devices },
    ...{ clock: ports.clock, retry: schedule(), log },
  });
  const forget = registry.onChange?.(() => registrar.nudge());
  teller.nudge();
  return {
    url,
    get figures() {
      return { ...desk.figures, devicesRegistered: registrar.registered };
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
