/** The concentrator of a building: hears its meters, keeps what it heard, and uploads every few minutes what nobody has acknowledged. */

import type { Clock, Line, Net, Timer } from '@contor/kit';
import { encodeStored, type StoredTelegram } from '../../radio/stored-line.js';

export interface ConcentratorOptions {
  readonly net: Net;
  readonly clock: Clock;
  readonly host: string;
  readonly port: number;
  readonly uploadEveryMs: number;
  /** The oldest makes room: a real one has a flash of some size. */
  readonly mostKept: number;
}

export interface Concentrator {
  readonly port: number;
  readonly kept: number;
  /** What found no room. */
  readonly lost: number;
  hear(bytes: Uint8Array): void;
  /** The way to it is cut: who is connected is thrown out, and nobody comes in. */
  cut(isCut: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openConcentrator(options: ConcentratorOptions): Promise<Concentrator> {
  const { net, clock, host, port, uploadEveryMs, mostKept } = options;
  const store = new Map<number, StoredTelegram>();
  const lines = new Set<Line>();
  let sequence = 0;
  let lost = 0;
  let isCutOff = false;

  const upload = (line: Line): void => {
    for (const telegram of store.values()) line.write(encodeStored(telegram)).catch(() => undefined);
  };
  let timer: Timer | undefined;
  const turn = (): void => {
    for (const line of lines) upload(line);
    timer = clock.after(uploadEveryMs, turn);
  };
  timer = clock.after(uploadEveryMs, turn);

  async function serve(line: Line): Promise<void> {
    if (isCutOff) return line.close();
    lines.add(line);
    upload(line);
    let rest = '';
    try {
      for await (const chunk of line.chunks()) {
        const parts = (rest + Buffer.from(chunk).toString('latin1')).split('\n');
        rest = (parts.pop() ?? '').slice(-20);
        for (const part of parts) store.delete(Number(part));
      }
    } catch {
      // Whoever was connected is gone; the store is not.
    } finally {
      lines.delete(line);
      await line.close();
    }
  }

  const listener = await net.listen(host, port, (line) => void serve(line));
  return {
    port: listener.port,
    get kept() {
      return store.size;
    },
    get lost() {
      return lost;
    },
    hear(bytes) {
      sequence += 1;
      store.set(sequence, { sequence, heardMs: clock.nowMs(), bytes });
      if (store.size <= mostKept) return;
      const [oldest] = store.keys();
      if (oldest !== undefined) store.delete(oldest);
      lost += 1;
    },
    async cut(isCut) {
      isCutOff = isCut;
      if (isCut) await Promise.all([...lines].map((line) => line.close()));
    },
    async close() {
      timer?.cancel();
      await Promise.all([...lines].map((line) => line.close()));
      await listener.close();
    },
  };
}
