/**
 * What the broker must not forget: persistent sessions with their subscriptions and queues (MQTT 3.1.1, 4.1). Every change is
 * appended to the durable log; memory changes at the moment of the append, and whoever asked is told when the record is on
 * disk. A message is shown to nobody before that.
 */

import { DiskFullError, type DurableLog, LogFullError, openDurableLog, ProtocolError } from '@contor/kit';
import { Budget } from './budget.js';
import { cleanLog, readPayloads } from './compaction.js';
import { Keepsakes } from './keepsakes.js';
import { Ledger } from './ledger.js';
import { bytesOf, fromLog, type Publication, sessionRecord } from './publication.js';
import { type AdoptedPair, RECORD_VERSION, type SessionRecord, type StoreRecord } from './records.js';
import { type RecoveredMessage, Replay } from './replay.js';
import { type Aim, Routes } from './routes.js';
import { type Delivery, type Message, Session } from './session.js';
import type { StoreOptions } from './store-options.js';
import { filterMatches, TopicNames } from './topics.js';

/** A publication on its way in. The aims are found again when it had to wait: sessions come and go. */
interface Order {
  readonly publication: Publication;
  readonly bytes: number;
  /** It answers a new subscription with a retained message, and says so (3.3.1.3). */
  readonly isRetained: boolean;
  findAims(): readonly Aim[];
}

/** The session without a client: it holds what nobody has subscribed to yet. */
const HELD = 0;
const CLEAN_ABOVE_BYTES = 32 * 1024 * 1024;
/** Segments, records and copies on top of the payloads, while a cleaning runs. */
const LOG_FACTOR = 4;
/** Acknowledgements and control records find room even when publishers are refused: they are what frees it. */
const LOG_RESERVE_BYTES = 128 * 1024 * 1024;
/** A full disk is asked again this often. */
const DISK_RETRY_MS = 500;
/** Then a waiting publisher's connection is closed, so that one which also subscribes can come back and acknowledge. */
const MAX_WAIT_MS = 20_000;
/** Pairs in one `adopted` record. */
const ADOPT_AT_ONCE = 4096;

export class Store {
  readonly sessions = new Map<string, Session>();
  /** Durable messages with an open delivery, oldest record first. */
  readonly messages = new Map<number, Message>();
  readonly held: Session;
  readonly budget: Budget;
  readonly ledger: Ledger;
  readonly keepsakes: Keepsakes;
  readonly counts = { stored: 0, settled: 0, abandoned: 0, cleanings: 0, diskRefusals: 0 };
  /** Called when a session has something new to send. */
  wake: (session: Session) => void = () => undefined;
  readonly #options: StoreOptions;
  readonly #routes: Routes;
  readonly #names = new TopicNames();
  #nextNumber = HELD + 1;
  #payloadBytes = 0;
  #cleaning: Promise<void> | undefined;
  /** What was left after the last cleaning. */
  #cleanedBytes = 0;

