/**
 * One meter on its own MQTT connection: sends what it owes at QoS 1 with a bounded number in flight, and crosses a
 * message off only when it was acked. Without a connection nothing is queued here: memory knows what is owed. Commands
 * come in on its own `…/cmd`, and what it did is on disk before it says so.
 */

import type { Clock, Timer } from '@contor/kit';
import { SAMPLE_CITY } from '@contor/orion-config';
import { connect, type MqttClient } from 'mqtt';
import { decodeCommand, encodeAnswer } from '../codec/command.js';
import { type Channel, formatTopic } from '../transport/topics.js';
import { disturb, type FaultRates } from './faults.js';
import type { MeterMemory } from './memory.js';
import { LIVE_MS, type SimulatedMeter } from './meter.js';
import { acked, comeDue, keyOf, type Owed, owed } from './schedule.js';

export interface MeterLineOptions {
  readonly meter: SimulatedMeter;
  readonly memory: MeterMemory;
  readonly mqttUrl: string;
  readonly password: string | undefined;
  readonly clock: Clock;
  readonly seed: string;
  readonly faults: FaultRates;
  /** It never speaks of anything after this. */
  readonly silentFromMs: number | undefined;
  /** How long it waits before it dials again. */
  readonly reconnectMs?: number;
  readonly onAcked: () => void;
  /** Durable when it resolves: the memory of the street. */
  readonly keep: () => Promise<void>;
}

interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly done: () => void;
}

/** A small module: it waits for its acks before it sends more. */
const MOST_IN_FLIGHT = 20;
const RECONNECT_MS = 2_000;
const LAST_GASPS = 3;
/** A stop gives acks on their way this long to arrive. */
const GOODBYE_MS = 2_000;

export class MeterLine {
  readonly #options: MeterLineOptions;
  readonly #inFlight = new Set<string>();
  readonly #keptBack: { payload: Uint8Array; done: () => void }[] = [];
  /** What the client would not carry: in flight still, and the first to go when the line is up again. */
  readonly #givenBack: Message[] = [];
  #client: MqttClient | undefined;
  #timer: Timer | undefined;
  #outageTimer: Timer | undefined;
  #published = 0;
  #isStopping = false;

  constructor(options: MeterLineOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#client?.connected ?? false;
  }

  get published(): number {
    return this.#published;
  }

  get waiting(): number {
    const { unackedSlots, unackedProfiles } = this.#options.memory;
    return unackedSlots.size + unackedProfiles.size;
  }

