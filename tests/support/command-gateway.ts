/** The gateway's own routes of commands over a real broker, where a header says who somebody is: what they may is as in the book. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AuditEntry } from '@contor/gateway/audit/entry.js';
import { type RequestStore, requestStore } from '@contor/gateway/commands/request-store.js';
import { commandRoutes } from '@contor/gateway/commands/routes.js';
import { remember } from '@contor/gateway/visitor.js';
import type { BrokerClient } from '@contor/history-query';
import { createLogger, realClock } from '@contor/kit';
import { createScopeIndex, type FunctionName, type Scope, type Signer } from '@contor/policy';
import express from 'express';

export interface Token {
  readonly person: string;
  readonly functions?: readonly FunctionName[];
  /** Only this, instead of everything. */
  readonly grants?: readonly string[];
  /** How long ago this person signed in, and with what. */
  readonly signedInAgoMs?: number;
  readonly methods?: readonly string[];
}

export interface Told {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const ALL: readonly FunctionName[] = [
  ...(['live.view', 'meter.read', 'meter.store', 'meter.clock'] as const),
  ...(['supply.request', 'supply.approve', 'supply.stop', 'supply.resume'] as const),
];

function scopeOf(grants: Token['grants']): Scope {
  return grants === undefined ? { kind: 'everything' } : { kind: 'grants', grants: grants.map((to) => ({ to })) };
}

export class CommandGateway {
  readonly #server: Server;
  readonly #url: string;
  audited = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static open(broker: BrokerClient, signer: Signer): Promise<CommandGateway> {
    return CommandGateway.over(requestStore({ broker, signer, tenant: 'default' }));
  }

  /** `told`: what the audit trail hears, before it is done and after. */
  static async over(store: RequestStore, told: (entry: AuditEntry) => void = () => undefined): Promise<CommandGateway> {
    const links: { gateway?: CommandGateway } = {};
    const routes = commandRoutes({
      store,
      audit: {
        record: async (entry) => {
          told(entry);
          if (links.gateway === undefined) return 0;
          links.gateway.audited += 1;
          return links.gateway.audited;
        },
      },
      ...{ clock: realClock(), log: createLogger({ service: 'check', write: () => undefined }), tenant: 'default' },
      scopes: { index: createScopeIndex(), isTrue: true, isLive: () => true, liveVersion: 0, isHistoryTrue: true },
      nameOf: (subject) => subject,
    });
    const app = express();
    app.use((request, _response, next) => {
      const {
        person,
        functions = ALL,
        signedInAgoMs = 1_000,
        methods = ['pwd', 'otp'],
        grants,
      } = JSON.parse(request.get('x-token') ?? '{"person":"nobody","functions":[]}') as Token;
      const authentication = { authenticatedAtMs: Date.now() - signedInAgoMs, methods };
      remember(request, {
        subject: {
          ...{ id: person, kind: 'person', username: person, tenant: 'default', scope: scopeOf(grants) },
          functions: new Set(functions),
        },
        fullName: person,
        standing: { key: person, isStanding: async () => true },
        session: { id: person, key: person, authentication },
      });
      next();
    });
    app.get('/api/commands', ...routes.list);
    app.post('/api/commands', ...routes.create);
    app.get('/api/commands/control', ...routes.control);
    for (const word of ['stop', 'resume', 'unfreeze'] as const) app.post(`/api/commands/${word}`, ...routes[word]);
    app.get('/api/commands/:commandId', ...routes.get);
    for (const word of ['approve', 'reject', 'withdraw'] as const)
      app.post(`/api/commands/:commandId/${word}`, ...routes[word]);
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    links.gateway = new CommandGateway(server);
    return links.gateway;
  }

  async get(path: string, token: Token): Promise<Told> {
    return this.#ask('GET', path, token);
  }

  async post(path: string, token: Token, body: unknown = {}): Promise<Told> {
    return this.#ask('POST', path, token, body);
  }

  request(token: Token, command: string, targets: readonly string[], parameters: object = {}): Promise<Told> {
    return this.post('/api/commands', token, { command, targets, parameters, reason: 'a check' });
  }

  approve(token: Token, { body: { id, requestHash } }: Told): Promise<Told> {
    return this.post(`/api/commands/${encodeURIComponent(String(id))}/approve`, token, { requestHash });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #ask(method: string, path: string, token: Token, body?: unknown): Promise<Told> {
    const answer = await fetch(this.#url + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-token': JSON.stringify(token) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Told['body'] };
  }
}
