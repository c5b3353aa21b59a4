/** Default deny, shown on the finished application: a route without a row in the policy is found by this test. */

import { type AppParts, createApp } from '@contor/gateway/app.js';
import { type AuditRoutes, registerAudit } from '@contor/gateway/audit/desk.js';
import { registerCommands } from '@contor/gateway/commands/open.js';
import type { CommandParts } from '@contor/gateway/commands/routes.js';
import { type ContextParts, registerContext } from '@contor/gateway/context/routes.js';
import { GUARDS, type GuardParts } from '@contor/gateway/guard.js';
import { createMetrics } from '@contor/kit';
import { findRoute, ROUTES } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';

interface Layer {
  readonly route?: {
    readonly path: string;
    readonly methods: Record<string, boolean>;
    readonly stack: readonly { handle: object }[];
  };
}

type App = ReturnType<typeof createApp>;

/** Routes that no policy row stands behind, and routes whose first handler is not the guard of that very row. */
function unguarded(app: App): readonly string[] {
  const layers = (app.router as unknown as { stack: readonly Layer[] }).stack;
  return layers.flatMap(({ route }) => {
    if (route === undefined) return [];
    return Object.keys(route.methods).flatMap((method) => {
      const row = ROUTES.find(
        (candidate) => candidate.method === method.toUpperCase() && candidate.path === route.path,
      );
      const first = route.stack[0]?.handle as { [GUARDS]?: unknown } | undefined;
      return row !== undefined && first?.[GUARDS] === row ? [] : [`${method.toUpperCase()} ${route.path}`];
    });
  });
}

function registered(app: App): readonly string[] {
  const layers = (app.router as unknown as { stack: readonly Layer[] }).stack;
  return layers.flatMap(({ route }) =>
    route === undefined ? [] : Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`),
  );
}

const CONTEXT = {
  askers: {},
  notifySecret: 'secret',
  subscriptions: { parts: {}, delivery: {} },
} as unknown as ContextParts;

/** Registering asks nothing of the parts; only requests would. */
function build(): App {
  const handler = () => undefined;
  const parts = {
    auth: { access: {}, publicUrl: new URL('http://127.0.0.1:3000') },
    book: {},
    admin: {},
    commanding: { register: (app: App, guard: GuardParts) => registerCommands(app, guard, {} as CommandParts) },
    enforcement: { register: (app: App, guard: GuardParts) => registerContext(app, guard, CONTEXT) },
    auditDesk: {
      recorder: { handlersFor: () => [handler], watchRefusals: handler },
      register: (app: App, guard: GuardParts) => registerAudit(app, guard, {} as AuditRoutes),
    },
    serveApp: handler,
    metrics: createMetrics('test'),
  };
  return createApp(parts as unknown as AppParts);
}

describe('the register of routes', () => {
  it('has a guarded row for every route', () => expect(unguarded(build())).toEqual([]));

  it('has a route for every row', () => {
    expect([...registered(build())].sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('control: a route registered past the policy is found, and would not be reached', () => {
    const app = build();
    app.get('/api/backdoor', (_request, response) => void response.end('open'));
    app.post('/health', (_request, response) => void response.end('open'));
    expect(unguarded(app)).toEqual(['GET /api/backdoor', 'POST /health']);
    expect(findRoute('GET', '/api/backdoor')).toBeUndefined();
    expect(findRoute('POST', '/health')).toBeUndefined();
  });
});
