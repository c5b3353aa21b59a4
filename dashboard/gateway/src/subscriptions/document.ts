/**
 * A subscription as a partner says it (GS CIM 009, 5.2.12) and as the broker keeps it: under the gateway's own endpoint, normalized, with
 * a sealed note of whose it is and where it goes. The broker is the only place that keeps it; what it cannot read it carries.
 */

import type { HostList } from '@contor/kit';
import { REPRESENTATIONS, type Representation } from '../context/representation.js';
import { MASK, type PartnerEndpoint, readEndpoint } from './endpoint.js';

type Fields = Readonly<Record<string, unknown>>;

/** What is sealed into the broker's subscription, and comes with each of its notifications. */
export interface Errand {
  readonly owner: string;
  /** As the partner knows the subscription. */
  readonly publicId: string;
  readonly endpoint: PartnerEndpoint;
  readonly format: Representation;
  /** As the partner said it; what the broker has may be narrowed. */
  readonly q?: string | undefined;
}

export interface Wish {
  readonly errand: Omit<Errand, 'owner'>;
  /** For the broker, but for its endpoint's uri and headers. */
  readonly members: Fields;
  readonly notification: Fields;
  readonly passed: Fields;
}

export type ReadWish =
  | { readonly kind: 'value'; readonly wish: Wish }
  | { readonly kind: 'refused'; readonly detail: string };

/** Passed on as they are; the broker looks at what they say. */
const PASSED: ReadonlySet<string> = new Set([
  ...['subscriptionName', 'description', 'entities', 'watchedAttributes', 'notificationTrigger', 'geoQ', 'scopeQ'],
  ...['datasetId', 'lang', 'throttling', 'isActive', 'expiresAt'],
]);
/** What a reader is shown and may send back. */
const SHOWN: ReadonlySet<string> = new Set(['id', 'type', '@context', 'status', 'createdAt', 'modifiedAt']);
const NOTIFICATION_PASSED: ReadonlySet<string> = new Set(['attributes', 'pick', 'omit', 'sysAttrs', 'showChanges']);
const NOTIFICATION_SHOWN: ReadonlySet<string> = new Set([
  ...['status', 'timesSent', 'timesFailed', 'lastNotification', 'lastSuccess', 'lastFailure'],
]);
const LONGEST_ID = 200;
const LONGEST_Q = 1_000;

export function readWish(body: Fields, hosts: HostList, before: Errand | undefined): ReadWish {
  const { id = before?.publicId, type, q, notification, ...others } = body;
  if (type !== undefined && type !== 'Subscription')
    return refused("A subscription has the type 'Subscription' (5.2.12).");
  if (typeof id !== 'string' || !/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(id) || id.length > LONGEST_ID)
    return refused(`'id' is a URI of at most ${LONGEST_ID} characters.`);
  if (q !== undefined && (typeof q !== 'string' || q.length > LONGEST_Q))
    return refused(`'q' is a text of at most ${LONGEST_Q} characters.`);
  const unknown = Object.keys(others).find((name) => !PASSED.has(name) && !SHOWN.has(name));
  if (unknown !== undefined) return refused(`A subscription has no member '${unknown.slice(0, 40)}' here.`);
  if (!isFields(notification)) return refused('A subscription has a notification (5.2.14).');
  const { endpoint, format = 'normalized', ...look } = notification;
  const foreign = Object.keys(look).find((name) => !NOTIFICATION_PASSED.has(name) && !NOTIFICATION_SHOWN.has(name));
  if (foreign !== undefined) return refused(`A notification has no member '${foreign.slice(0, 40)}' here.`);
  const representation = format === 'keyValues' ? 'simplified' : REPRESENTATIONS.find((known) => known === format);
  if (representation === undefined) return refused("'format' is normalized, concise, simplified or keyValues.");
  const read = readEndpoint(endpoint, hosts, before?.endpoint);
  if (read.kind === 'refused') return read;
  const shown = readPicked(look);
  if (typeof shown === 'string') return refused(shown);
  return {
    kind: 'value',
    wish: {
      errand: { publicId: id, endpoint: read.endpoint, format: representation, ...(q === undefined ? {} : { q }) },
      members: Object.fromEntries(Object.entries(others).filter(([name]) => PASSED.has(name))),
      notification: shown,
      passed: read.passed,
    },
  };
}

/** Who an entity is must be told to the gateway, for it decides by that. */
function readPicked(look: Fields): Fields | string {
  const { pick, omit } = look;
  if ([omit].flat().some((name) => name === 'id' || name === 'type')) return "'id' and 'type' are not omitted here.";
  const passed = Object.fromEntries(Object.entries(look).filter(([name]) => NOTIFICATION_PASSED.has(name)));
  return Array.isArray(pick) ? { ...passed, pick: [...new Set(['id', 'type', ...pick])] } : passed;
}

export interface BrokerPlace {
  readonly id: string;
  readonly uri: string;
  /** Shown to us with each notification. */
  readonly headers: readonly { readonly key: string; readonly value: string }[];
  /** Of those who do not see everything; undefined when there is none. */
  readonly q: string | undefined;
}

/** Milliseconds the broker waits for us: we wait for the partner, and then we answer. */
const BROKER_WAIT_MS = 20_000;

export function toBroker(
  { members, notification, passed }: Wish,
  { id, uri, headers, q }: BrokerPlace,
): Fields & { readonly id: string } {
  return {
    ...members,
    ...(q === undefined ? {} : { q }),
    id,
    type: 'Subscription',
    notification: {
      ...notification,
      format: 'normalized',
      endpoint: { ...passed, uri, accept: 'application/json', timeout: BROKER_WAIT_MS, receiverInfo: headers },
    },
  };
}

/** As its owner may see it: their own endpoint, the values of their headers masked, how it went so far. */
export function toPublic(stored: Fields, { publicId, endpoint, format, q }: Errand): Fields {
  const { id: _id, q: _q, notification, ...members } = stored;
  const { endpoint: inner, format: _format, ...look } = isFields(notification) ? notification : {};
  const { notifierInfo, cooldown } = isFields(inner) ? inner : {};
  const { uri, accept, headers, timeoutMs } = endpoint;
  const receiverInfo = headers.map(({ key }) => ({ key, value: MASK }));
  return {
    id: publicId,
    ...members,
    ...(q === undefined ? {} : { q }),
    notification: {
      ...look,
      format,
      endpoint: {
        ...{ uri, accept, timeout: timeoutMs },
        ...(receiverInfo.length === 0 ? {} : { receiverInfo }),
        ...(Array.isArray(notifierInfo) && notifierInfo.length > 0 ? { notifierInfo } : {}),
        ...(cooldown === undefined ? {} : { cooldown }),
      },
    },
  };
}

function refused(detail: string): ReadWish {
  return { kind: 'refused', detail };
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
