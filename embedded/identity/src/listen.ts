/** The listening server: plain on loopback, TLS elsewhere, with limits against those who only hold the line (T32). */

import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ConfigError } from '@contor/kit';

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

const LIMITS = { headersTimeout: 10_000, requestTimeout: 15_000, keepAliveTimeout: 5_000, maxHeaderSize: 16 * 1024 };
/** Of the ten seconds a stop may take. */
const STOP_GRACE_MS = 3_000;

export async function listen(
  { host, port, tlsCert, tlsKey }: ListenOptions,
  listener: RequestListener,
): Promise<Server> {
  const server: Server =
    tlsCert === undefined || tlsKey === undefined
      ? createServer(LIMITS, listener)
      : createTlsServer(
          { ...LIMITS, minVersion: 'TLSv1.2', cert: await readFile(tlsCert), key: await readFile(tlsKey) },
          listener,
        );
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => reject(explain(error, host, port));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  return server;
}

export function urlOf(server: Server, { host, tlsCert }: ListenOptions): string {
  const { port } = server.address() as AddressInfo;
  return `${tlsCert === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
  await closed;
  clearTimeout(timer);
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EADDRINUSE' ? 'is already in use' : 'may not be used by this user';
  const message = `Port ${port} on ${host} ${why}.`;
  return new ConfigError(
    [{ code: 'config.port', message, fix: 'Stop the other program, or set IDENTITY_PORT.' }],
    error,
  );
}
