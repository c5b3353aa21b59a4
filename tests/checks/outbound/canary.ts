/** Listens on every address of this machine and counts who comes, and to which address. Whoever it hears was made to call. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export class Canary {
  /** The address that each connection was made to. */
  readonly heard: string[] = [];
  readonly port: number;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#open.add(socket);
      this.heard.push((socket.localAddress ?? '').replace(/^::ffff:/, ''));
      socket.on('error', () => socket.destroy());
      // An answer to HTTP that ends the matter; MQTT takes it for nonsense and goes away.
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{"@context":{}}',
        ),
      );
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  static listen(): Promise<Canary> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '::', () => resolve(new Canary(server)));
    });
  }

  forget(): void {
    this.heard.length = 0;
  }

  close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
