/** A concentrator as a source: its line is kept open, and every telegram that is on disk is acknowledged to it. */

import { type Line, type Logger, type Ports, retrySchedule, toError } from '@contor/kit';
import type { RadioIntake } from './intake.js';
import { decodeStored, encodeStoredAck, MAX_STORED_LINE } from './stored-line.js';

export interface UplinkOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random'>;
  readonly log: Logger;
  readonly host: string;
  readonly port: number;
  readonly intake: RadioIntake;
}

export interface Uplink {
  readonly isConnected: boolean;
  readonly garbled: number;
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const BACKOFF = { firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.3 };

export function openUplink({ ports, log, host, port, intake }: UplinkOptions): Uplink {
  const { net, clock, random } = ports;
  const schedule = retrySchedule(BACKOFF, random);
  const stopping = new AbortController();
  let line: Line | undefined;
  let garbled = 0;

  async function run(): Promise<void> {
    for (let attempt = 1; !stopping.signal.aborted; attempt += 1) {
      try {
        line = await net.connect(host, port, CONNECT_TIMEOUT_MS);
        if (stopping.signal.aborted) return await line.close();
        attempt = 0;
        await take(line);
      } catch (error) {
        // Also a full log: what is not acknowledged comes again.
        if (!stopping.signal.aborted) log.warn({ host, port, error: toError(error) }, 'A concentrator is away.');
      } finally {
        await line?.close();
        line = undefined;
      }
      await clock.sleep(schedule.delayMs(attempt + 1), stopping.signal).catch(() => undefined);
    }
  }

  async function take(open: Line): Promise<void> {
    let buffer: Uint8Array = new Uint8Array(0);
    for await (const chunk of open.chunks()) {
      buffer = Buffer.concat([buffer, chunk]);
      for (;;) {
        const decoded = decodeStored(buffer);
        if (decoded.kind === 'pending') break;
        buffer = buffer.subarray(decoded.used);
        if (decoded.kind === 'garbage') {
          garbled += 1;
          continue;
        }
        const { sequence, heardMs, bytes } = decoded.value;
        await intake.take({ bytes, format: 'bare', rssiDbm: undefined }, heardMs);
        await open.write(encodeStoredAck(sequence));
      }
      if (buffer.length > MAX_STORED_LINE) buffer = new Uint8Array(0);
    }
  }

  const running = run();
  return {
    get isConnected() {
      return line !== undefined;
    },
    get garbled() {
      return garbled;
    },
    async stop() {
      stopping.abort(new Error('stopping'));
      await line?.close();
      await running;
    },
  };
}
