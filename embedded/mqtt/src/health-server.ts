/** GET /health and GET /metrics on loopback, for the launcher and for Prometheus on the same machine. */

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMetrics, type Health, TransportError } from '@contor/kit';

const HOST = '127.0.0.1';

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function openHealthServer(port: number, health: () => Health): Promise<HealthServer> {
  const metrics = createMetrics('mqtt');
  const answer = async (path: string | undefined, response: ServerResponse): Promise<void> => {
    const now = health();
    if (path === '/health') {
      const isServing = now.state === 'ready' || now.state === 'degraded';
      response.writeHead(isServing ? 200 : 503, { 'content-type': 'application/json' }).end(JSON.stringify(now));
    } else if (path === '/metrics') {
      for (const [name, value] of Object.entries(now.figures)) {
        metrics.gauge(`mqtt_${snake(name)}`, `The health figure ${name}.`).set(value);
      }
      response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text());
    } else {
      response.writeHead(404).end();
    }
  };
  const server = createServer((request, response) => {
    answer(request.method === 'GET' ? request.url : undefined, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const message = `The health page cannot listen on ${HOST}:${port}. Choose another MQTT_HEALTH_PORT.`;
      reject(new TransportError('transport.listen', message, { port }, error));
    });
    server.listen(port, HOST, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
