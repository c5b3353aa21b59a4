/** Meters on one line, each by its serial number as address, over sockets: the parity is made here, and answers may get lost or damaged. */

import type { Clock, Line, Listener, Net, Random } from '@contor/kit';
import { addParity, type Parity, stripParity } from '../codec/iec62056/parity.js';
import { SimulatedMeter } from './meter.js';
import { Station } from './station.js';

export interface LineFaults {
  /** Chance that an answer has a bit turned, or never comes. */
  readonly damage: number;
  readonly loss: number;
}

export const NO_FAULTS: LineFaults = { damage: 0, loss: 0 };

export interface ServeOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly meters: readonly SimulatedMeter[];
  readonly parity: Parity;
  readonly faults: LineFaults;
  readonly random: Random;
}

export interface StreetListener {
  readonly port: number;
  readonly figures: { readonly lines: number; readonly answers: number };
  close(): Promise<void>;
}

/** A converter has one serial port and few sockets; a street of tests some hundreds. */
const MOST_LINES = 500;
const FIRST_SERIAL = 60_000_000;
const SERIALS_A_SEED = 10_000;

export function serialOf(number: number, seed: number): string {
  return String(FIRST_SERIAL + seed * SERIALS_A_SEED + number);
}

export interface StreetOptions {
  readonly meters: number;
  readonly seed: number;
  readonly zone: string;
  readonly password: string;
}

export function simulatedMeters({ meters, seed, zone, password }: StreetOptions): readonly SimulatedMeter[] {
  return Array.from({ length: meters }, (_, index) => {
    const serial = serialOf(index + 1, seed);
    return new SimulatedMeter({ serial, seed: Number(serial), zone, password });
  });
}

export async function serveStreet(options: ServeOptions): Promise<StreetListener> {
  const { net, clock, host, port, meters, parity, faults, random } = options;
  const lines = new Set<Line>();
  let answers = 0;

  async function serve(line: Line): Promise<void> {
    if (lines.size >= MOST_LINES) return line.close();
    lines.add(line);
    const station = new Station(meters);
    try {
      for await (const chunk of line.chunks()) {
        const bytes = stripParity(chunk, parity);
        // A meter does not answer what it could not read.
        if (!(bytes instanceof Uint8Array)) continue;
        for (const answer of station.hear(bytes, clock.nowMs())) {
          answers += 1;
          if (random.next() >= faults.loss) await line.write(damaged(addParity(answer, parity)));
        }
      }
    } catch {
      // The reader broke off: it will be back.
    } finally {
      lines.delete(line);
      await line.close().catch(() => undefined);
    }
  }

  function damaged(bytes: Uint8Array): Uint8Array {
    if (random.next() >= faults.damage) return bytes;
    const turned = bytes.slice();
    const at = random.integer(bytes.length);
    turned[at] = (turned[at] ?? 0) ^ (1 << random.integer(8));
    return turned;
  }

  const listener: Listener = await net.listen(host, port, (line) => void serve(line));
  return {
    port: listener.port,
    get figures() {
      return { lines: lines.size, answers };
    },
    async close() {
      await Promise.all([...lines].map((line) => line.close().catch(() => undefined)));
      await listener.close();
    },
  };
}
