/**
 * What a notification says, whoever carries it: its text and its headers (GS CIM 009 V1.9.1, 5.3.1, 6.3.8, 5.8.6). HTTP
 * sends them as they are, MQTT writes the headers into the message (7.2).
 */

import type { Context, ContextSource } from '../context/compile.js';
import { CORE_URL, isCoreUrl } from '../context/core.js';
import type { ContextRegistry } from '../context/registry.js';
import type { Entity } from '../entity/model.js';
import { isList } from '../json.js';
import { Problem } from '../problem.js';
import type { Endpoint, Subscription, Telling } from './model.js';
import type { Notification } from './post-office.js';
import { compileRendering } from './rendering.js';

export interface Payload {
  /** Each name once, whatever its letters' case: a header of receiverInfo takes the place of ours. */
  readonly headers: Readonly<Record<string, string>>;
  /** A Notification as JSON text. */
  readonly body: string;
}

export type PayloadWriter = (notification: Notification) => Payload;

type Renderer = (telling: Telling) => string;

/** Texts of one shape, in two generations: what is on its way to several subscribers at once, not a copy of the broker. */
interface Written {
  young: Map<Entity, string>;
  old: Map<Entity, string>;
}

/** Texts of a generation, and shapes: a few notifications' worth. */
const MAX_WRITTEN = 2_000;
const MAX_SHAPES = 8;
const LINK_REL = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"';

export function createPayloadWriter(contexts: ContextRegistry): PayloadWriter {
  const renderers = new WeakMap<Subscription, Renderer>();
  /** What was written last, by shape: subscribers that hear of the same change in the same words share the work. */
  const written = new Map<string, Written>();

  function rendererOf(subscription: Subscription): Renderer {
    const known = renderers.get(subscription);
    if (known !== undefined) return known;
    const { endpoint, ...shownAs } = subscription.notification;
    const context = contextOf(contexts, subscription);
    const isGeo = endpoint.accept === 'application/geo+json';
    const shape = JSON.stringify([shownAs, subscription.datasetId, subscription.lang, isGeo, context.source]);
    const format = compileRendering(subscription, context);
    const render: Renderer = (telling) => {
      const texts = written.get(shape) ?? { young: new Map<Entity, string>(), old: new Map<Entity, string>() };
      const ready = texts.young.get(telling.entity) ?? texts.old.get(telling.entity);
      if (ready !== undefined) return ready;
      const text = JSON.stringify(format(telling));
      if (texts.young.size >= MAX_WRITTEN) {
        texts.old = texts.young;
        texts.young = new Map();
      }
      texts.young.set(telling.entity, text);
      written.set(shape, texts);
      if (written.size > MAX_SHAPES) written.clear();
      return text;
    };
    renderers.set(subscription, render);
    return render;
  }

  return (notification) => ({
    headers: headersOf(notification),
    body: bodyOf(notification, rendererOf(notification.subscription)),
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

function bodyOf({ id, subscription, notifiedAtMs, parcel }: Notification, render: Renderer): string {
  const head = JSON.stringify({
    id,
    type: 'Notification',
    subscriptionId: subscription.id,
    notifiedAt: new Date(notifiedAtMs).toISOString(),
  });
  const { endpoint } = subscription.notification;
  const context = isContextInside(endpoint) ? `,"@context":${JSON.stringify(namedContext(subscription))}` : '';
  const items = parcel.entries.map(render).join(',');
  // Table 5.3.1-1: GeoJSON comes as one FeatureCollection, which has the @context.
  if (endpoint.accept === 'application/geo+json')
    return `${head.slice(0, -1)},"data":{"type":"FeatureCollection","features":[${items}]${context}}}`;
  return `${head.slice(0, -1)},"data":[${items}]${context}}`;
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
