/** A real HTTP server on a free port, with an answer for each request and a memory of what was asked. */

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly remotePort: number | undefined;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object travels as JSON, text as it is; undefined is no body; 'never' leaves the line silent. */
  readonly body?: unknown;
  readonly never?: boolean;
}

export interface SmallServer {
  readonly url: string;
  readonly asked: Asked[];
  close(): Promise<void>;
}

export async function startSmallServer(answer: (asked: Asked) => Answer): Promise<SmallServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://small.example');
      const one: Asked = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        remotePort: request.socket.remotePort,
      };
      asked.push(one);
      const { status = 200, headers = {}, body, never = false } = answer(one);
      if (never) return;
      const isText = typeof body === 'string';
      response.writeHead(status, { 'Content-Type': isText ? 'text/plain' : 'application/json', ...headers });
      response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
