/** The TCP-serial gateway in front of a simulated bus: bytes in at once, answers out when their last character is through. */

import type { Clock, Line, Listener, Net } from '@contor/kit';
import { charactersMs } from '../../session/timing.js';
import type { SimulatedBus } from './bus.js';

export interface GatewayOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly bus: SimulatedBus;
}

export interface BusGateway {
  readonly port: number;
  readonly figures: { readonly connections: number; readonly requests: number; readonly answers: number };
  close(): Promise<void>;
}

/** A gateway has one serial port and few sockets. */
const MOST_CONNECTIONS = 4;
/** A request in two pieces belongs together within this; what is older is half a frame for ever. */
const QUIET_CHARACTERS = 20;

export async function openGateway({ net, clock, host, port, bus }: GatewayOptions): Promise<BusGateway> {
  const lines = new Set<Line>();
  let requests = 0;
  let answers = 0;
  let lastMs = Number.NEGATIVE_INFINITY;

  /** Every socket hears the bus, as every tap on the wires would. */
  const say = (bytes: Uint8Array): void => {
    answers += 1;
    for (const line of lines) line.write(bytes).catch(() => undefined);
  };

  async function serve(line: Line): Promise<void> {
    if (lines.size >= MOST_CONNECTIONS) return line.close();
    lines.add(line);
    try {
      for await (const chunk of line.chunks()) {
        const nowMs = clock.nowMs();
        if (nowMs - lastMs > charactersMs(QUIET_CHARACTERS, bus.baud)) bus.forget();
        lastMs = nowMs;
        requests += 1;
        for (const { atMs, bytes } of bus.hear(chunk, nowMs)) clock.after(atMs - nowMs, () => say(bytes));
      }
    } catch {
      // The master broke off: it will be back.
    } finally {
      lines.delete(line);
      await line.close();
    }
  }

  const listener: Listener = await net.listen(host, port, (line) => void serve(line));
  return {
    port: listener.port,
    get figures() {
      return { connections: lines.size, requests, answers };
    },
    async close() {
      await Promise.all([...lines].map((line) => line.close()));
      await listener.close();
    },
  };
}
