/**
 * PUBACK only after our own fsync, without waiting for one message before reading the next.
 *
 * mqtt.js sends the PUBACK when `handleMessage` calls back, and reads no further packet until then: acks after fsync
 * would mean one message a disk write. But a callback with an error makes it skip the PUBACK and read on, so that is
 * what the gate does with every QoS 1 message; the PUBACK it writes itself when the message is stored. It is written to
 * the connection the message came on and to no other: packet identifiers belong to a connection, and an ack kept for
 * the next one could confirm a message that we never saw (MQTT 3.1.1, 4.3.2 and 4.4). mqtt.js keeps such acks; the gate
 * drops them, and the broker delivers again.
 *
 * PUBACKs leave in the order in which the messages came [MQTT-4.6.0-2].
 */

/** The part of mqtt.js's client the gate needs. */
export interface GatedClient {
  readonly stream: AckStream;
  handleMessage(packet: MessagePacket, callback: (error?: Error) => void): void;
}

export interface AckStream {
  readonly writable: boolean;
  write(bytes: Uint8Array): unknown;
}

export interface MessagePacket {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: number;
  readonly messageId?: number | undefined;
}

/** What became of a message: `store it again later` leaves it unacked, and closes the connection so that it comes back. */
export type Settled = 'stored' | 'not stored';

export interface AckGateOptions {
  /** Resolves when the message is on disk. Never rejects. */
  readonly take: (packet: MessagePacket) => Promise<Settled>;
  /** A message could not be stored and stays unacked on this connection. */
  readonly onRefused: () => void;
}

/** Unacked messages held at once; beyond it the client stops reading and TCP tells the broker. */
export const MOST_PENDING = 10_000;
const RESUME_AT = MOST_PENDING / 2;

/** MQTT 3.1.1, 3.4: fixed header of PUBACK, remaining length 2, packet identifier. */
const PUBACK = 0x40;
const PUBACK_BYTES = 4;

interface Pending {
  readonly messageId: number;
  isStored: boolean;
}

export interface AckGate {
  /** Reads no further; resolves when every message read so far is settled and its ack is written. */
  drain(): Promise<void>;
}

/** Takes the place of the client's `handleMessage`. */
export function gateAcks(client: GatedClient, options: AckGateOptions): AckGate {
  const held = new AckHeld();
  const lines = new WeakMap<AckStream, AckLine>();
  let pendingCount = 0;
  let resume: (() => void) | undefined;
  let isDraining = false;
  let drained: (() => void) | undefined;

  client.handleMessage = (packet, callback) => {
    const { stream } = client;
    const line = lines.get(stream) ?? new AckLine(stream);
    lines.set(stream, line);
    const pending = packet.qos === 1 && packet.messageId !== undefined ? line.expect(packet.messageId) : undefined;
    pendingCount += 1;
    void options.take(packet).then((settled) => {
      pendingCount -= 1;
      if (pending !== undefined && settled === 'stored') line.release(pending);
      if (settled === 'not stored') options.onRefused();
      if (pendingCount === 0) drained?.();
      if (resume !== undefined && pendingCount <= RESUME_AT) {
        const readOn = resume;
        resume = undefined;
        readOn();
      }
    });
    const readOn = (): void => callback(pending === undefined ? undefined : held);
    if (isDraining) return;
    if (pendingCount >= MOST_PENDING) resume = readOn;
    else readOn();
  };
  return {
    async drain() {
      isDraining = true;
      resume = undefined;
      if (pendingCount > 0) {
        await new Promise<void>((resolve) => {
          drained = resolve;
        });
      }
      // One turn for the acks of the last group to be written.
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
    },
  };
}

/** The acks of one connection. */
class AckLine {
  readonly #stream: AckStream;
  readonly #queue: Pending[] = [];
  #isFlushing = false;

  constructor(stream: AckStream) {
    this.#stream = stream;
  }

  expect(messageId: number): Pending {
    const pending = { messageId, isStored: false };
    this.#queue.push(pending);
    return pending;
  }

  /** Acks of one group commit are released in one go: they leave in one write. */
  release(pending: Pending): void {
    pending.isStored = true;
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    let ready = 0;
    while (this.#queue[ready]?.isStored === true) ready += 1;
    const stored = this.#queue.splice(0, ready);
    if (stored.length === 0 || !this.#stream.writable) return;
    const bytes = Buffer.alloc(stored.length * PUBACK_BYTES);
    stored.forEach(({ messageId }, index) => {
      bytes.writeUInt8(PUBACK, index * PUBACK_BYTES);
      bytes.writeUInt8(2, index * PUBACK_BYTES + 1);
      bytes.writeUInt16BE(messageId, index * PUBACK_BYTES + 2);
    });
    this.#stream.write(bytes);
  }
}

/** Tells mqtt.js to leave the ack to us. It is made once: an Error per message would cost more than the message. */
class AckHeld extends Error {
  override readonly name = 'AckHeld';
}
