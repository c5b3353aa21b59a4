/**
 * One connection to one MQTT server, shared by all subscriptions that publish there under the same name. It is made when
 * there is something to publish and never remakes itself: when to try again is the courier's schedule.
 */

import { createConnection, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type IClientOptions, MqttClient } from 'mqtt';

export interface MqttServer {
  readonly url: URL;
  /** Where a name may lead is looked at for each connection. */
  readonly lookup: LookupFunction;
  readonly ca?: Buffer | undefined;
}

export interface Publication {
  readonly topic: string;
  readonly message: Buffer;
  readonly qos: 0 | 1 | 2;
  readonly timeoutMs: number;
}

export type Published =
  | { readonly kind: 'acknowledged' }
  /** `isTooLarge`: the server ended the connection over a large message, or had said before what is too large. */
  | { readonly kind: 'failed'; readonly reason: string; readonly isTooLarge: boolean };

/** A server that closes on a message of this size or more may have closed because of it; every server takes smaller ones. */
const SUSPICIOUS_BYTES = 16_384;
/** On their way without an acknowledgement. MQTT 5 servers name their own bound (3.1.2.11.4); Mosquitto's is 20. */
const MAX_UNACKNOWLEDGED = 16;
/** Beyond topic and message a PUBLISH has a header and, in MQTT 5, properties. */
const OVERHEAD_BYTES = 64;

export class MqttConnection {
  readonly #client: MqttClient;
  readonly #ready: Promise<void>;
  readonly #waiting = new Set<(reason: string) => void>();
  /** The largest message the server is believed to take. */
  #mostBytes: number;
  #isUp = false;
  #window = MAX_UNACKNOWLEDGED;
  #unacknowledged = 0;
  /** Publications that wait for their turn. */
  readonly #turns: (() => void)[] = [];
  #ended: string | undefined;
  lastUsedMs = 0;

  constructor(server: MqttServer, options: IClientOptions, mostBytes: number) {
    this.#mostBytes = mostBytes;
    this.#client = new MqttClient(() => openLine(server), { ...options, reconnectPeriod: 0, resubscribe: false });
    this.#ready = new Promise((resolve, reject) => {
      this.#client.once('connect', ({ properties }) => {
        this.#isUp = true;
        this.#window = Math.min(this.#window, properties?.receiveMaximum ?? this.#window);
        this.#mostBytes = Math.min(this.#mostBytes, properties?.maximumPacketSize ?? Number.POSITIVE_INFINITY);
        resolve();
      });
      // Errors name what went wrong, and never the user or the password.
      this.#client.on('error', (error) => this.#end(error.message, reject));
      this.#client.on('close', () => this.#end('the MQTT server closed the connection', reject));
    });
    // Whoever publishes is told; when nobody waits there is nobody to tell.
    this.#ready.catch(() => undefined);
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  get mostBytes(): number {
    return this.#mostBytes;
  }

  publish({ topic, message, qos, timeoutMs }: Publication): Promise<Published> {
    const bytes = message.byteLength + topic.length + OVERHEAD_BYTES;
    if (bytes > this.#mostBytes) return Promise.resolve(tooLarge(bytes));
    return new Promise((resolve) => {
      const done = (published: Published): void => {
        clearTimeout(timer);
        this.#waiting.delete(failed);
        resolve(published);
      };
      const failed = (reason: string): void => {
        const isTooLarge = this.#isUp && bytes >= SUSPICIOUS_BYTES;
        if (isTooLarge) this.#mostBytes = Math.max(SUSPICIOUS_BYTES, Math.min(this.#mostBytes, bytes - 1));
        done({ kind: 'failed', reason, isTooLarge });
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(failed);
        resolve({ kind: 'failed', reason: `no acknowledgement within ${timeoutMs} ms`, isTooLarge: false });
        // What the server did with it is not known: on a new connection everything is said again.
        this.close();
      }, timeoutMs);
      this.#waiting.add(failed);
      this.#ready.then(
        () => this.#inTurn(() => this.#send(topic, message, qos, done)),
        () => failed(this.#ended ?? 'the MQTT server is away'),
      );
    });
  }

  close(): void {
    this.#ended ??= 'the connection was closed';
    this.#client.end(true);
    for (const failed of [...this.#waiting]) failed(this.#ended);
  }

  #send(topic: string, message: Buffer, qos: 0 | 1 | 2, done: (published: Published) => void): void {
    if (this.#ended !== undefined) return;
    this.#unacknowledged += 1;
    this.#client.publish(topic, message, { qos }, (error) => {
      this.#unacknowledged -= 1;
      if (error === undefined || error === null) done({ kind: 'acknowledged' });
      else if (this.#ended === undefined) done({ kind: 'failed', reason: error.message, isTooLarge: false });
      this.#turns.shift()?.();
    });
  }

  #inTurn(send: () => void): void {
    if (this.#unacknowledged < this.#window) send();
    else this.#turns.push(send);
  }

  #end(reason: string, reject: (error: Error) => void): void {
    this.#ended ??= reason;
    this.#client.end(true);
    reject(new Error(this.#ended));
    for (const failed of [...this.#waiting]) failed(this.#ended);
  }
}

function tooLarge(bytes: number): Published {
  return { kind: 'failed', reason: `the MQTT server takes no message of ${bytes} bytes`, isTooLarge: true };
}

const PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/** The library's own way takes no `lookup`. */
function openLine({ url, lookup, ca }: MqttServer): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (PORTS[url.protocol] ?? 0) : Number(url.port);
  if (url.protocol !== 'mqtts:') return createConnection({ host, port, lookup });
  const trust = ca === undefined ? {} : { ca };
  return connectTls({ host, port, lookup, ...trust, ...(isIP(host) === 0 && { servername: host }) });
}
