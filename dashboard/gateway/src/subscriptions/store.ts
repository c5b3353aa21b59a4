/** Partners' subscriptions in the broker: which are ours to show to whom. An identifier means something to its owner alone. */

import { createHash } from 'node:crypto';
import { seal, unseal } from '../sessions/seal.js';
import type { Upstream, UpstreamAnswer } from '../upstream/upstream.js';
import { type Errand, isFields } from './document.js';

type Fields = Readonly<Record<string, unknown>>;

/** In a notification's headers and in the broker's subscription; sealed, so that the broker cannot read where it goes. */
export const ERRAND_HEADER = 'X-Contor-Errand';

export interface Kept {
  readonly stored: Fields;
  readonly errand: Errand;
}

export interface SubscriptionStore {
  /** `undefined` when this owner has none of that name. */
  find(owner: string, publicId: string, correlation: string): Promise<Kept | undefined>;
  all(correlation?: string): Promise<readonly Kept[]>;
  put(document: Fields & { readonly id: string }, correlation: string): Promise<UpstreamAnswer>;
  change(document: Fields & { readonly id: string }, correlation: string): Promise<UpstreamAnswer>;
  remove(owner: string, publicId: string, correlation: string): Promise<UpstreamAnswer>;
  seal(errand: Errand): string;
  unseal(text: string): Errand | undefined;
}

const SUBSCRIPTIONS = '/ngsi-ld/v1/subscriptions';
const ID_PREFIX = 'urn:ngsi-ld:Subscription:contor-partner-';
const PURPOSE = 'errand';
/** A broker's largest page, and so many of them: it takes no more subscriptions of a tenant. */
const PAGE = 1_000;
const PAGES = 10;
/** 128 bits: nobody finds two that meet. */
const NAME_BYTES = 16;

/** The last part of the identifier in the broker, and of the path we are told at. */
export function nameOf(owner: string, publicId: string): string {
  const digest = createHash('sha256')
    .update(`${JSON.stringify([owner, publicId])}`)
    .digest();
  return digest.subarray(0, NAME_BYTES).toString('hex');
}

export function brokerIdOf(owner: string, publicId: string): string {
  return ID_PREFIX + nameOf(owner, publicId);
}

export function createSubscriptionStore(broker: Upstream, secret: string): SubscriptionStore {
  const pathOf = (id: string): string => `${SUBSCRIPTIONS}/${encodeURIComponent(id)}`;
  const open = (text: string): Errand | undefined => unseal(secret, PURPOSE, text) as Errand | undefined;

  function keptOf(stored: unknown): Kept | undefined {
    if (!isFields(stored) || typeof stored.id !== 'string' || !stored.id.startsWith(ID_PREFIX)) return undefined;
    const errand = open(headerIn(stored) ?? '');
    return errand === undefined ? undefined : { stored, errand };
  }

  return {
    async find(owner, publicId, correlation) {
      const { status, body } = await broker.ask({
        method: 'GET',
        path: pathOf(brokerIdOf(owner, publicId)),
        correlation,
      });
      const kept = status === 200 ? keptOf(body) : undefined;
      return kept?.errand.owner === owner ? kept : undefined;
    },
    async all(correlation) {
      const found: Kept[] = [];
      for (let page = 0; page < PAGES; page += 1) {
        const path = `${SUBSCRIPTIONS}?limit=${PAGE}&offset=${page * PAGE}`;
        const { status, body } = await broker.ask({ method: 'GET', path, correlation });
        if (status !== 200 || !Array.isArray(body))
          throw new Error(`The broker answered ${status} when asked for subscriptions.`);
        for (const stored of body) {
          const kept = keptOf(stored);
          if (kept !== undefined) found.push(kept);
        }
        if (body.length < PAGE) break;
      }
      return found;
    },
    put: (body, correlation) => broker.ask({ method: 'POST', path: SUBSCRIPTIONS, body, correlation }),
    change: ({ id, type: _type, ...body }, correlation) =>
      broker.ask({ method: 'PATCH', path: pathOf(id), body, correlation }),
    remove: (owner, publicId, correlation) =>
      broker.ask({ method: 'DELETE', path: pathOf(brokerIdOf(owner, publicId)), correlation }),
    seal: (errand) => seal(secret, PURPOSE, errand),
    unseal: open,
  };
}

function headerIn({ notification }: Fields): string | undefined {
  const endpoint = isFields(notification) ? notification.endpoint : undefined;
  const info = isFields(endpoint) ? endpoint.receiverInfo : undefined;
  const pair: unknown = Array.isArray(info)
    ? info.find((one) => isFields(one) && one.key === ERRAND_HEADER)
    : undefined;
  return isFields(pair) && typeof pair.value === 'string' ? pair.value : undefined;
}
