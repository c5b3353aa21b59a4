/** Orders to substations (S3-03): the valve and the pump, and a reading. The order itself was checked by the kit. */

import type { RequestListener } from 'node:http';
import {
  type Agent,
  type BrokerPort,
  type Commands,
  type Device,
  type KeptOrder,
  keyOfDevice,
  openCommands,
  type Sending,
} from '@contor/agent-kit';
import { type Environment, errnoOf, ProtocolError, toError } from '@contor/kit';
import { deviceModel } from './mapping/models.js';
import { operate, type SubstationState, type SubstationWish } from './session/operate.js';
import type { AgentMbusConfig } from './settings.js';
import { openBus } from './transport/bus.js';
import { gatewayOf, targetOf } from './wired-reader.js';

export interface CommandingOptions {
  readonly config: AgentMbusConfig;
  readonly keyFile: string;
  readonly environment: Environment;
  readonly agent: Agent;
  readonly broker: BrokerPort;
  /** A reading out of turn, so that everybody sees what the controller shows now. */
  readonly readNow: (device: Device) => Promise<string>;
  /** Answers everything at the same port that is no order. */
  readonly beside: RequestListener;
  readonly onFatal: (error: Error) => void;
}

/** Cut off: closed and standing. Back: open and running; the controller then regulates by itself. */
const WISHES: Readonly<Record<string, SubstationWish>> = {
  disconnect: { valvePercent: 0, isPumpOn: false },
  reconnect: { valvePercent: 100, isPumpOn: true },
};
/** Of telling and reading back, with every try. */
const LONGEST_DEED_MS = 60_000;

export async function openCommanding(options: CommandingOptions): Promise<Commands> {
  const { config, keyFile, environment, agent, broker, readNow, beside, onFatal } = options;
  const { ports, log } = environment;
  const commands: Commands = await openCommands({
    ...{ ports, log, onFatal, broker, keyFile, beside },
    ...{ agent: 'agent-mbus', prefix: 'AGENT_MBUS', host: config.host, port: config.port },
    ...{ tlsCert: config.tlsCert, tlsKey: config.tlsKey, endpoint: config.endpoint },
    dataFolder: config.dataFolder,
    brokerPeer: { url: config.brokerUrl, secret: config.platformSecret },
    registry: agent.registry,
    commandsOf: ({ model }) => deviceModel(model ?? '')?.commands ?? [],
    send: async (device, order) => send(device, order),
  });

  function send(device: Device, order: KeptOrder): Sending {
    const wish = WISHES[order.command];
    if (wish === undefined) {
      void finish(device, order, () => readNow(device));
      return { kind: 'sent' };
    }
    if (targetOf(device) === undefined || gatewayOf(device) === undefined)
      return { kind: 'not sent', reason: 'mbus.connection' };
    void finish(device, order, async () => told(await tell(device, wish)));
    return { kind: 'sent' };
  }

  async function tell(device: Device, wish: SubstationWish): Promise<SubstationState | undefined> {
    const [target, gateway] = [targetOf(device), gatewayOf(device)];
    if (target === undefined || gateway === undefined)
      throw new ProtocolError('mbus.connection', 'The device says no gateway.');
    const bus = await openBus({ ...{ net: ports.net, clock: ports.clock }, ...gateway, latencyMs: config.latency });
    try {
      const signal = AbortSignal.timeout(LONGEST_DEED_MS);
      const { shown, error } = await bus.carry(operate(target, wish), { signal });
      if (error !== undefined) throw error;
      return shown;
    } finally {
      await bus.close();
    }
  }

  async function finish(device: Device, { command, id }: KeptOrder, work: () => Promise<string>): Promise<void> {
    const answer = { command, orderId: id };
    const key = keyOfDevice(device);
    try {
      await commands.answer(key, { ...answer, state: 'OK', text: await work() });
    } catch (error) {
      log.warn({ deviceId: device.deviceId, command, error }, 'A controller did not do what it was told.');
      await commands.answer(key, { ...answer, state: 'ERROR', text: errnoOf(error) ?? toError(error).message });
    }
    if (command in WISHES) await readNow(device).catch(() => undefined);
  }

  return commands;
}

/** In the words of the vocabulary, so that whoever reads it need not know the controller. */
function told(shown: SubstationState | undefined): string {
  const pumpState = shown?.isPumpOn === undefined ? undefined : shown.isPumpOn ? 'on' : 'off';
  return JSON.stringify({ valvePosition: shown?.valvePercent, pumpState });
}
