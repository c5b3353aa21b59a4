/** `--as orion-ld`: the table of deviations laid over the routes and over the delivery of notifications. The core knows nothing of it. */

import type { Answer, Call, Handler } from '../front/call.js';
import { parseJson } from '../front/content.js';
import type { RouteRow } from '../front/routes.js';
import { isList, isObject, type Json } from '../json.js';
import { Problem } from '../problem.js';
import type { Notification } from '../subscription/box.js';
import type { SendResult } from '../subscription/courier.js';
import { type Asked, DEVIATIONS, type Deviation } from './deviations.js';

/** Which deviation an answer comes from, for people and for tests. */
const DEVIATION_HEADER = 'Contor-Deviation';
const MAX_BATCH = 1_000;

export function strictRoutes(routes: readonly RouteRow[]): readonly RouteRow[] {
  return routes.flatMap((route) => {
    const concerning = (DEVIATIONS as readonly Deviation[]).filter(({ routes: which }) => which?.test(nameOf(route)));
    const has = (name: (typeof DEVIATIONS)[number]['name']): boolean => concerning.some((row) => row.name === name);
    if (has('our-routes')) return [];
    let handle = route.handle;
    if (has('batch-folding')) handle = folding(handle);
    if (has('batch-limit')) handle = limiting(handle);
    const refusals = concerning.filter((row): row is Refusing => row.refuses !== undefined);
    if (refusals.length > 0) handle = refusing(handle, refusals);
    return [{ ...route, handle }];
  });
}

function nameOf({ method, path, isOurs }: RouteRow): string {
  return `${method} ${isOurs ? '/ngsi-ld/ex/v1' : ''}${path}`;
}

type Refusing = Deviation & Required<Pick<Deviation, 'refuses'>>;

function refusing(handle: Handler, deviations: readonly Refusing[]): Handler {
  return (call) => {
    const asked: Asked = { query: call.query, json: jsonOf(call) };
    for (const { name, refuses } of deviations) {
      const refusal = refuses(asked);
      if (refusal === undefined) continue;
      const what = `${refusal.what} is not known to Orion-LD, which this broker plays`;
      throw new Problem(refusal.kind === 'notBuilt' ? 'notBuilt' : 'badRequestData', what, {
        [DEVIATION_HEADER]: name,
      });
    }
    return handle(call);
  };
}

/** A body that is no JSON, or more of it than anybody reads, is the affair of the handler. */
function jsonOf(call: Call): Json | undefined {
  if (call.body === undefined) return undefined;
  try {
    return parseJson(call);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

function folding(handle: Handler): Handler {
  return async (call): Promise<Answer> => {
    const json = jsonOf(call);
    if (!isList(json)) return handle(call);
    const last = new Map<unknown, Json>();
    for (const item of json) {
      const id = isObject(item) ? (item.id ?? item['@id'] ?? item) : item;
      // The last one counts, and where it stands.
      last.delete(id);
      last.set(id, item);
    }
    if (last.size === json.length) return handle(call);
    const answer = await handle({ ...call, body: Buffer.from(JSON.stringify([...last.values()])) });
    return { ...answer, headers: { ...answer.headers, [DEVIATION_HEADER]: 'batch-folding' } };
  };
}

function limiting(handle: Handler): Handler {
  return (call) => handle({ ...call, broker: { ...call.broker, maxBatch: Math.min(MAX_BATCH, call.broker.maxBatch) } });
}

type Deliver = (notification: Notification) => Promise<SendResult>;

/** One entity a notification, each tried once: whatever the subscriber did not take is gone. */
export function strictDelivery(deliver: Deliver): Deliver {
  return async (notification) => {
    let failed: SendResult | undefined;
    for (const [at, entry] of notification.parcel.entries.entries()) {
      const id = at === 0 ? notification.id : `${notification.id}-${at}`;
      const result = await deliver({ ...notification, id, parcel: { ...notification.parcel, entries: [entry] } });
      if (result.kind === 'failed') failed = { kind: 'failed', reason: result.reason, isFinal: true };
    }
    return failed ?? { kind: 'accepted' };
  };
}
