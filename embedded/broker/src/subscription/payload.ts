/**
 * What a notification says, whoever carries it: its text and its headers (GS CIM 009 V1.9.1, 5.3.1, 6.3.8, 5.8.6). HTTP
 * sends them as they are, MQTT writes the headers into the message (7.2).
 */

import type { Context } from '../context/compile.js';
import { CORE_URL } from '../context/core.js';
import type { ContextRegistry } from '../context/registry.js';
import { formatEntity, type Projection } from '../entity/format.js';
import type { Entity } from '../entity/model.js';
import { Problem } from '../problem.js';
import type { Subscription } from './model.js';
import type { Notification } from './post-office.js';

export interface Payload {
  /** Each name once, whatever its letters' case: a header of receiverInfo takes the place of ours. */
  readonly headers: Readonly<Record<string, string>>;
  /** A Notification as JSON text. */
  readonly body: string;
}

export type PayloadWriter = (notification: Notification) => Payload;

type Renderer = (entity: Entity) => string;

/** Texts kept of one shape, and shapes: a few notifications' worth, not a copy of the broker. */
const MAX_WRITTEN = 2_000;
const MAX_SHAPES = 8;
const LINK_REL = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"';

export function createPayloadWriter(contexts: ContextRegistry): PayloadWriter {
  const renderers = new WeakMap<Subscription, Renderer>();
  /** What was written last, by shape: subscribers that hear of the same change in the same words share the work. */
  const written = new Map<string, Map<Entity, string>>();

  function rendererOf(subscription: Subscription): Renderer {
    const known = renderers.get(subscription);
    if (known !== undefined) return known;
    const { format, attributes, sysAttrs } = subscription.notification;
    const context = contextOf(contexts, subscription);
    const projection: Projection | undefined = attributes && { attributes: new Set(attributes) };
    const shape = JSON.stringify([format, sysAttrs, attributes, context.source]);
    const render: Renderer = (entity) => {
      const texts = written.get(shape) ?? new Map<Entity, string>();
      const ready = texts.get(entity);
      if (ready !== undefined) return ready;
      const text = JSON.stringify(formatEntity(entity, { context, representation: format, sysAttrs, projection }));
      if (texts.size >= MAX_WRITTEN) texts.clear();
      written.set(shape, texts.set(entity, text));
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
function contextOf(contexts: ContextRegistry, { context }: Subscription): Context {
  try {
    return contexts.resolve(context);
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
  const data = parcel.entries.map(({ entity }) => render(entity)).join(',');
  const isLinkedData = subscription.notification.endpoint.accept === 'application/ld+json';
  const context = isLinkedData ? `,"@context":${JSON.stringify(subscription.context)}` : '';
  return `${head.slice(0, -1)},"data":[${data}]${context}}`;
}

function headersOf({ tenant, subscription }: Notification): Record<string, string> {
  const { accept, receiverInfo } = subscription.notification.endpoint;
  const headers: Record<string, string> = { 'Content-Type': accept };
  if (accept === 'application/json' && typeof subscription.context === 'string') {
    headers.Link = `<${subscription.context}>; ${LINK_REL}`;
  }
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
