/**
 * What a notification says, whoever carries it: its text and its headers (GS CIM 009 V1.9.1, 5.3.1, 6.3.8, 5.8.6). HTTP
 * sends them as they are, MQTT writes the headers into the message (7.2).
 */

import type { Context, ContextSource } from '../context/compile.js';
import { CORE_URL, isCoreUrl } from '../context/core.js';
import type { ContextRegistry } from '../context/registry.js';
import { isList } from '../json.js';
import { Problem } from '../problem.js';
import type { Endpoint, Subscription, Telling } from './model.js';
import type { Notification } from './post-office.js';
import { compileRendering } from './rendering.js';
import { Texts } from './texts.js';

export interface Payload {
  /** Each name once, whatever its letters' case: a header of receiverInfo takes the place of ours. */
  readonly headers: Readonly<Record<string, string>>;
  /** A Notification as JSON text (UTF-8), in pieces that are not to be changed: others may be told by the same ones. */
  readonly body: readonly Buffer[];
}

/** Subscriptions of one name are told in the same words. */
interface Shape {
  readonly name: string;
  readonly write: (telling: Telling) => string;
}

export type PayloadWriter = (notification: Notification) => Payload;

/** Shapes whose texts are kept: a few notifications' worth of each. */
const MAX_SHAPES = 8;
const LINK_REL = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"';

export function createPayloadWriter(contexts: ContextRegistry): PayloadWriter {
  const shapes = new WeakMap<Subscription, Shape>();
  /** What was written last, by shape: subscribers that hear of the same change in the same words share the work. */
  const written = new Map<string, Texts>();

  function shapeOf(subscription: Subscription): Shape {
    const known = shapes.get(subscription);
    if (known !== undefined) return known;
    const { endpoint, ...shownAs } = subscription.notification;
    const context = contextOf(contexts, subscription);
    const isGeo = endpoint.accept === 'application/geo+json';
    const name = JSON.stringify([shownAs, subscription.datasetId, subscription.lang, isGeo, context.source]);
    const format = compileRendering(subscription, context);
    const shape: Shape = { name, write: (telling) => JSON.stringify(format(telling)) };
    shapes.set(subscription, shape);
    return shape;
  }

  function textsOf({ name, write }: Shape): Texts {
    const known = written.get(name);
    if (known !== undefined) return known;
    if (written.size >= MAX_SHAPES) written.clear();
    const texts = new Texts(write);
    written.set(name, texts);
    return texts;
  }

  return (notification) => ({
    headers: headersOf(notification),
    body: bodyOf(notification, textsOf(shapeOf(notification.subscription))),
  });
}

/** A hosted @context may have been deleted since: the subscriber then gets full names, not silence. */
function contextOf(contexts: ContextRegistry, { context, jsonldContext }: Subscription): Context {
  try {
    return contexts.resolve(jsonldContext ?? context);
  } catch (error) {
    if (error instanceof Problem) return contexts.resolve(CORE_URL);
    throw error;
  }
}

function bodyOf({ id, subscription, notifiedAtMs, parcel }: Notification, texts: Texts): readonly Buffer[] {
  const head = JSON.stringify({
    id,
    type: 'Notification',
    subscriptionId: subscription.id,
    notifiedAt: new Date(notifiedAtMs).toISOString(),
  });
  const { endpoint } = subscription.notification;
  const context = isContextInside(endpoint) ? `,"@context":${JSON.stringify(namedContext(subscription))}` : '';
  const items = texts.of(parcel.entries);
  const around = (before: string, after: string): readonly Buffer[] => [
    Buffer.from(`${head.slice(0, -1)},${before}`, 'utf8'),
    ...items,
    Buffer.from(after, 'utf8'),
  ];
  // Table 5.3.1-1: GeoJSON comes as one FeatureCollection, which has the @context.
  if (endpoint.accept === 'application/geo+json')
    return around('"data":{"type":"FeatureCollection","features":[', `]${context}}}`);
  return around('"data":[', `]${context}}`);
}

/** GeoJSON has it inside, too, unless the receiver would rather have it in a Link: `Prefer: body=json` in receiverInfo. */
function isContextInside({ accept, receiverInfo = [] }: Endpoint): boolean {
  if (accept !== 'application/geo+json') return accept === 'application/ld+json';
  return !receiverInfo.some(({ key, value }) => /^prefer$/i.test(key) && /^\s*body\s*=\s*"?json"?\s*$/i.test(value));
}

function namedContext({ context, jsonldContext }: Subscription): ContextSource {
  return jsonldContext ?? context;
}

/** A Link names one URL. The core @context beside another goes without saying (5.5.7); inline terms have no URL to be named by. */
function linkable(source: ContextSource): string | undefined {
  if (!isList(source)) return typeof source === 'string' ? source : undefined;
  const others = source.filter((part) => typeof part !== 'string' || !isCoreUrl(part));
  const [only = CORE_URL] = others;
  return others.length <= 1 && typeof only === 'string' ? only : undefined;
}

function headersOf({ tenant, subscription }: Notification): Record<string, string> {
  const { endpoint } = subscription.notification;
  const { accept, receiverInfo } = endpoint;
  const headers: Record<string, string> = { 'Content-Type': accept };
  const url = isContextInside(endpoint) ? undefined : linkable(namedContext(subscription));
  if (url !== undefined) headers.Link = `<${url}>; ${LINK_REL}`;
  if (tenant !== 'default') {
    headers['NGSILD-Tenant'] = tenant;
    headers['Fiware-Service'] = tenant;
  }
  for (const { key, value } of receiverInfo ?? []) {
    const ours = Object.keys(headers).find((name) => name.toLowerCase() === key.toLowerCase());
    headers[ours ?? key] = value;
  }
  return headers;
}
