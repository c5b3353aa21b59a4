/** A context source that keeps what it was asked, and answers as it is told: late, wrongly, or not at all. */

import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

type Answering = (asked: Asked, response: ServerResponse) => void;

export class ContextSource {
  readonly asked: Asked[] = [];
  /** Connections, with or without a request on them. */
  connections = 0;
  answering: Answering = (_asked, response) => void response.writeHead(204).end();
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async listen(host = '127.0.0.1'): Promise<ContextSource> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const source = new ContextSource(server, (server.address() as AddressInfo).port);
    server.on('connection', () => {
      source.connections += 1;
    });
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const asked = { method, path, headers, body: text === '' ? undefined : JSON.parse(text) };
        source.asked.push(asked);
        source.answering(asked, response);
      });
    });
    return source;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Answers everything with this. */
  says(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.answering = (_asked, response) => {
      response.writeHead(status, { ...(body !== undefined && { 'Content-Type': 'application/json' }), ...headers });
      response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    };
  }

  async until(requests: number, withinMs = 5_000): Promise<void> {
    for (const deadline = performance.now() + withinMs; this.asked.length < requests; await sleep(5)) {
      if (performance.now() > deadline) throw new Error(`${this.asked.length} of ${requests} requests came`);
    }
  }

  forget(): void {
    this.asked.length = 0;
    this.connections = 0;
    this.says(204);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