  private constructor(options: StoreOptions, log: DurableLog, replay: Replay) {
    this.#options = options;
    this.budget = new Budget(options.maxStoreBytes);
    this.ledger = new Ledger(log, options.clock, () => this.#cleanWhenWorthwhile());
    this.keepsakes = new Keepsakes(this.ledger, replay);
    this.held = new Session(HELD, '', '', options.maxQueueBytes);
    this.#routes = new Routes(options.mustDeliver, this.held);
    this.#restore(replay);
  }

  static async open(options: StoreOptions): Promise<Store> {
    const log = await openDurableLog({
      disk: options.disk,
      clock: options.clock,
      directory: options.directory,
      kind: 'mqtt',
      version: RECORD_VERSION,
      maxBytes: options.maxStoreBytes * LOG_FACTOR + LOG_RESERVE_BYTES,
      ...(options.segmentBytes !== undefined && { segmentBytes: options.segmentBytes }),
      onFatal: options.onFatal,
    });
    const replay = new Replay(options.maxMemoryBytes);
    for await (const record of log.read(log.tail)) replay.apply(record);
    return new Store(options, log, replay);
  }

  #restore(replay: Replay): void {
    const messages = new Map<RecoveredMessage, Message>();
    for (const recovered of replay.sessions.values()) {
      if (recovered.number !== HELD && recovered.owner === undefined) continue;
      const session = recovered.number === HELD ? this.held : this.#addSession(recovered.number, recovered.owner);
      for (const [filter, qos] of recovered.subscriptions) this.#routes.link(session, filter, qos);
      for (const [index, { message, qos }] of recovered.deliveries) {
        const kept = messages.get(message) ?? fromLog(message);
        messages.set(message, kept);
        const delivery = session.enqueue(kept, qos, index);
        kept.deliveries = [...kept.deliveries, delivery];
        if (recovered.released.has(index)) delivery.state = 'released';
      }
      session.nextIndex = Math.max(session.nextIndex, recovered.nextIndex);
      session.sort();
      if (session !== this.held) session.markPossiblySent();
    }
    for (const message of [...messages.values()].sort((a, b) => a.location - b.location)) {
      this.messages.set(message.location, message);
      this.budget.take(message.bytes);
      this.#payloadBytes += message.payload?.length ?? 0;
    }
  }

  // Publications in.

  /** Resolves when the message is on disk for everybody who must get it. Undefined: nobody must, nothing is owed. */
  accept(publication: Publication): Promise<void> | undefined {
    const findAims = () => this.#routes.aims(publication.topic, publication.qos);
    const aims = findAims();
    if (aims.length > 0) {
      return this.#admit({ publication, bytes: bytesOf(publication), isRetained: false, findAims }, aims);
    }
    if (publication.inbound === undefined) return undefined;
    return this.ledger.append({ kind: 'inbound', inbound: publication.inbound }).then(() => undefined);
  }

  /** A retained message for one new subscription. */
  acceptFor(session: Session, publication: Publication): Promise<void> {
    const findAims = () => [{ session, qos: publication.qos }];
    return this.#admit({ publication, bytes: bytesOf(publication), isRetained: true, findAims }, findAims());
  }

  #admit(order: Order, aims: readonly Aim[]): Promise<void> {
    const budgets = [this.budget, ...aims.map(({ session }) => session.budget)];
    const full = budgets.find((budget) => !budget.hasRoom(order.bytes));
    if (full === undefined) return this.#write(order, aims);
    return new Promise((resolve, reject) => {
      full.wait({
        bytes: order.bytes,
        sinceMs: this.#options.clock.monotonicMs(),
        retry: () => resolve(this.#admit(order, order.findAims())),
        refuse: reject,
      });
    });
  }

