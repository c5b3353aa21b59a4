/** A client and a server of DTLS with a line between them that obeys a test, on a time that only the test moves. */

import {
  DtlsClient,
  type DtlsClientOptions,
  type DtlsEffect,
  DtlsServer,
  type DtlsServerOptions,
  PskKeys,
} from '@contor/coap';
import { seededRandom } from '@contor/kit';

export const IDENTITY = 'node-17';
export const KEY = Buffer.from('canary-of-node17');
export const PEER = '192.0.2.17|40000';

export type Direction = 'up' | 'down';
export type Fate = 'pass' | 'drop' | 'double' | 'late';

export interface Pair {
  readonly client: DtlsClient;
  readonly server: DtlsServer;
  readonly atClient: DtlsEffect[];
  readonly atServer: DtlsEffect[];
  /** Every datagram that was given to the line. */
  readonly sent: { readonly direction: Direction; readonly datagram: Uint8Array }[];
  nowMs: number;
  fate: (direction: Direction, index: number) => Fate;
  clientSays(effects: readonly DtlsEffect[]): void;
  serverSays(effects: readonly DtlsEffect[]): void;
  /** Lets time pass until nothing is on the line and `isDone`, or it has been too long. */
  runUntil(isDone: () => boolean, withinMs?: number): void;
  shake(): void;
}

interface Flying {
  readonly direction: Direction;
  readonly datagram: Uint8Array;
  readonly atMs: number;
}

/** One that is late comes after those that are sent in the next moments, and before anything is repeated. */
const LATE_MS = 50;

export function pairOf(client: Partial<DtlsClientOptions> = {}, server: Partial<DtlsServerOptions> = {}): Pair {
  const random = seededRandom(11);
  const flying: Flying[] = [];
  const counts = { up: 0, down: 0 };
  const put = (direction: Direction, effects: readonly DtlsEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind !== 'send') (direction === 'up' ? pair.atClient : pair.atServer).push(effect);
      else {
        const { datagram } = effect;
        const fate = pair.fate(direction, counts[direction]++);
        pair.sent.push({ direction, datagram });
        if (fate !== 'drop') flying.push({ direction, datagram, atMs: pair.nowMs + (fate === 'late' ? LATE_MS : 1) });
        if (fate === 'double') flying.push({ direction, datagram, atMs: pair.nowMs + 1 });
      }
    }
  };
  const pair: Pair = {
    client: new DtlsClient({ peer: 'server', identity: IDENTITY, key: KEY, random, ...client }),
    server: new DtlsServer({ keys: new PskKeys([[IDENTITY, KEY]], random), random, ...server }),
    atClient: [],
    atServer: [],
    sent: [],
    nowMs: 0,
    fate: () => 'pass',
    clientSays: (effects) => put('up', effects),
    serverSays: (effects) => put('down', effects),
    runUntil: (isDone, withinMs = 60_000) => {
      for (const endMs = pair.nowMs + withinMs; pair.nowMs < endMs; pair.nowMs += 1) {
        for (const due of flying.filter(({ atMs }) => atMs <= pair.nowMs)) {
          flying.splice(flying.indexOf(due), 1);
          if (due.direction === 'up') pair.serverSays(pair.server.receive(PEER, due.datagram, pair.nowMs));
          else pair.clientSays(pair.client.receive(due.datagram, pair.nowMs));
        }
        if (pair.nowMs % 100 === 0) {
          pair.serverSays(pair.server.wake(pair.nowMs));
          pair.clientSays(pair.client.wake(pair.nowMs));
        }
        if (flying.length === 0 && isDone()) return;
      }
    },
    shake: () => {
      pair.clientSays(pair.client.start(pair.nowMs));
      pair.runUntil(() => isOpen(pair.atClient) && isOpen(pair.atServer));
    },
  };
  return pair;
}

export function isOpen(effects: readonly DtlsEffect[]): boolean {
  return effects.some(({ kind }) => kind === 'open');
}

export function textsOf(effects: readonly DtlsEffect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.kind === 'deliver' ? [Buffer.from(effect.plaintext).toString()] : []));
}

/** The codes of what was refused or failed, in their order. */
export function codesOf(effects: readonly DtlsEffect[]): readonly string[] {
  return effects.flatMap((effect) => ('error' in effect ? [effect.error.code] : []));
}
