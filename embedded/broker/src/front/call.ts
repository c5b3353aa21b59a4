/** A request as handlers see it, and the answer they give: no framework in sight. */

import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, Random } from '@contor/kit';
import type { FetchContext } from '../context/fetch.js';
import type { ContextRegistry } from '../context/registry.js';
import type { SourceCheck } from '../registration/endpoint.js';
import type { Sources } from '../registration/sources.js';
import type { DiskRoom } from '../store/disk-room.js';
import type { Store } from '../store/store.js';
import type { DeadLetters } from '../subscription/dead-letters.js';
import type { HostCheck } from '../subscription/endpoint.js';
import type { PostOffice } from '../subscription/post-office.js';
import type { History } from '../temporal/history.js';

/** What handlers work with. */
export interface Broker {
  readonly store: Store;
  readonly office: PostOffice;
  readonly letters: DeadLetters;
  readonly room: DiskRoom;
  readonly contexts: ContextRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly checkHost: HostCheck;
  /** Whoever asks has shown the platform's secret. */
  readonly isGuarded: boolean;
  readonly checkSource: SourceCheck;
  readonly sources: Sources;
  readonly maxBatch: number;
  readonly fetchContext: FetchContext;
  /** Undefined when the operator named none: the temporal API is not there. */
  readonly history: History | undefined;
  /** Of our own URLs. */
  readonly scheme: 'http' | 'https';
}

export interface Call {
  readonly broker: Broker;
  readonly tenant: string;
  /** Placeholders of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer | undefined;
  /** Path and query as they came, for pagination links. */
  readonly url: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Finished text. Its media type is in the headers; JSON when it is not. */
  readonly body?: string;
}

export type Handler = (call: Call) => Answer | Promise<Answer>;

export const NO_CONTENT: Answer = { status: 204 };

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: JSON.stringify(value) };
}

/** 6.4.3.1: where a created resource is. A colon may stand in a path (RFC 3986, 3.3), and ids are full of them. */
export function locationOf(collection: string, id: string): string {
  return `/ngsi-ld/v1/${collection}/${encodeURIComponent(id).replaceAll('%3A', ':')}`;
}

export function created(location: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 201, headers: { ...headers, Location: location } };
}

/** A placeholder of the route's own path; its absence would be a mistake in the route table. */
export function param(call: Call, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new RangeError(`the route has no placeholder ${name}`);
  return value;
}
