/** A listening HTTP server: plain on loopback, TLS elsewhere, with limits against those who only hold the line (T32). */

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ConfigError } from './errors.js';
import { checkEncrypted } from './exposure.js';
import type { Logger } from './log.js';
import { realClock } from './real/clock.js';
import { openServerCertificate, type ServerCertificate } from './tls/server-certificate.js';

export interface HttpListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** The setting that chooses the port, for the message when it is taken. What is before `_PORT` begins its other settings too. */
  readonly setting: string;
  /** Told when the certificate was renewed or cannot be. */
  readonly log?: Logger;
  /** Where a service must be more patient than the rest. */
  readonly limits?: Pick<ServerOptions, 'requestTimeout' | 'keepAliveTimeout'>;
  /** What requests and responses are made as, where a framework has its own. */
  readonly messages?: Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;
}

const LIMITS = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 16 * 1024,
  /** How often the first two are looked at; Node itself would do it every half minute. */
  connectionsCheckingInterval: 2_000,
};
/** Of the ten seconds a stop may take. */
const STOP_GRACE_MS = 3_000;

const certificates = new WeakMap<Server, ServerCertificate>();
const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

export async function listenHttp(options: HttpListenerOptions, listener: RequestListener): Promise<Server> {
  const { host, port, setting, log = SILENT } = options;
  const prefix = setting.replace(/_PORT$/, '');
  const settings = { ...LIMITS, ...options.limits, ...options.messages };
  const certificate = await openServerCertificate(options, { clock: realClock(), log, prefix });
  checkEncrypted(host, certificate !== undefined, prefix);
  const server: Server = certificate
    ? createTlsServer({ ...settings, ...certificate.options }, listener)
    : createServer(settings, listener);
  if (certificate !== undefined) {
    certificates.set(server, certificate);
    certificate.follow(server);
    server.once('close', () => certificate.close());
  }
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(explain(error, options));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  return server;
}

/** For health: `withCertificate(health, certificateOf(server))`. undefined: the server is plain. */
export function certificateOf(server: Server): ServerCertificate | undefined {
  return certificates.get(server);
}

/** With the port that the system chose, when it was asked to. */
export function urlOf(server: Server, { host }: Pick<HttpListenerOptions, 'host'>): string {
  const { port } = server.address() as AddressInfo;
  return `${certificates.has(server) ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Lets requests in flight finish, but not for ever. */
export async function closeHttp(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearTimeout(timer);
}

function explain(error: NodeJS.ErrnoException, { host, port, setting }: HttpListenerOptions): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EADDRINUSE' ? 'is already in use' : 'may not be used by this user';
  const message = `Port ${port} on ${host} ${why}.`;
  return new ConfigError([{ code: 'config.port', message, fix: `Stop the other program, or set ${setting}.` }], error);
}
