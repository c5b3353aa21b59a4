/**
 * aedes with our decisions in it: who may connect, publish, subscribe and receive; PUBACK after the disk; persistent sessions
 * sent by their outlets. aedes keeps the protocol: packets, keep-alive, CONNACK, SUBACK, QoS 2 handshakes, wills.
 */

import type { Socket } from 'node:net';
import type { Clock, Logger } from '@contor/kit';
import { ProtocolError } from '@contor/kit';
import type { Aedes, AedesPublishPacket, Client, ConnectPacket, PublishPacket, Subscription } from 'aedes';
import { mayUseClientId } from './access.js';
import { Exchange } from './exchange.js';
import type { Admitted, Gatekeeper } from './gatekeeper.js';
import { LiveAedes } from './live-aedes.js';
import { Outlet } from './outlet.js';
import { grantedFor, type Peer } from './peer.js';
import { createPersistence, publicationOf } from './persistence.js';
import type { Store } from './store.js';
import { MAX_TOPIC_LEVELS } from './topics.js';

/** T24: 65,000 subscriptions of one client. An agent has three. */
const MAX_SUBSCRIPTIONS = 100;
/** A clean-session subscriber that leaves this much unread gets no more QoS 0, and is closed at QoS 1. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** A client that comes back within this time after a crash of ours is not dead: its will stays unsaid. */
const WILL_GRACE_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const SWEEP_EVERY_MS = 1_000;

/** CONNACK return codes, MQTT 3.1.1, 3.2.2.3. */
const IDENTIFIER_REJECTED = 2;
const BAD_CREDENTIALS = 4;
const NOT_AUTHORIZED = 5;

export interface BrokerOptions {
  readonly store: Store;
  readonly gatekeeper: Gatekeeper;
  readonly clock: Clock;
  readonly log: Logger;
  onWrongPassword(client: Client): void;
}

