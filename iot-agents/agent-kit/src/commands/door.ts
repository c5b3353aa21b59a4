/**
 * Where the broker's forwarded updates come in (GS CIM 009 V1.9.1, 5.6.2 and 5.6.4, by an exclusive registration): the paths of the
 * NGSI-LD API that `updateOps` needs, and no others. Who knocks is of no importance: an order counts by its signature.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { isLoopbackHost, sameSecret } from '@contor/kit';

/** One command attribute, as somebody wants it written. */
export interface WantedCommand {
  readonly tenant: string;
  readonly entityId: string;
  readonly attribute: string;
  readonly value: unknown;
}

export type DoorAnswer =
  | { readonly status: 204 }
  | { readonly status: 400 | 404 | 409 | 422 | 503; readonly reason: string };

export interface DoorOptions {
  /** Asked for as a bearer token when set; the registration makes the broker send it. */
  readonly secret: string | undefined;
  /** On loopback only loopback names are answered to: a web page cannot reach it under a name of its own. */
  readonly isLoopback: boolean;
  readonly handle: (wanted: WantedCommand) => Promise<DoorAnswer>;
}

/** An order is a kilobyte. */
const LONGEST_BODY = 64 * 1024;
const ENTITY_PATH = /^\/ngsi-ld\/v1\/entities\/([^/?]+)\/attrs(?:\/([^/?]+))?$/;
const METHODS: readonly string[] = ['PATCH', 'PUT'];
const TENANT = /^[a-z0-9_]{1,50}$/;

export function commandDoor(options: DoorOptions): RequestListener {
  return (request, response) => {
    answerTo(request, options).then(
      (answer) => write(response, answer),
      () => write(response, { status: 503, reason: 'door.failed' }),
    );
  };
}

async function answerTo(request: IncomingMessage, { secret, isLoopback, handle }: DoorOptions): Promise<DoorAnswer> {
  const { headers, method = '', url = '' } = request;
  if (isLoopback && !isLoopbackHost(headers.host)) return { status: 400, reason: 'door.host' };
  if (secret !== undefined && !sameSecret(headers.authorization ?? '', `Bearer ${secret}`))
    return { status: 400, reason: 'door.secret' };
  const [, entity, name] = ENTITY_PATH.exec(url) ?? [];
  if (entity === undefined) return { status: 404, reason: 'door.path' };
  if (!METHODS.includes(method)) return { status: 422, reason: 'door.method' };
  const tenant = headers['ngsild-tenant'] ?? 'default';
  if (typeof tenant !== 'string' || !TENANT.test(tenant)) return { status: 400, reason: 'door.tenant' };
  const entityId = decoded(entity);
  const body = await readJson(request);
  if (entityId === undefined || !isFields(body)) return { status: 400, reason: 'door.body' };
  if (name !== undefined) {
    const attribute = decoded(name);
    return attribute === undefined
      ? { status: 400, reason: 'door.path' }
      : handle({ tenant, entityId, attribute, value: body.value });
  }
  // A fragment: one command at a time, so that an answer speaks of one.
  const attributes = Object.entries(body).filter(([key]) => key !== '@context');
  const [first] = attributes;
  if (first === undefined || attributes.length > 1 || !isFields(first[1])) return { status: 400, reason: 'door.body' };
  return handle({ tenant, entityId, attribute: first[0], value: first[1].value });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > LONGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    return undefined; // Not JSON: told as `door.body`.
  }
}

function write(response: ServerResponse, answer: DoorAnswer): void {
  if (answer.status === 204) return void response.writeHead(204).end();
  const { status, reason } = answer;
  const body = JSON.stringify({ type: `urn:contor:problem:${reason}`, title: reason, detail: reason, status });
  response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(body);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
