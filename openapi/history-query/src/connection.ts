/** One way to talk HTTP to the broker and to history: tenant, secret, context, correlation, time limit, open connections, typed errors. */

import { contextLink } from '@contor/orion-config';
import axios, { type AxiosInstance, type RawAxiosRequestConfig } from 'axios';
import { openAgents } from '#agents';
import { toRequestError } from './request-error.js';

export interface ConnectionOptions {
  /** Base URL, in a browser also a path such as `/api/quantumleap`. */
  readonly url: string;
  /** The default tenant has no header on the wire. */
  readonly tenant?: string | undefined;
  /** Sent as a bearer token. */
  readonly secret?: string | undefined;
  /**
   * The @context our short names stand in, sent as a Link header (GS CIM 009, 6.3.5), so that a broker with another default
   * understands them too. History knows no contexts and does without.
   */
  readonly contextUrl?: string | undefined;
  /** In the place of a `contextUrl`: the @context the platform was installed with at this broker, wherever that hosts it. */
  readonly context?: 'installed' | undefined;
  readonly timeoutMs?: number | undefined;
}

/** What a single call may add. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Fiware-Correlator: one identifier all the way. */
  readonly correlationId?: string | undefined;
}

export interface Connection {
  readonly basePath: string;
  readonly axios: AxiosInstance;
  close(): void;
}

export const DEFAULT_TENANT = 'default';
/** A batch of a thousand entities on a busy disk answers well below this. */
const DEFAULT_TIMEOUT_MS = 30_000;

export function connect(options: ConnectionOptions): Connection {
  const { url, tenant, secret, contextUrl, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const agents = openAgents();
  const instance = axios.create({
    timeout: timeoutMs,
    headers: {
      ...tenantHeaders(tenant),
      ...(secret === undefined ? {} : { Authorization: `Bearer ${secret}` }),
      ...(contextUrl === undefined ? {} : { Link: contextLink(contextUrl) }),
    },
    // The generated clients hand over finished JSON; axios would parse all of it again only to see that it is.
    transformRequest: [(body: unknown) => body],
    // Platform servers never redirect, and following redirects costs a copy of the body and a limit of 10 MB.
    maxRedirects: 0,
    maxBodyLength: Number.POSITIVE_INFINITY,
    maxContentLength: Number.POSITIVE_INFINITY,
    // In a browser axios would look for a cookie before each request, and none of ours is for scripts: a question could not leave at once.
    withXSRFToken: false,
    // A proxy of the machine is for the internet, not for our own servers.
    proxy: false,
    ...agents.options,
  });
  instance.interceptors.response.use(undefined, (thrown: unknown) => Promise.reject(toRequestError(thrown)));
  return { basePath: url.replace(/\/+$/, ''), axios: instance, close: () => agents.close() };
}

/** NGSI-LD brokers read one, QuantumLeap's GET routes read only the other: both are always sent. */
export function tenantHeaders(tenant: string | undefined): Readonly<Record<string, string>> {
  return tenant === undefined || tenant === DEFAULT_TENANT ? {} : { 'NGSILD-Tenant': tenant, 'Fiware-Service': tenant };
}

export function callConfig({ signal, correlationId }: CallOptions): RawAxiosRequestConfig {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(correlationId === undefined ? {} : { headers: { 'Fiware-Correlator': correlationId } }),
  };
}