export class Broker {
  readonly aedes: Aedes;
  readonly counts = {
    published: 0,
    refusedPublishes: 0,
    refusedSubscriptions: 0,
    refusedConnects: 0,
    sent: 0,
    skipped: 0,
  };
  readonly #options: BrokerOptions;
  readonly #exchange = new Exchange();
  readonly #peers = new WeakMap<object, Peer>();
  readonly #connected = new Map<string, Peer>();
  /** What a CONNECT said, until its password has been checked. */
  readonly #wills = new WeakMap<object, ConnectPacket['will']>();
  #isStopping = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { store } = options;
    const aedesOptions = {
      persistence: createPersistence({
        store,
        usernameOf: (clientId) => this.#usernameOf(clientId),
        maySubscribe: (clientId, filter) =>
          this.#admitted(this.#usernameOf(clientId))?.access.maySubscribe(filter) === true,
      }),
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxTopicLevels: MAX_TOPIC_LEVELS,
      maxClientsIdLength: 128,
      preConnect: (client: Client, packet: ConnectPacket, done: (error: Error | null, success: boolean) => void) => {
        this.#wills.set(client, packet.will);
        done(null, true);
      },
      authenticate: this.#authenticate.bind(this),
      authorizePublish: this.#authorizePublish.bind(this),
      authorizeSubscribe: this.#authorizeSubscribe.bind(this),
      authorizeForward: this.#authorizeForward.bind(this),
    };
    this.aedes = new LiveAedes(aedesOptions, this.#exchange);
    this.aedes.on('clientReady', (client) => this.#ready(client));
    this.aedes.on('clientDisconnect', (client) => this.#gone(client));
    this.aedes.on('unsubscribe', (filters, client) => this.#unsubscribed(client, filters));
    this.aedes.on('clientError', (client, error) => this.#failed(client, error));
    this.aedes.on('connectionError', (client, error) => this.#failed(client, error));
    store.wake = (session) => this.#wake(session.clientId);
  }

  async listen(): Promise<void> {
    await this.aedes.listen();
    this.#options.clock.after(WILL_GRACE_MS, () => this.#publishLeftWills());
    this.#sweepLater();
  }

  get connections(): number {
    return this.#connected.size;
  }

  /** Their credentials have changed or gone: they come again, or do not. */
  credentialsChanged(usernames: ReadonlySet<string>): void {
    const { store, gatekeeper } = this.#options;
    for (const peer of [...this.#connected.values()]) {
      if (usernames.has(peer.username)) peer.client.close();
    }
    for (const session of [...store.sessions.values()]) {
      if (!usernames.has(session.username)) continue;
      const access = gatekeeper.find(session.username)?.access;
      if (access === undefined) void this.#tell(store.end(session.clientId));
      else {
        const filters = [...session.subscriptions.keys()].filter((filter) => !access.maySubscribe(filter));
        if (filters.length > 0) void this.#tell(store.unsubscribe(session.clientId, filters));
      }
    }
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await new Promise<void>((resolve) => this.aedes.close(resolve));
  }

  // Connecting.

  #authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
    done: (error: (Error & { returnCode: number }) | null, success: boolean | null) => void,
  ): void {
    const refuse = (returnCode: number, reason: string): void => {
      this.counts.refusedConnects += 1;
      this.#options.log.warn({ username, clientId: client.id, reason }, 'A connection was refused.');
      done(Object.assign(new Error(reason), { returnCode }), null);
    };
    if (username === undefined || password === undefined) {
      refuse(NOT_AUTHORIZED, 'no username or no password');
      return;
    }
    this.#options.gatekeeper.check(username, password.toString('utf8')).then(
      (admitted) => {
        if (admitted === undefined) {
          this.#options.onWrongPassword(client);
          return refuse(BAD_CREDENTIALS, 'wrong username or password');
        }
        if (!mayUseClientId(username, client.id))
          return refuse(IDENTIFIER_REJECTED, 'the client id belongs to somebody else');
        const will = this.#wills.get(client);
        if (will !== undefined && !admitted.access.mayPublish(will.topic, will.retain === true)) {
          return refuse(NOT_AUTHORIZED, 'the will is on a topic that it may not publish to');
        }
        this.#peers.set(client, {
          client,
          username,
          filters: new Map(),
          granted: new Map(),
          outlet: undefined,
          lastAck: Promise.resolve(),
          acksOwed: 0,
        });
        done(null, true);
      },
      (error: unknown) => {
        this.#options.log.error({ error }, 'A password could not be checked.');
        refuse(NOT_AUTHORIZED, 'the password could not be checked');
      },
    );
  }

  #ready(client: Client): void {
    const peer = this.#peers.get(client);
    if (peer === undefined) return;
    // aedes closes the older connection of a client id, but forgets one that was closing just then.
    const older = this.#connected.get(client.id);
    this.#connected.set(client.id, peer);
    if (older !== undefined && older !== peer) this.#part(older);
    this.#wake(client.id);
  }

  #wake(clientId: string): void {
    const peer = this.#connected.get(clientId);
    if (peer === undefined || peer.client.clean || peer.client.closed) return;
    if (peer.outlet !== undefined) {
      peer.outlet.schedule();
      return;
    }
    const { store, log } = this.#options;
    const session = store.sessions.get(clientId);
    if (session === undefined) return;
    peer.outlet = new Outlet({
      socket: peer.client.conn as Socket,
      session,
      log,
      mayReceive: (topic) => this.#admitted(peer.username)?.access.mayReceive(topic) === true,
      load: (loading) => store.load(loading),
      abandon: (abandoning, deliveries) => store.abandon(abandoning, deliveries),
      settle: (delivery) => store.settle(delivery),
      onSent: () => {
        this.counts.sent += 1;
      },
    });
  }

  #gone(client: Client): void {
    const peer = this.#peers.get(client);
    if (peer === undefined) return;
    if (this.#connected.get(client.id) === peer) this.#connected.delete(client.id);
    this.#part(peer);
  }

