/** A subscriber that keeps what it was told, and can be told to be slow, wrong or away. */

import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Told {
  readonly headers: IncomingHttpHeaders;
  readonly path: string;
  readonly body: NotificationBody;
}

interface NotificationBody {
  readonly id: string;
  readonly type: string;
  readonly subscriptionId: string;
  readonly notifiedAt: string;
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly '@context'?: unknown;
}

export class Subscriber {
  /** Accepted notifications, in the order they were accepted. */
  readonly told: Told[] = [];
  /** Everything that arrived, accepted or not. */
  readonly arrived: Told[] = [];
  /** Status to answer with, by the number of the arrival. */
  answer: (arrival: number) => number | Promise<number> = () => 200;
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async listen(port = 0): Promise<Subscriber> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const subscriber = new Subscriber(server, (server.address() as AddressInfo).port);
    server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      request.on('end', async () => {
        const told: Told = {
          headers: request.headers,
          path: request.url ?? '',
          body: JSON.parse(text) as NotificationBody,
        };
        const status = await subscriber.answer(subscriber.arrived.push(told));
        if (status === 200) subscriber.told.push(told);
        response.writeHead(status, status === 302 ? { Location: '/elsewhere' } : {}).end();
      });
    });
    return subscriber;
  }

  get uri(): string {
    return `http://127.0.0.1:${this.port}/notify`;
  }

  /** Entities in accepted notifications, in order. */
  get entities(): readonly Readonly<Record<string, unknown>>[] {
    return this.told.flatMap(({ body }) => body.data);
  }

  async until(isSo: () => boolean, what: string, withinMs = 10_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!isSo()) {
      if (performance.now() > deadline)
        throw new Error(
          `Waited ${withinMs} ms for ${what}; ${this.told.length} accepted, ${this.arrived.length} arrived.`,
        );
      await sleep(5);
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
