/**
 * The line to the MQTT broker: one persistent session (fixed client id, clean session off), QoS 1, acks after our fsync.
 * It connects for ever; what the broker holds for us in the meantime it delivers when we are back (MQTT 3.1.1, 3.1.2.4).
 */

import { gateAcks, type MessagePacket, type Settled } from '@contor/agent-kit';
import { DiskFullError, LogFullError, type Logger } from '@contor/kit';
import { connect, type MqttClient } from 'mqtt';

export interface MqttIntakeOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string | undefined;
  readonly clientId: string;
  readonly subscriptions: readonly string[];
  readonly log: Logger;
  /** Resolves when the message is on disk. */
  readonly take: (topic: string, bytes: Uint8Array) => Promise<void>;
  readonly onFatal: (error: Error) => void;
}

export interface MqttIntake {
  readonly isConnected: boolean;
  /** Messages that could not be stored and were left to the MQTT broker. */
  readonly refused: number;
  /**
   * Handed to the broker at most once (QoS 0): nothing keeps it for a device that is away, nothing repeats it when the line comes
   * back. False when there is no line, and then it was not sent.
   */
  publishOnce(topic: string, bytes: Uint8Array): boolean;
  /** Stops reading, waits until everything read is stored and acked, and says goodbye. */
  stop(): Promise<void>;
}

const RECONNECT_MS = 1_000;
/** With a full disk there is no hurry to be told the same messages again. */
const FULL_RECONNECT_MS = 15_000;
const KEEPALIVE_S = 30;
const CONNECT_TIMEOUT_MS = 10_000;

export function openMqttIntake(options: MqttIntakeOptions): MqttIntake {
  const { log, url } = options;
  const client = connect(url, {
    clientId: options.clientId,
    username: options.username,
    ...(options.password !== undefined && { password: options.password }),
    clean: false,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: RECONNECT_MS,
    // A broker that refuses us today (it is starting, our credential is being made) may welcome us tomorrow.
    reconnectOnConnackError: true,
    resubscribe: false,
    queueQoSZero: false,
  });
  let refused = 0;

  const take = async (packet: MessagePacket): Promise<Settled> => {
    try {
      await options.take(packet.topic, asBytes(packet.payload));
      client.options.reconnectPeriod = RECONNECT_MS;
      return 'stored';
    } catch (error) {
      if (!(error instanceof LogFullError || error instanceof DiskFullError)) {
        options.onFatal(error instanceof Error ? error : new Error(String(error)));
        return 'not stored';
      }
      if (refused === 0) log.error({ error }, 'The ingest log is full: messages stay with the MQTT broker, unacked.');
      refused += 1;
      return 'not stored';
    }
  };
  const onRefused = (): void => {
    client.options.reconnectPeriod = FULL_RECONNECT_MS;
    client.stream.destroy();
  };
  const gate = gateAcks(client, { take, onRefused });

  let isStopping = false;
  const subscription = watch(client, options, () => isStopping);
  return {
    get isConnected() {
      return client.connected && subscription.isGranted;
    },
    get refused() {
      return refused;
    },
    publishOnce(topic, bytes) {
      if (!client.connected) return false;
      client.publish(topic, Buffer.from(bytes), { qos: 0 });
      return true;
    },
    async stop() {
      isStopping = true;
      await gate.drain();
      await client.endAsync();
      log.info({ url }, 'Left the MQTT broker; the session stays.');
    },
  };
}

function watch(
  client: MqttClient,
  { subscriptions, log, url }: MqttIntakeOptions,
  isStopping: () => boolean,
): { readonly isGranted: boolean } {
  let isAway = false;
  // A broker keeps nothing for a session that has not subscribed yet: connected alone is not ready.
  const subscription = { isGranted: false };
  const away = (facts: object): void => {
    // One line an outage: mqtt.js tells of every attempt.
    if (!isAway && !isStopping())
      log.warn({ url, ...facts }, 'The MQTT broker is away: reconnecting until it is back.');
    isAway = true;
    subscription.isGranted = false;
  };
  client.on('connect', ({ sessionPresent }) => {
    isAway = false;
    log.info({ url, sessionPresent }, 'Connected to the MQTT broker.');
    client.subscribe([...subscriptions], { qos: 1 }, (error, granted) => {
      const denied = (granted ?? []).filter(({ qos }) => qos !== 1).map(({ topic }) => topic);
      subscription.isGranted = !error && denied.length === 0;
      if (!subscription.isGranted)
        log.error({ error, denied }, 'The MQTT broker refuses our subscriptions: check the access rules.');
    });
  });
  client.on('close', () => away({}));
  client.on('error', (error) => away({ error }));
  return subscription;
}

function asBytes(payload: string | Uint8Array): Uint8Array {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}
