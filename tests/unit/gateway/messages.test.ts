/** Requests and responses that Express finds as it wants them, and therefore leaves alone. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMessages } from '@contor/gateway/http/messages.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';

describe('messages that are Express’s from their beginning', () => {
  let server: Server;
  let url: string;
  const prototypes: unknown[] = [];

  beforeAll(async () => {
    const messages = createMessages();
    const app = express();
    app.get('/thing/:name', (request, response) => {
      prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
      const { app: ours, params, ip, path } = request;
      response.set('X-Own', 'yes').json({ isOurs: ours === app && response.app === app, params, ip, path });
    });
    messages.joinTo(app);
    server = createServer(messages.classes, (request, response) => {
      prototypes.push(Object.getPrototypeOf(request), Object.getPrototypeOf(response));
      app(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('have the methods of Node and of Express, and know their application', async () => {
    const answer = await fetch(`${url}/thing/one`);
    expect(answer.headers.get('x-own')).toBe('yes');
    expect(await answer.json()).toEqual({
      ...{ isOurs: true, params: { name: 'one' }, ip: '127.0.0.1', path: '/thing/one' },
    });
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  it('keep the prototype they came with, and share it', async () => {
    prototypes.length = 0;
    for (let round = 0; round < 2; round += 1) await (await fetch(`${url}/thing/one`)).text();
    expect(prototypes).toHaveLength(8);
    expect(new Set(prototypes).size).toBe(2);
  });

  it('are apart from those of another application', () => {
    const [one, other] = [createMessages(), createMessages()];
    expect(one.classes.IncomingMessage).not.toBe(other.classes.IncomingMessage);
    expect(express.request).not.toHaveProperty('app');
  });
});
