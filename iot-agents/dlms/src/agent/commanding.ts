/** Orders to DLMS meters: the switch of the disconnect control, a reading, the clock. The order itself was checked by the kit. */

import type { BrokerPort } from '@contor/agent-kit';
import {
  type Agent,
  type Commands,
  type Device,
  deviceKey,
  type KeptOrder,
  openCommands,
  type Sending,
} from '@contor/agent-kit';
import { type Environment, errnoOf, toError } from '@contor/kit';
import { deviceModel } from '../mapping/models.js';
import type { Dialled } from './dial.js';
import { setClock, switchBreaker } from './meter.js';
import type { AgentDlmsConfig } from './settings.js';

export interface CommandingOptions {
  readonly config: AgentDlmsConfig;
  readonly keyFile: string;
  readonly environment: Environment;
  readonly agent: Agent;
  readonly broker: BrokerPort;
  readonly dial: (device: Device, signal: AbortSignal) => Promise<Dialled>;
  /** A reading out of turn, so that everybody sees what the meter says now; its text for whoever asked. */
  readonly readNow: (device: Device) => Promise<string>;
  readonly onFatal: (error: Error) => void;
}

type Deed = (dialled: Dialled, nowMs: number) => Promise<string>;

/** A meter that does not answer by then has done it or has not: the reading says which. */
const LONGEST_DEED_MS = 60_000;

const DEEDS: Readonly<Record<string, Deed>> = {
  disconnect: async (dialled) => resultOf(await switchBreaker(dialled, 'disconnect')),
  reconnect: async (dialled) => resultOf(await switchBreaker(dialled, 'reconnect')),
  setClock: async (dialled, nowMs) => {
    await setClock(dialled, nowMs);
    return 'success';
  },
};

export interface Commanding {
  readonly commands: Commands;
  /** What has begun is ended, one way or the other, and its answer is on disk. */
  settle(): Promise<void>;
}

export async function openCommanding(options: CommandingOptions): Promise<Commanding> {
  const { config, keyFile, environment, agent, broker, dial, readNow, onFatal } = options;
  const { ports, log } = environment;
  const underway = new Set<Promise<void>>();
  const stopping = new AbortController();
  const commands: Commands = await openCommands({
    ...{ ports, log, onFatal, broker, keyFile },
    ...{ agent: 'agent-dlms', prefix: 'AGENT_DLMS', host: config.host, port: config.port },
    ...{ tlsCert: config.tlsCert, tlsKey: config.tlsKey, endpoint: config.endpoint },
    dataFolder: config.dataFolder,
    brokerPeer: { url: config.brokerUrl, secret: config.platformSecret },
    registry: agent.registry,
    commandsOf: ({ model }) => deviceModel(model)?.commands ?? [],
    send: (device, order) => send(device, order),
  });

  async function send(device: Device, order: KeptOrder): Promise<Sending> {
    const deed = DEEDS[order.command];
    if (deed === undefined) {
      begin(finish(device, order, async () => readNow(device)));
      return { kind: 'sent' };
    }
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(LONGEST_DEED_MS), stopping.signal]);
      const dialled = await dial(device, signal);
      begin(
        finish(device, order, async () => {
          try {
            return await deed(dialled, ports.clock.nowMs());
          } finally {
            await dialled.conversation.close();
            await dialled.settle();
          }
        }),
      );
      return { kind: 'sent' };
    } catch (error) {
      return { kind: 'not sent', reason: errnoOf(error) ?? 'line.away' };
    }
  }

  async function finish(
    { apiKey, deviceId, ...device }: Device,
    order: KeptOrder,
    work: () => Promise<string>,
  ): Promise<void> {
    const answer = { command: order.command, orderId: order.id };
    const key = deviceKey(apiKey, deviceId);
    try {
      const text = await work();
      await commands.answer(key, { ...answer, state: 'OK', text });
    } catch (error) {
      log.warn({ deviceId, command: order.command, error }, 'A meter did not do what it was told.');
      await commands.answer(key, { ...answer, state: 'ERROR', text: errnoOf(error) ?? toError(error).message });
    }
    if (Object.hasOwn(DEEDS, order.command)) await readNow({ apiKey, deviceId, ...device }).catch(() => undefined);
  }

  function begin(work: Promise<void>): void {
    const done = work.catch((error: unknown) => onFatal(toError(error))).finally(() => underway.delete(done));
    underway.add(done);
  }

  return {
    commands,
    async settle() {
      stopping.abort();
      await Promise.all(underway);
    },
  };
}

function resultOf(result: string | number): string {
  if (result === 'success') return 'success';
  throw Object.assign(new Error(`The meter refuses: ${result}.`), { code: `dlms.${result}` });
}
