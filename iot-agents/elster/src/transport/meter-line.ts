/**
 * A meter's line behind a converter to TCP: opens it, carries conversations out on it, and makes the parity that the converter does not.
 * A converter keeps its rate; a line that can change it brings `setBaud`.
 */

import { type Clock, type Line, type Net, type Timer, TransportError, toError } from '@contor/kit';
import { addParity, type Parity, stripParity } from '../codec/iec62056/parity.js';
import type { Conversation } from '../session/conversation.js';
import { type Answer, type ExchangeInput, openExchange, type Request, stepExchange } from '../session/exchange.js';
import type { Comm, LinePlace } from './comm.js';

export interface MeterLineOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly place: LinePlace;
  readonly comm: Comm;
  readonly latencyMs?: number | undefined;
}

export interface CarryOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((step: string) => void) | undefined;
}

export interface MeterLine {
  /** One at a time. Rejects with a ProtocolError (the meter), a TransportError (the line) or the reason of the signal. */
  carry<Result>(conversation: Conversation<Result>, options?: CarryOptions): Promise<Result>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
export const USUAL_LATENCY_MS = 500;
/** Stands for a byte whose parity was wrong, so that the block around it still ends where it ends. */
const DAMAGED = 0x7f;

export async function openMeterLine({ net, clock, place, comm, latencyMs }: MeterLineOptions): Promise<MeterLine> {
  const line = await net.connect(place.host, place.port, CONNECT_TIMEOUT_MS);
  return meterLineOver(line, { clock, comm, latencyMs: latencyMs ?? USUAL_LATENCY_MS });
}

interface OverOptions {
  readonly clock: Clock;
  readonly comm: Comm;
  readonly latencyMs: number;
}

interface Listening {
  hear(chunk: Heard): void;
  fail(error: Error): void;
}

export function meterLineOver(line: Line, { clock, comm, latencyMs }: OverOptions): MeterLine {
  let { baud } = comm;
  let listening: Listening | undefined;
  let broken: Error | undefined;
  let bytesIn = 0;
  let bytesOut = 0;

  const breakWith = (error: Error): void => {
    broken ??= error;
    listening?.fail(broken);
  };
  void (async () => {
    try {
      for await (const chunk of line.chunks()) {
        bytesIn += chunk.length;
        // What comes while nobody asks is an answer that was given up.
        listening?.hear(heard(chunk, comm.parity));
      }
      breakWith(new TransportError('transport.closed', 'The converter closed the line.', { peer: line.peer }));
    } catch (error) {
      breakWith(toError(error));
    }
  })();

  async function write(bytes: Uint8Array): Promise<void> {
    if (bytes.length === 0) return;
    bytesOut += bytes.length;
    await line.write(addParity(bytes, comm.parity));
  }

  function exchange(request: Request, signal: AbortSignal | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let state = openExchange(request, { baud, latencyMs });
      let timer: Timer | undefined;
      const end = (): void => {
        timer?.cancel();
        listening = undefined;
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (error: Error): void => {
        end();
        reject(error);
      };
      const onAbort = (): void => fail(toError(signal?.reason));
      const step = (input: ExchangeInput): void => {
        const { exchange: next, effects } = stepExchange(state, input, clock.monotonicMs());
        state = next;
        for (const effect of effects) {
          if (effect.kind === 'send') write(effect.bytes).catch((error: unknown) => fail(toError(error)));
          else if (effect.kind === 'wakeAt') {
            timer?.cancel();
            timer = clock.after(Math.max(0, effect.atMs - clock.monotonicMs()), () => step({ kind: 'wake' }));
          } else {
            end();
            resolve(effect.answer);
          }
        }
      };
      if (broken !== undefined) return reject(broken);
      if (signal?.aborted === true) return reject(toError(signal.reason));
      listening = { hear: (chunk) => step({ kind: 'bytes', ...chunk }), fail };
      signal?.addEventListener('abort', onAbort, { once: true });
      step({ kind: 'start' });
    });
  }

  async function carry<Result>(conversation: Conversation<Result>, options: CarryOptions = {}): Promise<Result> {
    let answer: Answer = { kind: 'silence' };
    for (;;) {
      const { value, done } = conversation.next(answer);
      if (done === true) return value;
      if (value.kind === 'exchange') answer = await exchange(value, options.signal);
      else if (value.kind === 'send') await write(value.bytes);
      else if (value.kind === 'setBaud') baud = value.baud;
      else options.onStep?.(value.step);
    }
  }

  return {
    carry,
    get bytesIn() {
      return bytesIn;
    },
    get bytesOut() {
      return bytesOut;
    },
    async close() {
      await line.close();
    },
  };
}

interface Heard {
  readonly bytes: Uint8Array;
  readonly isDamaged: boolean;
}

/** Seven bits a byte, and whether any of them had wrong parity. */
function heard(chunk: Uint8Array, parity: Parity): Heard {
  const stripped = stripParity(chunk, parity);
  if (stripped instanceof Uint8Array) return { bytes: stripped, isDamaged: false };
  const bytes = chunk.map((byte) => {
    const one = stripParity(Uint8Array.of(byte), parity);
    return one instanceof Uint8Array ? (one[0] ?? DAMAGED) : DAMAGED;
  });
  return { bytes, isDamaged: true };
}
