/** One notification over HTTP (GS CIM 009 V1.9.1, 6.3.9 and 5.3.1): keep-alive, bounded, never redirected. */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Context } from '../context/compile.js';
import { CORE_URL } from '../context/core.js';
import type { ContextRegistry } from '../context/registry.js';
import { formatEntity, type Projection } from '../entity/format.js';
import type { Entity } from '../entity/model.js';
import { Problem } from '../problem.js';
import type { SendResult } from './courier.js';
import type { HostCheck } from './endpoint.js';
import type { Subscription } from './model.js';
import type { Notification } from './post-office.js';

export interface HttpDelivery {
  readonly deliver: (notification: Notification) => Promise<SendResult>;
  /** Drops idle connections and breaks those that wait for an answer. */
  close(): void;
}

export interface HttpDeliveryOptions {
  readonly contexts: ContextRegistry;
  readonly checkHost: HostCheck;
  readonly timeoutMs: number;
}

type Renderer = (entity: Entity) => string;

const CONNECTIONS_PER_HOST = 16;
/** Texts kept of one shape, and shapes: a few notifications' worth, not a copy of the broker. */
const MAX_WRITTEN = 2_000;
const MAX_SHAPES = 8;
/** A subscriber's answer is a status; a longer text is not read to its end. */
const MAX_ANSWER_BYTES = 65_536;
const LINK_REL = 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"';

export function createHttpDelivery({ contexts, checkHost, timeoutMs }: HttpDeliveryOptions): HttpDelivery {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS_PER_HOST }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS_PER_HOST }),
  };
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

  async function deliver(notification: Notification): Promise<SendResult> {
    try {
      const { subscription } = notification;
      const url = checkHost(subscription.notification.endpoint.uri);
      const body = Buffer.from(bodyOf(notification, rendererOf(subscription)), 'utf8');
      const status = await post(url, headersOf(notification, body.byteLength), body);
      return status >= 200 && status < 300 ? { kind: 'accepted' } : { kind: 'failed', reason: `status ${status}` };
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  function post(url: URL, headers: Record<string, string>, body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const isSecure = url.protocol === 'https:';
      const agent = isSecure ? agents['https:'] : agents['http:'];
      const signal = AbortSignal.timeout(timeoutMs);
      const outgoing = (isSecure ? httpsRequest : httpRequest)(
        url,
        { method: 'POST', headers, agent, signal },
        (incoming) => {
          drain(incoming);
          incoming.once('error', reject);
          incoming.once('close', () => resolve(incoming.statusCode ?? 0));
        },
      );
      outgoing.once('error', (error) => reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error));
      outgoing.end(body);
    });
  }

  return {
    deliver,
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
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

function drain(incoming: IncomingMessage): void {
  let bytes = 0;
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) incoming.destroy();
  });
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

/** Names in lower case, so that a header of receiverInfo takes the place of ours and is not sent beside it. */
function headersOf({ tenant, subscription }: Notification, length: number): Record<string, string> {
  const { accept, receiverInfo } = subscription.notification.endpoint;
  const headers: Record<string, string> = { 'content-type': accept, 'content-length': String(length) };
  if (accept === 'application/json' && typeof subscription.context === 'string') {
    headers.link = `<${subscription.context}>; ${LINK_REL}`;
  }
  if (tenant !== 'default') {
    headers['ngsild-tenant'] = tenant;
    headers['fiware-service'] = tenant;
  }
  for (const { key, value } of receiverInfo ?? []) headers[key.toLowerCase()] = value;
  return headers;
}
