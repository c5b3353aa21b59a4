/**
 * What a notification says, whoever carries it: its text and its headers (GS CIM 009 V1.9.1, 5.3.1, 6.3.8, 5.8.6). HTTP
 * sends them as they are, MQTT writes the headers into the message (7.2).
 */

import type { Context, ContextSource } from '../context/compile.js';
import { CORE_URL } from '../context/core.js';
import type { ContextRegistry } from '../context/registry.js';
import { type FormatOptions, formatEntity, isChosen, type Projection } from '../entity/format.js';
import type { Entity } from '../entity/model.js';
import { Problem } from '../problem.js';
import { type ChangeOptions, isGone, putGone, putPrevious } from './changes.js';
import type { NotificationParams, Subscription, Telling } from './model.js';
import type { Notification } from './post-office.js';

export interface Payload {
  /** Each name once, whatever its letters' case: a header of receiverInfo takes the place of ours. */
  readonly headers: Readonly<Record<string, string>>;
  /** A Notification as JSON text. */
  readonly body: string;
}

export type PayloadWriter = (notification: Notification) => Payload;

type Renderer = (telling: Telling) => string;

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
    const { endpoint: _, ...shownAs } = subscription.notification;
    const context = contextOf(contexts, subscription);
    const shape = JSON.stringify([shownAs, subscription.datasetId, context.source]);
    const format = compileFormat(subscription, context);
    const render: Renderer = (telling) => {
      const texts = written.get(shape) ?? new Map<Entity, string>();
      const ready = texts.get(telling.entity);
      if (ready !== undefined) return ready;
      const text = JSON.stringify(format(telling));
      if (texts.size >= MAX_WRITTEN) texts.clear();
      written.set(shape, texts.set(telling.entity, text));
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

function compileFormat({ notification, datasetId }: Subscription, context: Context): (telling: Telling) => object {
  const { format: representation, sysAttrs, showChanges = false } = notification;
  const projection = projectionOf(notification);
  const instances = datasetId && new Set(datasetId);
  const options: FormatOptions = { context, representation, sysAttrs, projection };
  const changes: ChangeOptions = {
    ...{ context, representation, sysAttrs, showChanges },
    isShown: (name) => projection === undefined || isChosen(name, projection),
  };
  return ({ entity: whole, previous }) => {
    const entity = instances === undefined ? whole : withInstances(whole, instances);
    if (previous === undefined && entity.deletedAt === undefined && !entity.attributes.some(isGone))
      return formatEntity(entity, options);
    const there = { ...entity, attributes: entity.attributes.filter((attribute) => !isGone(attribute)) };
    const out = formatEntity(there, options);
    if (previous !== undefined) putPrevious(out, there, previous, changes);
    putGone(out, entity, previous, changes);
    return out;
  };
}

function projectionOf({ attributes, pick, omit }: NotificationParams): Projection | undefined {
  if (attributes !== undefined) return { attributes: new Set(attributes) };
  if (pick === undefined && omit === undefined) return undefined;
  return {
    attributes: pick && new Set(pick.attributes),
    members: pick && new Set(pick.members),
    omitted: omit && new Set(omit.attributes),
    omittedMembers: omit && new Set(omit.members),
  };
}

/** 4.5.5: `@none` is the default instance. */
function withInstances(entity: Entity, instances: ReadonlySet<string>): Entity {
  const attributes = entity.attributes.filter(({ datasetId }) => instances.has(datasetId ?? '@none'));
  return attributes.length === entity.attributes.length ? entity : { ...entity, attributes };
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
  const data = parcel.entries.map(render).join(',');
  const isLinkedData = subscription.notification.endpoint.accept === 'application/ld+json';
  const context = isLinkedData ? `,"@context":${JSON.stringify(namedContext(subscription))}` : '';
  return `${head.slice(0, -1)},"data":[${data}]${context}}`;
}

function namedContext({ context, jsonldContext }: Subscription): ContextSource {
  return jsonldContext ?? context;
}

function headersOf({ tenant, subscription }: Notification): Record<string, string> {
  const { accept, receiverInfo } = subscription.notification.endpoint;
  const headers: Record<string, string> = { 'Content-Type': accept };
  const context = namedContext(subscription);
  if (accept === 'application/json' && typeof context === 'string') {
    headers.Link = `<${context}>; ${LINK_REL}`;
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
