/** Which intervals history has, over HTTP: one question for a device and a stretch of days. */

import { createHistoryClient, RequestError } from '@contor/history-query';
import { TransportError } from '@contor/kit';
import { urn } from '@contor/orion-config';
import type { Present } from '../acquisition/day-end-job.js';
import { type Closable, clientsOf, type PeerOptions } from './clients.js';

export function presenceOver({ url, secret }: PeerOptions): { readonly present: Present } & Closable {
  const clients = clientsOf(createHistoryClient, { url, secret });
  return {
    async present({ tenant, name }, channels, window) {
      const attributes = [...channels, 'intervalSeconds'];
      const query = { type: 'IntervalReading', id: urn('IntervalReading', name), attributes, ...window };
      const { timesMs, columns } = await clients.of(tenant).series(query).catch(asLinesFault);
      const startsOf = (channel: string): ReadonlySet<number> =>
        new Set(timesMs.filter((_, row) => columns[channel]?.[row] !== null && columns[channel]?.[row] !== undefined));
      const told = columns.intervalSeconds?.findLast((cell) => typeof cell === 'number');
      return {
        starts: new Map(channels.map((channel) => [channel, startsOf(channel)])),
        intervalSeconds: typeof told === 'number' ? told : undefined,
      };
    },
    close: () => clients.close(),
  };
}

function asLinesFault(error: unknown): never {
  if (!(error instanceof RequestError)) throw error;
  throw new TransportError('peer.unavailable', 'History does not say what it has.', { status: error.status }, error);
}
