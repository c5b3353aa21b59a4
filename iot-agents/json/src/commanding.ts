/** Commands of this agent: how an order becomes a message on `…/cmd`, and what a meter's answer on `…/cmdexe` means. */

import type { RequestListener } from 'node:http';
import {
  type Agent,
  type BrokerPort,
  type CommandAnswer,
  type CommandPayload,
  type Commands,
  type Communication,
  type Device,
  deviceKey,
  type KeptOrder,
  openCommands,
  type RecordKeeper,
  type Sending,
  type Sharing,
  toLiveReading,
} from '@contor/agent-kit';
import type { Environment } from '@contor/kit';
import { decodeAttrs } from './codec/attrs.js';
import { type Answer, decodeAnswer, decodePlainAnswers, encodeCommand, encodePlain } from './codec/command.js';
import { deviceModel } from './mapping/models.js';
import type { AgentJsonConfig } from './settings.js';
import { formatTopic, isName, type Sender } from './transport/topics.js';

export interface CommandingOptions {
  readonly config: AgentJsonConfig;
  /** Without it no order to a meter counts. */
  readonly keyFile: string | undefined;
  readonly environment: Environment;
  readonly agent: Agent;
  readonly broker: BrokerPort;
  /** Answers everything at the same port that is no order. */
  readonly beside: RequestListener;
  readonly publishOnce: (topic: string, bytes: Uint8Array) => boolean;
  /** The communication log. */
  readonly records: Pick<RecordKeeper, 'note'>;
  readonly sharing: Sharing | undefined;
  readonly onFatal: (error: Error) => void;
}

export interface Commanding {
  readonly commands: Commands;
  /** What waits for a device that has come by; it is given out once. */
  fetch(sender: Sender): Promise<CommandPayload>;
  /** Durable when it resolves. */
  take(sender: Sender, bytes: Uint8Array): Promise<void>;
}

export async function openCommanding(options: CommandingOptions): Promise<Commanding> {
  const { config, keyFile, environment, agent, broker, beside, publishOnce, sharing, records, onFatal } = options;
  const { ports, log } = environment;
  const commands = await openCommands({
    ...{ ports, log, onFatal, broker, keyFile },
    ...{ agent: 'agent-json', prefix: 'AGENT_JSON', host: config.host, port: config.port },
    ...{ tlsCert: config.tlsCert, tlsKey: config.tlsKey, endpoint: config.endpoint },
    dataFolder: config.dataFolder,
    brokerPeer: { url: config.brokerUrl, secret: config.platformSecret },
    registry: agent.registry,
    ...{ beside, sharing },
    commandsOf: ({ model }) => deviceModel(model)?.commands ?? [],
    sendPlain(device, payload) {
      const { apiKey, deviceId } = device;
      // A name that no device could subscribe with is no topic, and must not become a pattern of topics.
      if (!isName(apiKey) || !isName(deviceId)) return { kind: 'not sent', reason: 'device.name' };
      const topic = formatTopic(apiKey, deviceId, 'cmd');
      const isSent = publishOnce(topic, encodePlain(payload));
      const outcome = isSent ? 'sent' : 'failed: line.away';
      note(device, { operation: `command.${Object.keys(payload).join()}`, actor: 'command', outcome });
      return isSent ? { kind: 'sent' } : { kind: 'not sent', reason: 'line.away' };
    },
    async send(device, order) {
      const sending = send(device, order, publishOnce);
      const outcome = sending.kind === 'sent' ? 'sent' : `failed: ${sending.reason}`;
      note(device, { operation: `order.${order.command}`, actor: 'order', outcome, correlation: order.id });
      return sending;
    },
  });

  /** Never what was said: values are personal, and stand where they belong. */
  function note({ tenant, name, refDevice }: Device, said: Omit<Communication, 'name' | 'refDevice' | 'atMs'>): void {
    records.note(tenant, { name, refDevice, atMs: ports.clock.nowMs(), ...said });
  }

  async function takePlain(device: Device, bytes: Uint8Array): Promise<void> {
    const answers = decodePlainAnswers(bytes);
    if (answers.kind === 'garbage')
      log.warn({ deviceId: device.deviceId }, 'A device answers a command with something that is no answer.');
    for (const answer of answers.kind === 'garbage' ? [] : answers.value) {
      const isOurs = await commands.plain?.answer(device, answer);
      const outcome = answer.state === 'OK' ? 'done' : 'failed: device.error';
      if (isOurs === true) note(device, { operation: `answer.${answer.command}`, actor: 'device', outcome });
    }
  }

  async function take(sender: Sender, bytes: Uint8Array): Promise<void> {
    const device = agent.registry.find(deviceKey(sender.apiKey, sender.deviceId));
    if (device !== undefined && device.model === undefined) return takePlain(device, bytes);
    const decoded = decodeAnswer(bytes);
    if (device === undefined || decoded.kind === 'garbage') {
      log.warn({ deviceId: sender.deviceId }, 'A device answers a command with something that is no answer.');
      return;
    }
    const key = deviceKey(device.apiKey, device.deviceId);
    const { command, orderId, state } = decoded.value;
    const answer: CommandAnswer = { command, orderId, state, text: textOf(device, decoded.value, ports.clock.nowMs()) };
    const order = commands.orderOf(key, answer);
    // In the log before the answer counts: who was told "stored" finds it.
    if (order?.parameters?.store === true && decoded.value.values !== undefined)
      await agent.take({ ...sender, channel: 'attrs', lane: 'live', bytes: encodeValues(decoded.value.values) });
    const outcome = state === 'OK' ? 'done' : 'failed: device.error';
    note(device, { operation: `answer.${command}`, actor: 'device', outcome, correlation: order?.id });
    await commands.answer(key, answer);
  }

  const fetch = async ({ apiKey, deviceId }: Sender): Promise<CommandPayload> =>
    (await commands.plain?.fetch(apiKey, deviceId)) ?? {};
  return { commands, fetch, take };
}

function send(
  { apiKey, deviceId }: Device,
  { command, id, notAfterMs, parameters = {} }: KeptOrder,
  publishOnce: CommandingOptions['publishOnce'],
): Sending {
  const { store: _store, ...forTheMeter } = parameters;
  const bytes = encodeCommand({ command, orderId: id, notAfterMs, parameters: forTheMeter });
  return publishOnce(formatTopic(apiKey, deviceId, 'cmd'), bytes)
    ? { kind: 'sent' }
    : { kind: 'not sent', reason: 'line.away' };
}

/** Values in the words and units of the vocabulary, so that whoever reads them need not know the device. */
function textOf(device: Device, { text, values }: Answer, nowMs: number): string {
  const model = deviceModel(device.model);
  if (values === undefined || model === undefined) return text;
  const decoded = decodeAttrs(encodeValues(values));
  const [first] = decoded.kind === 'value' ? decoded.value : [];
  if (first?.kind !== 'measure') return text;
  const { state } = toLiveReading(device, model, first.measure, nowMs);
  const shown = Object.entries(state?.entity ?? {}).flatMap(([name, attribute]): [string, unknown][] =>
    typeof attribute === 'object' && attribute !== null && 'value' in attribute && 'observedAt' in attribute
      ? [[name, attribute.value]]
      : [],
  );
  return JSON.stringify(shown.length === 0 ? values : Object.fromEntries(shown));
}

function encodeValues(values: Readonly<Record<string, unknown>>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(values));
}
