/** Load on a server from bare sockets: so many requests in flight, one a connection. Rates, latencies and the server's CPU. */

import { connect, type Socket } from 'node:net';
import type { RequestMaker } from './broker-fleet.js';

/** Who is loaded, and what it has used so far. */
export interface Loaded {
  readonly url: string;
  weigh(): Promise<{ readonly cpuUs: number }>;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  readonly cpuUsPerRequest: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Until {
  readonly requests?: number;
  readonly seconds?: number;
  /** Where the requests of this load begin. */
  readonly from?: number;
}

const HEAD_END = '\r\n\r\n';

export async function load(server: Loaded, make: RequestMaker, inFlight: number, until: Until): Promise<LoadResult> {
  const { hostname, port } = new URL(server.url);
  const deadline = performance.now() + (until.seconds ?? Number.POSITIVE_INFINITY) * 1000;
  const last = (until.from ?? 0) + (until.requests ?? Number.POSITIVE_INFINITY);
  const latencies: number[] = [];
  let next = until.from ?? 0;
  const take = (): Buffer | undefined => {
    if (next >= last || performance.now() >= deadline) return undefined;
    next += 1;
    return make(next - 1);
  };
  const before = await server.weigh();
  const startedMs = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, () => pump(connect(Number(port), hostname), take, (ms) => latencies.push(ms))),
  );
  const elapsedMs = performance.now() - startedMs;
  const after = await server.weigh();
  latencies.sort((a, b) => a - b);
  const quantile = (share: number): number => round(latencies[Math.floor(latencies.length * share)] ?? 0);
  return {
    requests: latencies.length,
    perSecond: Math.round((latencies.length / elapsedMs) * 1000),
    cpuUsPerRequest: round((after.cpuUs - before.cpuUs) / latencies.length),
    p50Ms: quantile(0.5),
    p95Ms: quantile(0.95),
    p99Ms: quantile(0.99),
    maxMs: round(latencies.at(-1) ?? 0),
  };
}

/** One connection: the next request when the answer to the last has come. Anything but a 2xx fails the bench. */
function pump(socket: Socket, take: () => Buffer | undefined, onAnswer: (ms: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs = 0;
    let head = '';
    /** Bytes of the body that are still to come; undefined while the head is. */
    let missing: number | undefined;
    const send = (): void => {
      const request = take();
      if (request === undefined) {
        socket.end();
        resolve();
        return;
      }
      head = '';
      missing = undefined;
      sentMs = performance.now();
      socket.write(request);
    };
    socket.setNoDelay(true);
    socket.once('connect', send);
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      let body = chunk.byteLength;
      if (missing === undefined) {
        const before = head.length;
        head += chunk.toString('latin1');
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        if (head[9] !== '2') {
          reject(new Error(`The server answered ${head}`));
          socket.destroy();
          return;
        }
        missing = Number(/content-length: (\d+)/i.exec(head.slice(0, end))?.[1] ?? 0);
        body = before + chunk.byteLength - end - HEAD_END.length;
      }
      missing -= body;
      if (missing > 0) return;
      onAnswer(performance.now() - sentMs);
      send();
    });
  });
}

export function medianOf(results: readonly LoadResult[]): LoadResult {
  const sorted = [...results].sort((a, b) => a.perSecond - b.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError('A bench needs at least one run.');
  return middle;
}

export function round(value: number): number {
  return Number(value.toFixed(2));
}
