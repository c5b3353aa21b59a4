/**
 * Notifications over MQTT (GS CIM 009 V1.9.1, 7.2): the headers become `metadata` and the notification `body` of one message.
 * It is delivered when the server has acknowledged it: PUBACK, PUBCOMP, or with QoS 0, when it is written.
 */

import { guardedLookup, listHosts } from '@contor/kit';
import type { SendResult } from './courier.js';
import { decoded, type HostCheck, topicOf } from './endpoint.js';
import { MqttConnection } from './mqtt-connection.js';
import type { PayloadWriter } from './payload.js';
import type { Notification } from './post-office.js';
import { MQTT_QOS, MQTT_VERSION, wishOf } from './wishes.js';

export interface MqttDeliveryOptions {
  readonly write: PayloadWriter;
  readonly checkHost: HostCheck;
  /** What `checkHost` allows by name. */
  readonly hosts: readonly string[];
  readonly timeoutMs: number;
  /** Certificate authorities (PEM) beside those of the system; without it those of the system. */
  readonly ca?: Buffer | undefined;
  readonly monotonicMs: () => number;
  readonly newClientId: () => string;
}

export interface MqttDelivery {
  readonly deliver: (notification: Notification) => Promise<SendResult>;
  readonly connections: number;
  close(): void;
}

/** MQTT servers and accounts that notifications go to; the one idle for the longest makes room for another. */
const MAX_CONNECTIONS = 64;
const LONGEST_WAIT_MS = 300_000;
const KEEPALIVE_S = 60;
const LARGEST_MESSAGE = 268_435_455;
const PROTOCOL_VERSIONS: Readonly<Record<string, 4 | 5>> = { 'mqtt3.1.1': 4, 'mqtt5.0': 5 };

export function createMqttDelivery(options: MqttDeliveryOptions): MqttDelivery {
  const { write, checkHost, hosts, timeoutMs, ca, monotonicMs, newClientId } = options;
  const lookup = guardedLookup(listHosts(hosts), 'network');
  const connections = new Map<string, MqttConnection>();
  /** What a server was found to take, by connection: it would be found anew at the cost of a closed connection. */
  const limits = new Map<string, number>();

  function connectionTo(url: URL, version: 4 | 5): MqttConnection | undefined {
    const key = JSON.stringify([url.protocol, url.host, url.username, url.password, version]);
    const known = connections.get(key);
    if (known !== undefined && !known.hasEnded) return known;
    if (known !== undefined) forget(key, known);
    if (connections.size >= MAX_CONNECTIONS && !makeRoom()) return undefined;
    const username = decoded(url.username);
    const connection = new MqttConnection(
      { url, lookup, ca },
      {
        protocolVersion: version,
        ...(username !== '' && { username }),
        ...(url.password !== '' && { password: decoded(url.password) }),
        // Many servers bind an account to the client id of its name.
        clientId: username === '' ? newClientId() : username,
        clean: true,
        keepalive: KEEPALIVE_S,
        connectTimeout: timeoutMs,
      },
      limits.get(key) ?? LARGEST_MESSAGE,
    );
    connections.set(key, connection);
    return connection;
  }

  function forget(key: string, connection: MqttConnection): void {
    connections.delete(key);
    if (limits.size >= MAX_CONNECTIONS) limits.clear();
    if (connection.mostBytes < LARGEST_MESSAGE) limits.set(key, connection.mostBytes);
  }

  function makeRoom(): boolean {
    for (const [key, connection] of connections) if (connection.hasEnded) forget(key, connection);
    if (connections.size < MAX_CONNECTIONS) return true;
    const idle = [...connections]
      .filter(([, { isIdle }]) => isIdle)
      .sort(([, a], [, b]) => a.lastUsedMs - b.lastUsedMs);
    const [oldest] = idle;
    if (oldest === undefined) return false;
    oldest[1].close();
    forget(...oldest);
    return true;
  }

  async function deliver(notification: Notification): Promise<SendResult> {
    try {
      const { subscription, parcel } = notification;
      const { uri, timeout = timeoutMs } = subscription.notification.endpoint;
      const url = checkHost(uri);
      const { headers, body } = write(notification);
      const metadata = Buffer.from(`{"metadata":${JSON.stringify(headers)},"body":`, 'utf8');
      const message = Buffer.concat([metadata, ...body, Buffer.from('}', 'utf8')]);
      const version = PROTOCOL_VERSIONS[wishOf(subscription, MQTT_VERSION) ?? 'mqtt3.1.1'] ?? 4;
      const connection = connectionTo(url, version);
      if (connection === undefined)
        return { kind: 'failed', reason: `notifications go to ${MAX_CONNECTIONS} MQTT servers at most` };
      connection.lastUsedMs = monotonicMs();
      const qos = qosOf(wishOf(subscription, MQTT_QOS));
      const waitMs = Math.min(timeout, LONGEST_WAIT_MS);
      const published = await connection.publish({ topic: topicOf(url), message, qos, timeoutMs: waitMs });
      if (published.kind === 'acknowledged') return { kind: 'accepted' };
      // One entity cannot be made smaller: that it is refused may only be the fault of the server.
      return { kind: 'failed', reason: published.reason, isRefusal: published.isTooLarge && parcel.entries.length > 1 };
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  return {
    deliver,
    get connections() {
      return connections.size;
    },
    close() {
      for (const connection of connections.values()) connection.close();
      connections.clear();
    },
  };
}

/** 7.2 has 0 as the default. A message nobody acknowledges cannot be delivered at least once, so ours is 1; who asks for 0 has it. */
function qosOf(wish: string | undefined): 0 | 1 | 2 {
  return wish === '0' ? 0 : wish === '2' ? 2 : 1;
}