  #part(peer: Peer): void {
    peer.outlet?.close();
    peer.outlet = undefined;
    peer.client.close();
  }

  #failed(client: Client, error: Error): void {
    const peer = this.#peers.get(client);
    this.#options.log.info(
      { username: peer?.username, clientId: client.id, reason: error.message },
      'A connection was closed.',
    );
    if (peer !== undefined) peer.outlet?.close();
  }

  // Publishing.

  #authorizePublish(client: Client | null, packet: PublishPacket, done: (error?: Error | null) => void): void {
    const peer = client === null ? undefined : this.#peers.get(client);
    if (peer === undefined || this.#isStopping) {
      done(new ProtocolError('mqtt.stopping', 'The broker takes no more messages.'));
      return;
    }
    const { topic, qos, retain } = packet;
    if (this.#admitted(peer.username)?.access.mayPublish(topic, retain === true) !== true) {
      this.counts.refusedPublishes += 1;
      this.#options.log.warn(
        { username: peer.username, topic, isRetained: retain },
        'A publish was refused; the connection is closed.',
      );
      done(new ProtocolError('mqtt.refused', 'The credential does not allow this topic.'));
      return;
    }
    this.counts.published += 1;
    this.#inOrder(peer, this.#store(packet, qos), done);
  }

  /** What must be on disk before the acknowledgement; undefined when nothing must. */
  #store(packet: PublishPacket, qos: number): Promise<unknown> | undefined {
    const { store } = this.#options;
    const publication = publicationOf(packet);
    const retained = packet.retain ? store.keepsakes.retain(packet.topic, publication.payload, qos) : undefined;
    // A QoS 2 publish is stored once per packet id (persistence.incomingStorePacket); a will has no packet id.
    const isStoredHere = qos === 1 || (qos === 2 && packet.messageId === undefined);
    const accepted = isStoredHere ? store.accept(publication) : undefined;
    return retained === undefined ? accepted : Promise.all([retained, accepted]);
  }

  #inOrder(peer: Peer, stored: Promise<unknown> | undefined, done: (error?: Error | null) => void): void {
    if (stored === undefined && peer.acksOwed === 0) {
      done();
      return;
    }
    peer.acksOwed += 1;
    peer.lastAck = Promise.all([peer.lastAck, stored]).then(
      () => {
        peer.acksOwed -= 1;
        done();
      },
      (error: Error) => {
        peer.acksOwed -= 1;
        done(error);
      },
    );
  }

  // Subscribing and receiving.

  #authorizeSubscribe(
    client: Client,
    subscription: Subscription,
    done: (error: Error | null, subscription?: Subscription | null) => void,
  ): void {
    const peer = this.#peers.get(client);
    const { topic, qos } = subscription;
    const isAllowed =
      peer !== undefined &&
      this.#admitted(peer.username)?.access.maySubscribe(topic) === true &&
      (peer.filters.has(topic) || peer.filters.size < MAX_SUBSCRIPTIONS);
    if (isAllowed) {
      peer.filters.set(topic, qos);
      peer.granted.clear();
      done(null, subscription);
      return;
    }
    this.counts.refusedSubscriptions += 1;
    this.#options.log.warn({ username: peer?.username, filter: topic }, 'A subscription was refused.');
    // SUBACK 0x80, 3.9.3.
    done(null, null);
  }

  #unsubscribed(client: Client, filters: readonly string[]): void {
    const peer = this.#peers.get(client);
    for (const filter of filters) peer?.filters.delete(filter);
    peer?.granted.clear();
  }

  #authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const peer = this.#peers.get(client);
    if (peer === undefined || this.#admitted(peer.username)?.access.mayReceive(packet.topic) !== true) return null;
    const qos = Math.min(packet.qos, grantedFor(peer, packet.topic));
    if (qos > 0 && !client.clean) {
      // The session's own queue sends it; a retained answer to a new subscription is put there now.
      const session = packet.retain ? this.#options.store.sessions.get(client.id) : undefined;
      if (session !== undefined)
        void this.#tell(this.#options.store.acceptFor(session, { ...publicationOf(packet), qos }));
      return null;
    }
    if ((client.conn as Socket).writableLength > MAX_UNREAD_BYTES) {
      this.counts.skipped += 1;
      // At QoS 1 silence would be a lie: the subscriber learns that it has missed something.
      if (qos > 0) (client.conn as Socket).destroy();
      return null;
    }
    return Object.assign(packet, { qos });
  }

  // Housekeeping.

  #publishLeftWills(): void {
    const { store, gatekeeper } = this.#options;
    for (const will of [...store.keepsakes.wills.values()]) {
      if (this.#connected.has(will.clientId)) continue;
      const { topic, qos, payload, isRetained } = will;
      const isAllowed = gatekeeper.find(will.username)?.access.mayPublish(topic, isRetained) === true;
      const packet = {
        cmd: 'publish' as const,
        topic,
        payload: Buffer.from(payload),
        qos: qos as 0 | 1 | 2,
        retain: isRetained,
        dup: false,
      };
      const stored = isAllowed ? this.#store(packet, qos) : undefined;
      void this.#tell(
        Promise.resolve(stored).then(() => {
          if (isAllowed) this.#exchange.emit(packet);
          return store.keepsakes.dropWill(will.clientId);
        }),
      );
    }
  }

  #sweepLater(): void {
    if (this.#isStopping) return;
    this.#options.clock.after(SWEEP_EVERY_MS, () => {
      this.#options.store.refuseLateWaiters();
      this.#sweepLater();
    });
  }

  #usernameOf(clientId: string): string {
    return clientId.split(':', 1)[0] ?? '';
  }

  #admitted(username: string): Admitted | undefined {
    return this.#options.gatekeeper.find(username);
  }

  async #tell(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#options.log.error(
        { error },
        'A change of the broker state could not be written; it will be tried again with the next snapshot.',
      );
    }
  }
}
