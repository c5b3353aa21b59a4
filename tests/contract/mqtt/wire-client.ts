/**
 * A bare MQTT 3.1.1 client for tests: it sends what it is told, also what no library would send, and hands over every packet.
 * Cheap enough to be two hundred publishers without being what is measured.
 */

import { type Socket, connect as tcpConnect } from 'node:net';
import mqttPacket, { type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet';

export interface ConnectOptions {
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  readonly clean?: boolean;
  readonly keepalive?: number;
  readonly will?: IConnectPacket['will'];
}

export class WireClient {
  readonly socket: Socket;
  /** Called for each packet; replace it to listen. Packets before that are kept in `received`. */
  onPacket: (packet: Packet) => void = (packet) => this.received.push(packet);
  readonly received: Packet[] = [];
  readonly closed: Promise<void>;
  readonly #parser = mqttPacket.parser();
  #nextId = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#parser.on('packet', (packet) => this.onPacket(packet));
    this.#parser.on('error', () => socket.destroy());
    socket.on('data', (bytes) => this.#parser.parse(bytes));
    // A connection that the server closes on purpose may end in a reset.
    socket.on('error', () => socket.destroy());
  }

  static async open(port: number): Promise<WireClient> {
    const socket = tcpConnect({ host: '127.0.0.1', port, noDelay: true });
    const client = new WireClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('close', () => reject(new Error('The connection was refused.')));
    });
    return client;
  }

  /** Opens, connects and returns the CONNACK's return code; -1 when the server closed without one. */
  static async connect(
    port: number,
    options: ConnectOptions,
  ): Promise<{ client: WireClient; returnCode: number; sessionPresent: boolean }> {
    const client = await WireClient.open(port);
    const { clean = true, keepalive = 60, will, ...names } = options;
    client.send({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean,
      keepalive,
      clientId: names.clientId,
      ...(names.username !== undefined && { username: names.username }),
      ...(names.password !== undefined && { password: Buffer.from(names.password) }),
      ...(will && { will }),
    });
    const connack = await client.next('connack');
    if (connack?.cmd !== 'connack') return { client, returnCode: -1, sessionPresent: false };
    return { client, returnCode: connack.returnCode ?? -1, sessionPresent: connack.sessionPresent };
  }

  send(packet: Packet): void {
    if (!this.socket.destroyed) mqttPacket.writeToStream(packet, this.socket);
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** The next packet of a kind, in order of arrival; undefined when the connection closes first or time runs out. */
  async next(cmd: Packet['cmd'], timeoutMs = 5000): Promise<Packet | undefined> {
    const isOver = Promise.race([
      this.closed,
      new Promise<void>((resolve) => {
        setTimeout(resolve, timeoutMs).unref();
      }),
    ]);
    let over = false;
    void isOver.then(() => {
      over = true;
    });
    for (;;) {
      const at = this.received.findIndex((packet) => packet.cmd === cmd);
      if (at >= 0) return this.received.splice(at, 1)[0];
      if (over) return undefined;
      await Promise.race([isOver, new Promise((resolve) => setTimeout(resolve, 2))]);
    }
  }

  nextId(): number {
    const id = this.#nextId;
    this.#nextId = (id % 65_535) + 1;
    return id;
  }

  publish(topic: string, payload: string | Buffer, qos: 0 | 1 | 2 = 1, more: Partial<IPublishPacket> = {}): number {
    const messageId = this.nextId();
    this.send({
      cmd: 'publish',
      topic,
      payload,
      qos,
      dup: false,
      retain: false,
      ...(qos > 0 && { messageId }),
      ...more,
    });
    return messageId;
  }

  /** Publishes and waits for the acknowledgement: true when it came. */
  async publishAcked(
    topic: string,
    payload: string,
    qos: 1 | 2 = 1,
    more: Partial<IPublishPacket> = {},
  ): Promise<boolean> {
    const messageId = this.publish(topic, payload, qos, more);
    if (qos === 1) return (await this.next('puback')) !== undefined;
    if ((await this.next('pubrec')) === undefined) return false;
    this.send({ cmd: 'pubrel', messageId });
    return (await this.next('pubcomp')) !== undefined;
  }

  /** The granted QoS per filter; 128 is a refusal. */
  async subscribe(filters: readonly string[], qos: 0 | 1 | 2 = 1): Promise<number[]> {
    const subscriptions = filters.map((topic) => ({ topic, qos }));
    this.send({ cmd: 'subscribe', messageId: this.nextId(), subscriptions });
    const suback = await this.next('suback');
    return suback?.cmd === 'suback' ? suback.granted.map(Number) : [];
  }

  async nextMessage(timeoutMs?: number): Promise<IPublishPacket | undefined> {
    const packet = await this.next('publish', timeoutMs);
    return packet?.cmd === 'publish' ? packet : undefined;
  }

  acknowledge(packet: IPublishPacket): void {
    if (packet.messageId !== undefined) this.send({ cmd: 'puback', messageId: packet.messageId });
  }

  /** A clean goodbye. */
  async disconnect(): Promise<void> {
    this.send({ cmd: 'disconnect' });
    this.socket.end();
    await this.closed;
  }

  /** As when the cable is cut. */
  async cut(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}
