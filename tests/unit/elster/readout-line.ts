/** A line between a reader and a meter on a clock that only jumps: it may lose, repeat and turn bytes, by seed. */

import { createMeter, type MeterSettings, stepMeter } from '@contor/elster/session/meter.js';
import { createReader, type ReaderSettings, stepReader } from '@contor/elster/session/reader.js';
import type { Effect, Input, Readout, Step } from '@contor/elster/session/table.js';
import { seededRandom } from '@contor/kit';

export interface Noise {
  readonly seed: number;
  /** Chance of each, a byte. */
  readonly lost: number;
  readonly doubled: number;
  readonly turned: number;
  /** A head that sends back what goes out. */
  readonly echoes?: boolean;
}

export interface Outcome {
  readonly readouts: readonly Readout[];
  readonly failures: readonly string[];
  readonly bauds: readonly number[];
  readonly steps: number;
  readonly tookMs: number;
}

type Side = 'reader' | 'meter';
interface Due {
  readonly atMs: number;
  readonly side: Side;
  readonly input: Input;
}

const CHUNK = 40;
const MOST_STEPS = 20_000;

export function converse(reader: ReaderSettings, meter: MeterSettings, noise: Noise): Outcome {
  const random = seededRandom(noise.seed);
  const sides = { reader: createReader(reader), meter: createMeter(meter) };
  const wakes: Partial<Record<Side, number>> = {};
  const queue: Due[] = [{ atMs: 0, side: 'reader', input: { kind: 'start' } }];
  const outcome = { readouts: [] as Readout[], failures: [] as string[], bauds: [] as number[], steps: 0, tookMs: 0 };

  const carryOut = (side: Side, effects: readonly Effect[], nowMs: number): void => {
    for (const effect of effects) {
      if (effect.kind === 'wakeAt') wakes[side] = effect.atMs;
      else if (effect.kind === 'deliver') outcome.readouts.push(effect.readout);
      else if (effect.kind === 'fail' && side === 'reader') outcome.failures.push(effect.error.code);
      else if (effect.kind === 'setBaud' && side === 'reader') outcome.bauds.push(effect.baud);
      else if (effect.kind === 'send') send(side, effect.bytes, nowMs);
    }
  };
  const send = (side: Side, bytes: Uint8Array, nowMs: number): void => {
    const other: Side = side === 'reader' ? 'meter' : 'reader';
    if (noise.echoes && side === 'reader') queue.push({ atMs: nowMs + 5, side, input: { kind: 'bytes', bytes } });
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const chunk = disturb(bytes.subarray(at, at + CHUNK), noise, random);
      queue.push({ atMs: nowMs + 10 + at, side: other, input: { kind: 'bytes', bytes: chunk } });
    }
  };

  while (outcome.steps < MOST_STEPS) {
    const due = take(queue, wakes);
    if (due === undefined) break;
    outcome.steps += 1;
    outcome.tookMs = due.atMs;
    if (due.side === 'reader') {
      const step: Step<typeof sides.reader> = stepReader(sides.reader, due.input, due.atMs);
      sides.reader = step.session;
      carryOut('reader', step.effects, due.atMs);
    } else {
      const step: Step<typeof sides.meter> = stepMeter(sides.meter, due.input, due.atMs);
      sides.meter = step.session;
      carryOut('meter', step.effects, due.atMs);
    }
  }
  return outcome;
}

/** What comes first: a chunk, or a wake. */
function take(queue: Due[], wakes: Partial<Record<Side, number>>): Due | undefined {
  queue.sort((a, b) => a.atMs - b.atMs);
  const [first] = queue;
  for (const side of ['reader', 'meter'] as const) {
    const atMs = wakes[side];
    if (
      atMs !== undefined &&
      (first === undefined || atMs < first.atMs) &&
      atMs <= (wakes[side === 'reader' ? 'meter' : 'reader'] ?? atMs)
    ) {
      delete wakes[side];
      return { atMs, side, input: { kind: 'wake' } };
    }
  }
  return queue.shift();
}

function disturb(bytes: Uint8Array, { lost, doubled, turned }: Noise, random: { next(): number }): Uint8Array {
  const out: number[] = [];
  for (const byte of bytes) {
    if (random.next() < lost) continue;
    const sent = random.next() < turned ? byte ^ (1 << Math.floor(random.next() * 7)) : byte;
    out.push(sent);
    if (random.next() < doubled) out.push(sent);
  }
  return Uint8Array.from(out);
}