  #write(order: Order, aims: readonly Aim[]): Promise<void> {
    const { payload, qos, inbound } = order.publication;
    const topic = this.#names.one(order.publication.topic);
    const isInMemory = this.#payloadBytes + payload.length <= this.#options.maxMemoryBytes;
    const message: Message = {
      topic,
      qos,
      isRetained: order.isRetained,
      isSole: aims.length === 1,
      bytes: order.bytes,
      location: 0,
      payload: isInMemory ? payload : undefined,
      deliveries: [],
      open: 0,
    };
    if (isInMemory) this.#payloadBytes += payload.length;
    this.budget.take(order.bytes);
    message.deliveries = aims.map((aim) => aim.session.enqueue(message, aim.qos));
    const targets = message.deliveries.map(({ session, index, qos }) => ({ session: session.number, index, qos }));
    return this.ledger
      .append({
        kind: 'message',
        topic,
        payload,
        qos,
        isRetained: message.isRetained,
        isSole: message.isSole,
        targets,
        ...(inbound && { inbound }),
      })
      .then(
        (sequence) => this.#isDurable(message, sequence),
        (error: unknown) => this.#wasRefused(error, message, order),
      );
  }

  #isDurable(message: Message, sequence: number): void {
    message.location = sequence;
    this.counts.stored += 1;
    this.#options.room?.accepted();
    if (message.open === 0) return;
    this.messages.set(sequence, message);
    for (const { session } of message.deliveries) this.wake(session);
  }

  /** Log full or disk full: nothing was written. The publisher waits, its acknowledgement with it. */
  #wasRefused(error: unknown, message: Message, order: Order): Promise<void> {
    const isFull = error instanceof LogFullError || error instanceof DiskFullError;
    // Before the room is given back, or those who wait for it would run into the same refusal.
    if (isFull) this.budget.block();
    for (const delivery of message.deliveries) this.#close(delivery);
    if (!isFull) throw error;
    this.counts.diskRefusals += 1;
    this.#options.room?.refused(error);
    this.#options.clock.after(DISK_RETRY_MS, () => this.budget.unblock());
    return this.#admit(order, order.findAims());
  }

  /** Publishers that have waited too long are refused, unacknowledged. Called once in a while. */
  refuseLateWaiters(): void {
    const error = new ProtocolError('mqtt.full', 'There was no room for the message in time; it was not acknowledged.');
    const beforeMs = this.#options.clock.monotonicMs() - MAX_WAIT_MS;
    for (const budget of this.#budgets()) budget.refuseOlderThan(beforeMs, error);
  }

  get waitingPublishers(): number {
    return this.#budgets().reduce((sum, budget) => sum + budget.waiting, 0);
  }

  #budgets(): Budget[] {
    return [this.budget, this.held.budget, ...[...this.sessions.values()].map((session) => session.budget)];
  }

  // Deliveries out.

  /** The peer has it (PUBACK, PUBCOMP). */
  settle(delivery: Delivery): void {
    this.#close(delivery);
    this.counts.settled += 1;
    this.ledger.settled(delivery);
    // The window has moved.
    if (delivery.session.queued > 0) this.wake(delivery.session);
  }

  /** They will not be sent to this session (its rules have changed, or it ends). What must be delivered goes back to be held. */
  abandon(session: Session, deliveries: readonly Delivery[]): void {
    const isOwed = ({ message }: Delivery) => message.isSole && this.#routes.mustDeliver(message.topic);
    this.#adoptAll(session, this.held, deliveries.filter(isOwed));
    for (const delivery of deliveries) {
      if (delivery.state === 'settled') continue;
      this.counts.abandoned += 1;
      this.settle(delivery);
    }
  }

  #close(delivery: Delivery): void {
    const { message, session } = delivery;
    message.open -= 1;
    if (message.open === 0) {
      this.messages.delete(message.location);
      this.budget.give(message.bytes);
      this.#payloadBytes -= message.payload?.length ?? 0;
    }
    session.settle(delivery);
  }

  /** QoS 2: the peer has sent PUBREC; PUBREL may go out when this resolves. */
  async release(delivery: Delivery): Promise<void> {
    delivery.state = 'released';
    await this.ledger.append({ kind: 'released', session: delivery.session.number, index: delivery.index });
  }

  /** Brings back payloads that memory had no room for, from this session's sending position on. */
  async load(session: Session): Promise<void> {
    this.#payloadBytes += await readPayloads(this.ledger.log, session.pending('cursor'));
  }

  // Sessions and subscriptions.

  async subscribe(
    clientId: string,
    username: string,
    wanted: readonly (readonly [filter: string, qos: number])[],
  ): Promise<void> {
    const known = this.sessions.get(clientId);
    const session = known ?? this.#addSession(this.#nextNumber, { clientId, username });
    const changed = wanted.filter(([filter, qos]) => session.subscriptions.get(filter) !== qos);
    for (const [filter, qos] of changed) this.#routes.link(session, filter, qos);
    // Even when nothing changed: the answer may not overtake the record that made it so.
    const written =
      known === undefined
        ? this.ledger.append(sessionRecord(session))
        : this.ledger.append({ kind: 'subscribed', session: session.number, subscriptions: changed });
    // At once, so that what was held goes before what is published from now on.
    this.#handOver(session, changed);
    await written;
  }

  async unsubscribe(clientId: string, filters: readonly string[]): Promise<void> {
    const session = this.sessions.get(clientId);
    if (session === undefined) return;
    for (const filter of filters) this.#routes.unlink(session, filter);
    await this.ledger.append({ kind: 'unsubscribed', session: session.number, filters });
  }

  /** A clean session begins or a credential is gone [MQTT-3.1.2-6]. */
  async end(clientId: string): Promise<void> {
    const session = this.sessions.get(clientId);
    if (session === undefined) return;
    for (const filter of [...session.subscriptions.keys()]) this.#routes.unlink(session, filter);
    this.abandon(session, [...session.pending()]);
    this.sessions.delete(clientId);
    this.ledger.forget(session);
    session.budget.wake();
    await this.ledger.append({ kind: 'ended', session: session.number });
  }

  #addSession(number: number, owner: { clientId: string; username: string } | undefined): Session {
    const session = new Session(number, owner?.clientId ?? '', owner?.username ?? '', this.#options.maxQueueBytes);
    this.sessions.set(session.clientId, session);
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
    return session;
  }

  /** What was held for nobody goes to its first persistent subscriber, in order. */
  #handOver(session: Session, subscriptions: SessionRecord['subscriptions']): void {
    const filters = subscriptions.flatMap(([filter, qos]) => (qos > 0 ? [filter] : []));
    if (filters.length === 0 || this.held.queued === 0) return;
    const wanted = [...this.held.pending()].filter(({ message }) =>
      filters.some((filter) => filterMatches(filter, message.topic)),
    );
    this.#adoptAll(this.held, session, wanted);
    this.wake(session);
  }

  #adoptAll(from: Session, to: Session, deliveries: readonly Delivery[]): void {
    for (let at = 0; at < deliveries.length; at += ADOPT_AT_ONCE) {
      this.#adopt(from, to, deliveries.slice(at, at + ADOPT_AT_ONCE));
    }
  }

  /** Beyond the new session's bound when need be: the messages are on disk already, and newer ones wait behind them. */
  #adopt(from: Session, to: Session, deliveries: readonly Delivery[]): void {
    const pairs: AdoptedPair[] = deliveries.map((delivery) => {
      const { message } = delivery;
      const adopted = to.enqueue(message, delivery.qos);
      message.deliveries = [...message.deliveries.filter((one) => one !== delivery), adopted];
      this.#close(delivery);
      return [delivery.index, adopted.index, adopted.qos];
    });
    // A refusal leaves the pairs in memory, and a crash then leaves the messages where they were: held.
    this.ledger.append({ kind: 'adopted', from: from.number, to: to.number, pairs }).catch(() => {
      this.counts.diskRefusals += 1;
    });
  }

  // The log.

  *snapshot(): Generator<StoreRecord> {
    yield sessionRecord(this.held);
    for (const session of this.sessions.values()) yield sessionRecord(session);
    yield* this.keepsakes.snapshot();
  }

  #cleanWhenWorthwhile(): void {
    const floorBytes = this.#options.cleanAboveBytes ?? CLEAN_ABOVE_BYTES;
    const worthwhileBytes = Math.max(floorBytes + 2 * this.budget.used, 2 * this.#cleanedBytes);
    if (this.#cleaning !== undefined || this.ledger.log.bytes < worthwhileBytes) return;
    this.counts.cleanings += 1;
    this.#cleaning = cleanLog(this, floorBytes).then(
      () => {
        this.#cleanedBytes = this.ledger.log.bytes;
        this.#cleaning = undefined;
      },
      () => {
        // The log or the disk is full: what is there stays, and the next acknowledgement tries again.
        this.counts.diskRefusals += 1;
        this.#cleaning = undefined;
      },
    );
  }

  async close(): Promise<void> {
    await this.ledger.flush();
    await this.#cleaning;
    await this.ledger.log.close();
  }
}
