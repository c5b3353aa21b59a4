/** The real broker in this process: core and HTTP side without a socket, on a simulated disk that can lose its power. */

import { type BrokerCore, openBrokerCore } from '@contor/broker';
import type { Broker } from '@contor/broker/front/call.js';
import { createFront } from '@contor/broker/front/server.js';
import { createMetrics, type Logger, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
const refuse = (): never => {
  throw new RangeError('the model test sends nothing anywhere');
};

export interface Heard {
  readonly status: number;
  readonly json: unknown;
}

export interface Live {
  /** A broker that never had a write, on a disk of its own. */
  begin(seed: number): Promise<void>;
  send(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    tenant: string,
    body?: unknown,
  ): Promise<Heard>;
  readonly clock: SimulatedClock;
  /** For what a request from outside cannot time. */
  readonly broker: Broker;
  snapshot(): Promise<void>;
  /** Ends in good order, and begins again. */
  restart(): Promise<void>;
  /** Loses its power, and recovers. */
  crash(): Promise<void>;
}

export async function openLive(): Promise<Live> {
  let disk = new SimulatedDisk({ random: seededRandom(0) });
  let clock = new SimulatedClock(0);
  const open = (): Promise<BrokerCore> =>
    openBrokerCore({
      ...{ clock, disk: disk.boot(), random: seededRandom(1), log: SILENT, dataFolder: '/data' },
      ...{ maxLogBytes: 2 ** 24, snapshotBytes: 2 ** 30, segmentBytes: 4_096, maxOutboxBytes: 2 ** 20 },
      onFatal: refuse,
      deliver: async () => ({ kind: 'accepted' }),
    });
  const part = (core: BrokerCore): BrokerCore & Pick<Broker, 'clock'> => ({ ...core, clock });
  // What entity operations need of a broker, and no more.
  const needed: Partial<Broker> = {
    ...part(await open()),
    random: seededRandom(2),
    checkHost: refuse,
    checkSource: refuse,
    fetchContext: refuse,
    scheme: 'http',
    maxBatch: 1_000,
  };
  const broker = needed as Broker;
  const front = createFront({
    ...{ broker, log: SILENT, metrics: createMetrics('broker'), maxBodyBytes: 2 ** 20 },
    ...{ secret: undefined, tls: undefined, service: {} },
  });
  const reopen = async (): Promise<void> => void Object.assign(broker, part(await open()));
  return {
    async begin(seed) {
      disk = new SimulatedDisk({ random: seededRandom(seed) });
      clock = new SimulatedClock(Date.UTC(2026, 10, 20));
      await reopen();
    },
    async send(method, path, tenant, body) {
      const { statusCode, payload } = await front.inject({
        method,
        url: `/ngsi-ld/v1${path}`,
        headers: {
          host: 'localhost',
          'ngsild-tenant': tenant,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: statusCode, json: payload === '' ? undefined : JSON.parse(payload) };
    },
    broker,
    get clock() {
      return clock;
    },
    snapshot: () => broker.store.snapshot(),
    async restart() {
      await broker.store.close();
      await reopen();
    },
    async crash() {
      disk.crash();
      await reopen();
    },
  };
}
