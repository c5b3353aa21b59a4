/** A receiver over TCP: kept open, opened again when it breaks, and read no faster than telegrams come onto the disk. */

import { type Line, type Logger, type Ports, retrySchedule, WireError } from '@contor/kit';
import type { ReceiverRow } from '../receiver/receiver.js';
import { streamOf } from '../receiver/table.js';
import type { RadioIntake } from './intake.js';

export interface ListenerOptions {
  readonly ports: Pick<Ports, 'net' | 'clock' | 'random'>;
  readonly log: Logger;
  readonly host: string;
  readonly port: number;
  readonly receiver: ReceiverRow;
  readonly intake: RadioIntake;
  readonly onFatal: (error: Error) => void;
}

export interface RadioListener {
  readonly isConnected: boolean;
  /** Bytes that were no telegram. */
  readonly garbled: number;
  stop(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;
const BACKOFF = { firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.3 };

export function openRadioListener({
  ports,
  log,
  host,
  port,
  receiver,
  intake,
  onFatal,
}: ListenerOptions): RadioListener {
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
        log.info({ receiver: receiver.name, peer: line.peer }, 'A radio receiver is connected.');
        attempt = 0;
        await listen(line);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (isOurs(error)) return onFatal(error);
        log.warn({ receiver: receiver.name, host, port, error }, 'A radio receiver is away.');
      } finally {
        line = undefined;
      }
      await clock.sleep(schedule.delayMs(attempt + 1), stopping.signal).catch(() => undefined);
    }
  }

  async function listen(open: Line): Promise<void> {
    const stream = streamOf(receiver);
    for await (const chunk of open.chunks()) {
      const heard = stream.feed(chunk);
      const telegrams = heard.filter((one) => !(one instanceof WireError));
      garbled += heard.length - telegrams.length;
      // In order for each meter, together for the disk: a chunk holds few telegrams of one meter.
      for (const one of telegrams) await intake.take(one as Exclude<typeof one, WireError>);
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

/** A full disk or log is waited for like a line that is away; anything else of the log is no fault of the receiver. */
function isOurs(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'log.stopped';
}
