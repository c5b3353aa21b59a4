/** The door: TCP or TLS, at most so many connections, so many new ones a second per address, nothing oversized past the guard. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import {
  type Clock,
  checkEncrypted,
  isLoopback,
  type Logger,
  type ServerCertificate,
  TransportError,
} from '@contor/kit';
import { FrameGuard } from './frame-guard.js';
import { RateLimit } from './rate-limit.js';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: ServerCertificate | undefined;
  readonly maxConnections: number;
  /** New connections a second and address; three seconds' worth may come at once. */
  readonly connectRate: number;
  readonly maxIdleMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  accept(socket: Socket): void;
}

export interface MqttListener {
  readonly port: number;
  readonly refused: number;
  readonly open: number;
  chargeWrongPassword(address: string | undefined): void;
  close(): Promise<void>;
}

/** On the machine itself a street of simulators may start in one second. */
const LOOPBACK_FACTOR = 100;
const BURST_SECONDS = 3;
const WRONG_PASSWORD_COST = 10;
const BACKLOG = 4096;
const HANDSHAKE_TIMEOUT_MS = 10_000;

export async function openListener(options: ListenerOptions): Promise<MqttListener> {
  const { clock, log, connectRate, certificate } = options;
  checkEncrypted(options.host, certificate !== undefined, 'MQTT');
  const rate = (perSecond: number) => new RateLimit({ perSecond, burst: perSecond * BURST_SECONDS });
  const remote = rate(connectRate);
  const local = rate(connectRate * LOOPBACK_FACTOR);
  const limitOf = (address: string) => (isLoopback(address) ? local : remote);
  const open = new Set<Socket>();
  let refused = 0;

  const admit = (socket: Socket): void => {
    const address = socket.remoteAddress ?? '';
    socket.on('error', (error) => log.debug({ address, reason: error.message }, 'A socket failed.'));
    if (open.size >= options.maxConnections || !limitOf(address).take(address, clock.monotonicMs())) {
      refused += 1;
      socket.destroy();
      return;
    }
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.setTimeout(options.maxIdleMs, () => socket.destroy());
    guard(socket, log);
    options.accept(socket);
  };
  const server = certificate ? encrypted(certificate, admit) : createServer({ noDelay: true }, admit);
  server.on('tlsClientError', (error: Error) => log.debug({ reason: error.message }, 'A TLS handshake failed.'));
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    get refused() {
      return refused;
    },
    get open() {
      return open.size;
    },
    chargeWrongPassword: (address = '') => limitOf(address).charge(address, clock.monotonicMs(), WRONG_PASSWORD_COST),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function encrypted(certificate: ServerCertificate, admit: (socket: Socket) => void): Server {
  const server = createTlsServer({ ...certificate.options, handshakeTimeout: HANDSHAKE_TIMEOUT_MS }, admit);
  certificate.follow(server);
  return server;
}

function listen(server: Server, { host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const hint = 'Stop what is listening there, or choose another MQTT_PORT.';
      reject(
        new TransportError('transport.listen', `MQTT cannot listen on ${host}:${port}. ${hint}`, { host, port }, error),
      );
    });
    server.listen({ host, port, backlog: BACKLOG }, resolve);
  });
}

/** Every byte the parser will see passes the guard first: aedes pulls with `read`. */
function guard(socket: Socket, log: Logger): void {
  const frames = new FrameGuard();
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    const fault = chunk === null ? undefined : frames.push(chunk);
    if (fault === undefined) return chunk;
    log.info(
      { address: socket.remoteAddress, fault },
      'A packet was refused before it was parsed; the connection is closed.',
    );
    socket.destroy();
    return null;
  };
}
