/** A net in memory: lines with latency that fall silent or break by seed, and hand bytes over in any chunking. */

import type { Clock } from '../clock.js';
import { TransportError } from '../errors.js';
import type { Line, Listener, Net } from '../net.js';
import type { Random } from '../random.js';

export interface SimulatedNetOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Each write arrives after a time between these, in order. Default 0, 0. */
  readonly leastLatencyMs?: number;
  readonly mostLatencyMs?: number;
  /** Chance per write that the line falls silent: nothing arrives any more, and nobody is told. */
  readonly dropChance?: number;
  /** Chance per write that the line breaks for both ends. */
  readonly resetChance?: number;
  /** Chance per write that its bytes arrive in pieces. */
  readonly splitChance?: number;
}

type Arrival =
  | { readonly kind: 'chunk'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' };

const FIRST_FREE_PORT = 49_152;

export class SimulatedNet implements Net {
  readonly #options: Required<SimulatedNetOptions>;
  readonly #listeners = new Map<string, (line: Line) => void>();
  #nextPort = FIRST_FREE_PORT;

  constructor(options: SimulatedNetOptions) {
    this.#options = {
      leastLatencyMs: 0,
      mostLatencyMs: 0,
      dropChance: 0,
      resetChance: 0,
      splitChance: 0,
      ...options,
    };
  }

  async connect(host: string, port: number, _timeoutMs: number): Promise<Line> {
    const accept = this.#listeners.get(`${host}:${port}`);
    if (!accept) {
      throw new TransportError('transport.broken', `Connecting to ${host}:${port} failed.`, { errno: 'ECONNREFUSED' });
    }
    const ours = new SimulatedLine(`${host}:${port}`, this.#options);
    const theirs = new SimulatedLine(`${host}:${this.#freePort()}`, this.#options);
    ours.other = theirs;
    theirs.other = ours;
    accept(theirs);
    return ours;
  }

  async listen(host: string, port: number, accept: (line: Line) => void): Promise<Listener> {
    const chosen = port === 0 ? this.#freePort() : port;
    const address = `${host}:${chosen}`;
    if (this.#listeners.has(address)) {
      throw new TransportError('transport.broken', `Listening on ${address} failed.`, { errno: 'EADDRINUSE' });
    }
    this.#listeners.set(address, accept);
    return {
      host,
      port: chosen,
      close: async () => {
        this.#listeners.delete(address);
      },
    };
  }

  #freePort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }
}

class SimulatedLine implements Line {
  readonly peer: string;
  readonly #options: Required<SimulatedNetOptions>;
  readonly #arrivals: Arrival[] = [];
  #wake: (() => void) | undefined;
  #isSilent = false;
  #isOver = false;
  #lastArrivalMs = 0;
  other: SimulatedLine | undefined;

  constructor(peer: string, options: Required<SimulatedNetOptions>) {
    this.peer = peer;
    this.#options = options;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#isOver) throw this.#broken();
    const { random, dropChance, resetChance, splitChance } = this.#options;
    if (random.next() < resetChance) {
      this.#end({ kind: 'reset' });
      this.other?.deliver({ kind: 'reset' });
      throw this.#broken();
    }
    if (random.next() < dropChance) this.#isSilent = true;
    const copy = Uint8Array.from(bytes);
    const cut = random.next() < splitChance ? random.integer(copy.byteLength + 1) : 0;
    for (const piece of [copy.subarray(0, cut), copy.subarray(cut)]) {
      if (piece.byteLength > 0) this.#send({ kind: 'chunk', bytes: piece });
    }
  }

  async *chunks(): AsyncIterable<Uint8Array> {
    for (;;) {
      const arrival = this.#arrivals.shift();
      if (!arrival) {
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
      } else if (arrival.kind === 'chunk') {
        yield arrival.bytes;
      } else if (arrival.kind === 'reset') {
        throw this.#broken();
      } else {
        return;
      }
    }
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#send({ kind: 'end' });
    this.#end({ kind: 'end' });
  }

  deliver(arrival: Arrival): void {
    if (this.#isOver) return;
    if (arrival.kind === 'chunk') {
      this.#arrivals.push(arrival);
      this.#wake?.();
    } else {
      this.#end(arrival);
    }
  }

  /** In order: nothing overtakes what was sent before it. */
  #send(arrival: Arrival): void {
    if (this.#isSilent) return;
    const { clock, random, leastLatencyMs, mostLatencyMs } = this.#options;
    const latencyMs = leastLatencyMs + random.next() * (mostLatencyMs - leastLatencyMs);
    const nowMs = clock.monotonicMs();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs + latencyMs);
    clock.after(this.#lastArrivalMs - nowMs, () => this.other?.deliver(arrival));
  }

  #end(arrival: Arrival): void {
    this.#isOver = true;
    this.#arrivals.push(arrival);
    this.#wake?.();
  }

  #broken(): TransportError {
    return new TransportError('transport.broken', `The line to ${this.peer} broke.`, { errno: 'ECONNRESET' });
  }
}
