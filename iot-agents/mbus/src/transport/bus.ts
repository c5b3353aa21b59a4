/**
 * A bus behind a TCP-serial gateway: opens the line, carries a conversation out on it and keeps the pauses the bus needs. What
 * arrives while nobody asks is a late answer, and dropped.
 */

import { type Clock, type Line, type Net, type Timer, TransportError, toError } from '@contor/kit';
import type { Conversation, Progress } from '../session/conversation.js';
import { type Answer, type ExchangeInput, openExchange, type Request, stepExchange } from '../session/exchange.js';
import { type Baud, charactersMs, idleMs, type LineTiming, USUAL_BAUD } from '../session/timing.js';

export interface BusOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly baud?: Baud | undefined;
  /** What the gateway and the way to it add to every answer. */
  readonly latencyMs?: number | undefined;
  /** For a gateway that can be told; without it the rate is the gateway's own affair. */
  readonly setGatewayBaud?: (baud: Baud) => Promise<void>;
}

export interface CarryOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Bus {
  /** One at a time: the bus is one line. */
  carry<Result>(conversation: Conversation<Result>, options?: CarryOptions): Promise<Result>;
  readonly bytesIn: number;
  readonly bytesOut: number;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
export const USUAL_LATENCY_MS = 200;

export async function openBus(options: BusOptions): Promise<Bus> {
  const { net, clock, host, port, latencyMs = USUAL_LATENCY_MS } = options;
  const line = await net.connect(host, port, CONNECT_TIMEOUT_MS);
  return busOver(line, {
    clock,
    timing: { baud: options.baud ?? USUAL_BAUD, latencyMs },
    setGatewayBaud: options.setGatewayBaud,
  });
}

interface OverOptions {
  readonly clock: Clock;
  readonly timing: LineTiming;
  readonly setGatewayBaud?: BusOptions['setGatewayBaud'];
}

interface Listening {
  hear(bytes: Uint8Array): void;
  fail(error: Error): void;
}

export function busOver(line: Line, { clock, timing: first, setGatewayBaud }: OverOptions): Bus {
  let timing = first;
  let listening: Listening | undefined;
  let broken: Error | undefined;
  let restUntilMs = 0;
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
        restUntilMs = clock.monotonicMs() + idleMs(timing.baud);
        listening?.hear(chunk);
      }
      breakWith(new TransportError('transport.closed', 'The gateway closed the line.', { peer: line.peer }));
    } catch (error) {
      breakWith(toError(error));
    }
  })();

  async function write(bytes: Uint8Array): Promise<void> {
    bytesOut += bytes.length;
    await line.write(bytes);
  }

  /** EN 13757-2, 5.5: the bus rests before the master speaks. */
  async function rest(): Promise<void> {
    const pauseMs = restUntilMs - clock.monotonicMs();
    if (pauseMs > 0) await clock.sleep(pauseMs);
  }

  function exchange(request: Request, signal: AbortSignal | undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let state = openExchange(request, timing);
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
            timer = clock.after(effect.atMs - clock.monotonicMs(), () => step({ kind: 'wake' }));
          } else {
            end();
            resolve(effect.answer);
          }
        }
      };
      if (broken !== undefined) return reject(broken);
      if (signal?.aborted === true) return reject(toError(signal.reason));
      listening = { hear: (bytes) => step({ kind: 'bytes', bytes }), fail };
      signal?.addEventListener('abort', onAbort, { once: true });
      step({ kind: 'start' });
    });
  }

  async function carry<Result>(conversation: Conversation<Result>, options: CarryOptions = {}): Promise<Result> {
    let answer: Answer = { kind: 'ack' };
    for (;;) {
      const { value, done } = conversation.next(answer);
      if (done === true) return value;
      switch (value.kind) {
        case 'exchange':
          await rest();
          answer = await exchange(value, options.signal);
          break;
        case 'send':
          await rest();
          await write(value.bytes);
          restUntilMs = clock.monotonicMs() + charactersMs(value.bytes.length, timing.baud) + idleMs(timing.baud);
          break;
        case 'setBaud':
          await setGatewayBaud?.(value.baud);
          timing = { ...timing, baud: value.baud };
          break;
        case 'report':
          options.onProgress?.(value.progress);
      }
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
    close: () => line.close(),
  };
}
