/** The Net of the machine: TCP lines. Every failure is a TransportError with a stable code. */

import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { errnoOf, TransportError } from '../errors.js';
import type { Line, Listener, Net } from '../net.js';

export function realNet(): Net {
  return { connect, listen };
}

function connect(host: string, port: number, timeoutMs: number): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, noDelay: true, timeout: timeoutMs });
    const onError = (error: Error): void => {
      socket.destroy();
      reject(broken(`Connecting to ${host}:${port} failed.`, error));
    };
    socket.once('error', onError);
    socket.once('timeout', () =>
      onError(Object.assign(new Error(`No answer within ${timeoutMs} ms.`), { code: 'ETIMEDOUT' })),
    );
    socket.once('connect', () => {
      socket.off('error', onError);
      socket.removeAllListeners('timeout');
      socket.setTimeout(0);
      resolve(lineOf(socket));
    });
  });
}

function listen(host: string, port: number, accept: (line: Line) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const open = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      accept(lineOf(socket));
    });
    server.once('error', (error) => reject(broken(`Listening on ${host}:${port} failed.`, error)));
    server.listen(port, host, () => {
      const address = server.address() as AddressInfo;
      resolve({
        host: address.address,
        port: address.port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            for (const socket of open) socket.destroy();
          }),
      });
    });
  });
}

function lineOf(socket: Socket): Line {
  const peer = `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`;
  // A line that breaks while nobody reads or writes must not crash the process: the next read or write tells.
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  return {
    peer,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(broken(`Writing to ${peer} failed.`, error)) : resolve()));
      }),
    async *chunks() {
      try {
        // Whoever stops reading has not hung up.
        for await (const chunk of socket.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
      } catch (error) {
        // Closed by ourselves while somebody was reading: an end like any other.
        if (errnoOf(error) === 'ERR_STREAM_PREMATURE_CLOSE' && !failure) return;
        throw broken(`The line to ${peer} broke.`, error);
      }
      if (failure) throw broken(`The line to ${peer} broke.`, failure);
    },
    close: () =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve();
        socket.once('close', () => resolve());
        // `end` alone waits for the peer; a peer that never answers must not hold us.
        socket.end(() => socket.destroy());
      }),
  };
}

function broken(message: string, cause: unknown): TransportError {
  return new TransportError('transport.broken', message, { errno: errnoOf(cause) }, cause);
}
