/**
 * What aedes 1.2 asks of a persistence, answered by the store. Queues are sent by our own outlets, so the calls that would feed
 * or drain aedes' queues answer with nothing.
 */

import { Readable } from 'node:stream';
import { ProtocolError } from '@contor/kit';
import type { Inbound, RetainedRecord, WillRecord } from './records.js';
import type { Store } from './store.js';
import { filterMatches } from './topics.js';

/** What is used of an aedes client. */
export interface ClientHandle {
  readonly id: string;
  readonly clean: boolean;
}

export interface WireSubscription {
  readonly topic: string;
  readonly qos: number;
}

export interface WirePublish {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly messageId?: number | undefined;
}

export interface PersistenceOptions {
  readonly store: Store;
  usernameOf(clientId: string): string;
  /** aedes hands over a whole SUBSCRIBE, the refused filters of it included. */
  maySubscribe(clientId: string, filter: string): boolean;
}

export type Persistence = ReturnType<typeof createPersistence>;

export function createPersistence({ store, usernameOf, maySubscribe }: PersistenceOptions) {
  return {
    setup: async (_broker: unknown): Promise<void> => undefined,

    // Sessions.
    addSubscriptions: (client: ClientHandle, subscriptions: readonly WireSubscription[]) => {
      const allowed = subscriptions.filter(({ topic, qos }) => qos <= 2 && maySubscribe(client.id, topic));
      const wanted = allowed.map(({ topic, qos }) => [topic, qos] as const);
      return store.subscribe(client.id, usernameOf(client.id), wanted);
    },
    removeSubscriptions: (client: ClientHandle, filters: readonly string[]) => store.unsubscribe(client.id, filters),
    subscriptionsByClient: async (client: Pick<ClientHandle, 'id'>): Promise<WireSubscription[]> =>
      [...(store.sessions.get(client.id)?.subscriptions ?? [])].map(([topic, qos]) => ({ topic, qos })),
    cleanSubscriptions: (client: ClientHandle) => store.end(client.id),

    // Deliveries: the outlet sends, these are the peer's answers.
    outgoingStream: () => Readable.from([]),
    outgoingClearMessageId: async (client: ClientHandle, packet: { messageId?: number }): Promise<undefined> => {
      const delivery = deliveryOf(client, packet);
      if (delivery !== undefined) store.settle(delivery);
    },
    /** PUBREC. A packet id we do not know is answered too, or a peer that lost our PUBCOMP would ask for ever (4.3.3). */
    outgoingUpdate: async (client: ClientHandle, packet: { messageId?: number }): Promise<void> => {
      const delivery = deliveryOf(client, packet);
      if (delivery !== undefined) await store.release(delivery);
    },

    // QoS 2 from publishers.
    incomingGetPacket: async (client: ClientHandle, packet: WirePublish): Promise<WirePublish> => {
      const written = store.keepsakes.taken(inboundOf(client, packet));
      if (written === undefined) throw new ProtocolError('mqtt.unknown-packet', 'This packet id is not known.');
      await written;
      return packet;
    },
    incomingStorePacket: async (client: ClientHandle, packet: WirePublish): Promise<void> => {
      const inbound = inboundOf(client, packet);
      const written = Promise.resolve(
        // A clean session's packet ids end with its connection [MQTT-3.1.2-6]: memory is enough for them.
        store.accept({ ...publicationOf(packet), ...(!client.clean && { inbound }) }),
      );
      store.keepsakes.take(inbound, written);
      try {
        await written;
      } catch (error) {
        await store.keepsakes.release(inbound, false);
        throw error;
      }
    },
    incomingDelPacket: (client: ClientHandle, packet: WirePublish) =>
      store.keepsakes.release(inboundOf(client, packet), !client.clean),
    cleanIncoming: (client: Pick<ClientHandle, 'id'>) => store.keepsakes.releaseAll(client.id),

    // Retained messages.
    createRetainedStreamCombi: (filters: readonly string[]) => Readable.from(retainedFor(filters)),

    // Wills.
    putWill: (client: ClientHandle, will: WirePublish) => store.keepsakes.putWill(willOf(client.id, will)),
    delWill: (client: Pick<ClientHandle, 'id'>) => store.keepsakes.dropWill(client.id),
    /** Wills that a crash left behind are published by the broker itself, once. */
    streamWill: () => Readable.from([]),
  };

  function deliveryOf(client: ClientHandle, packet: { messageId?: number }) {
    if (client.clean || packet.messageId === undefined) return undefined;
    return store.sessions.get(client.id)?.byPacketId(packet.messageId);
  }

  function willOf(clientId: string, will: WirePublish): WillRecord {
    const { topic, qos, payload } = publicationOf(will);
    return {
      kind: 'will',
      clientId,
      username: usernameOf(clientId),
      topic,
      qos,
      isRetained: will.retain === true,
      payload,
    };
  }

  function* retainedFor(filters: readonly string[]): Generator<object> {
    const isWanted = ({ topic }: RetainedRecord) => filters.some((filter) => filterMatches(filter, topic));
    for (const record of store.keepsakes.retained.values()) {
      if (!isWanted(record)) continue;
      yield {
        cmd: 'publish',
        topic: record.topic,
        qos: record.qos,
        payload: Buffer.from(record.payload),
        retain: true,
      };
    }
  }
}

export function publicationOf(packet: WirePublish): { topic: string; payload: Uint8Array; qos: number } {
  const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
  return { topic: packet.topic, payload: payload ?? Buffer.alloc(0), qos: packet.qos ?? 0 };
}

function inboundOf(client: Pick<ClientHandle, 'id'>, packet: { messageId?: number | undefined }): Inbound {
  return { clientId: client.id, packetId: packet.messageId ?? 0 };
}