  start(): void {
    const { meter, mqttUrl, password } = this.#options;
    this.#comeDue();
    // A meter that fell silent and was heard to the end has nothing to connect for.
    if (this.waiting === 0 && this.#isSilent()) return;
    const client = connect(mqttUrl, {
      clientId: meter.deviceId,
      username: meter.deviceId,
      ...(password !== undefined && { password }),
      reconnectPeriod: this.#options.reconnectMs ?? RECONNECT_MS,
      reconnectOnConnackError: true,
      queueQoSZero: false,
    });
    this.#client = client;
    client.on('connect', () => {
      client.subscribe(formatTopic(SAMPLE_CITY.apiKey, meter.deviceId, 'cmd'), { qos: 1 }, () => undefined);
      this.#send();
    });
    client.on('message', (_topic, payload) => void this.#obey(payload).catch(() => undefined));
    // Each attempt's error is followed by `close`, and the street's health tells who is connected.
    client.on('error', () => undefined);
    this.#wakeAtNextSlot();
    this.#expectOutage();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#timer?.cancel();
    this.#outageTimer?.cancel();
    const client = this.#client;
    if (client === undefined) return;
    for (let waitedMs = 0; client.connected && this.#inFlight.size > 0 && waitedMs < GOODBYE_MS; waitedMs += 50) {
      await this.#options.clock.sleep(50);
    }
    await client.endAsync(this.#inFlight.size > 0 || !client.connected);
  }

  #isSilent(): boolean {
    const { silentFromMs, clock } = this.#options;
    return silentFromMs !== undefined && clock.nowMs() >= silentFromMs;
  }

  #comeDue(): void {
    const { memory, clock, meter, silentFromMs } = this.#options;
    comeDue(memory, Math.min(clock.nowMs() - meter.shiftMs, silentFromMs ?? Number.POSITIVE_INFINITY));
    const { outage } = meter;
    if (outage === undefined) return;
    for (const slotMs of memory.unackedSlots)
      if (slotMs >= outage.fromMs && slotMs < outage.toMs) memory.unackedSlots.delete(slotMs);
  }

  /** The capacitor lasts for a few messages, and nobody waits for their acks. */
  #expectOutage(): void {
    const { clock, meter } = this.#options;
    const { outage } = meter;
    if (outage === undefined || clock.nowMs() >= outage.fromMs) return;
    this.#outageTimer = clock.after(outage.fromMs - clock.nowMs(), () => {
      for (let copy = 0; copy < LAST_GASPS && !this.#isStopping && this.isConnected; copy += 1) {
        this.#published += 1;
        const topic = formatTopic(SAMPLE_CITY.apiKey, meter.deviceId, 'attrs');
        this.#client?.publish(topic, Buffer.from(meter.lastGasp(outage.fromMs, copy)), { qos: 1 }, () => undefined);
      }
    });
  }

  #wakeAtNextSlot(): void {
    const { clock, meter } = this.#options;
    const sinceMs = (clock.nowMs() - meter.shiftMs) % LIVE_MS;
    this.#timer = clock.after(LIVE_MS - sinceMs, () => {
      if (this.#isStopping) return;
      this.#comeDue();
      this.#send();
      this.#wakeAtNextSlot();
    });
  }

  #send(): void {
    if (this.#isStopping || !this.isConnected) return;
    for (const message of this.#givenBack.splice(0)) this.#handOver(message);
    if (this.#inFlight.size >= MOST_IN_FLIGHT) return;
    const { memory } = this.#options;
    for (const one of owed(memory, (candidate) => this.#inFlight.has(keyOf(candidate)))) {
      if (this.#inFlight.size >= MOST_IN_FLIGHT) return;
      this.#inFlight.add(keyOf(one));
      if (one.kind === 'live') this.#sendLive(one);
      else this.#publish('profile', this.#options.meter.profileMessage(one.startMs, one.count), () => this.#acked(one));
    }
  }

  #sendLive(one: Owed & { kind: 'live' }): void {
    const { meter, faults, seed } = this.#options;
    const { payloads, isKeptBack } = disturb(meter.liveMessage(one.slotMs), faults, seed, meter.number, one.slotMs);
    let missing = payloads.length;
    const done = (): void => {
      missing -= 1;
      if (missing <= 0) this.#acked(one);
    };
    if (missing === 0) {
      done();
      return;
    }
    const earlier = isKeptBack ? [] : this.#keptBack.splice(0);
    for (const payload of payloads) {
      if (isKeptBack) this.#keptBack.push({ payload, done });
      else this.#publish('attrs', payload, done);
    }
    for (const kept of earlier) this.#publish('attrs', kept.payload, kept.done);
  }

  #publish(channel: Channel, payload: Uint8Array, done: () => void): void {
    this.#published += 1;
    this.#handOver({ topic: formatTopic(SAMPLE_CITY.apiKey, this.#options.meter.deviceId, channel), payload, done });
  }

  /**
   * The client repeats what it has sent until it is acked. What waits in it behind such a repetition when the line breaks
   * again it gives back with an error; and what is not acked when we stop stays owed until the next start.
   */
  #handOver(message: Message): void {
    this.#client?.publish(message.topic, Buffer.from(message.payload), { qos: 1 }, (error) => {
      if (error) this.#givenBack.push(message);
      else message.done();
    });
  }

  /** What is no command of ours is not answered: whoever sent it did not get past the access rules by mistake. */
  async #obey(payload: Uint8Array): Promise<void> {
    const { meter, memory, clock, keep } = this.#options;
    const decoded = decodeCommand(payload);
    if (decoded.kind === 'garbage' || this.#isStopping) return;
    const { memory: breaker, answer } = meter.tell(decoded.value, clock.nowMs());
    meter.breaker = breaker;
    memory.breaker = breaker;
    await keep();
    const topic = formatTopic(SAMPLE_CITY.apiKey, meter.deviceId, 'cmdexe');
    this.#client?.publish(topic, Buffer.from(encodeAnswer(answer)), { qos: 1 }, () => undefined);
  }

  #acked(one: Owed): void {
    this.#inFlight.delete(keyOf(one));
    acked(this.#options.memory, one);
    this.#options.onAcked();
    if (this.waiting === 0 && this.#isSilent()) this.#fallSilent();
    else this.#send();
  }

  #fallSilent(): void {
    this.#timer?.cancel();
    this.#client?.end();
  }
}
