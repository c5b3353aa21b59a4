/** The platform over the generated clients, as the gateway lets it through: the broker below `/api`, history below `/api/quantumleap`. */
import { createBrokerClient, createHistoryClient, RequestError } from '@contor/history-query';
import { type Fault, faultOf } from '../logic/fault.js';
import { isEntity } from '../logic/ngsi.js';
import { type Platform, PlatformError } from './platform.js';

/** A page that waits longer than this had better say so. */
const TIMEOUT_MS = 15_000;

const broker = createBrokerClient({ url: '/api', timeoutMs: TIMEOUT_MS });
const history = createHistoryClient({ url: '/api/quantumleap', timeoutMs: TIMEOUT_MS });

export const platform: Platform = {
  entities: async (type, signal, q) => {
    const query = q === undefined ? { type } : { type, q };
    const entities: readonly unknown[] = await answered(broker.query(query, { signal }));
    return entities.filter(isEntity);
  },
  history: async ({ entityId, type, attributes, fromMs, toMs, signal }) => {
    const { timesMs, columns } = await answered(
      history.series({ id: entityId, type, attributes, fromMs, toMs, signal }),
    );
    return { index: timesMs, columns };
  },
};

async function answered<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw error instanceof RequestError ? new PlatformError(toFault(error), error) : error;
  }
}

/** No status means that no answer came: nobody there, or too slow. */
function toFault({ status, context, message }: RequestError): Fault {
  const detail = typeof context.detail === 'string' && context.detail !== '' ? context.detail : message;
  return faultOf(status ?? 0, { detail });
}
