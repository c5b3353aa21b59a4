/** Commands in the gateway, put together: the key it signs with, the requests in the broker, the routes. */

import type { Application } from 'express';
import { type GuardParts, register } from '../guard.js';
import { requestStore, type StoreParts } from './request-store.js';
import { type CommandParts, commandRoutes } from './routes.js';

export interface Commanding {
  readonly register: (app: Application, guard: GuardParts) => void;
}

type Parts = Omit<CommandParts, 'store'> & StoreParts;

export function openCommanding(parts: Parts): Commanding {
  const { broker, signer, tenant } = parts;
  const store = requestStore({ broker, signer, tenant });
  return { register: (app, guard) => registerCommands(app, guard, { ...parts, store }) };
}

export function registerCommands(app: Application, guard: GuardParts, parts: CommandParts): void {
  const routes = commandRoutes(parts);
  register(app, guard, 'GET /api/commands', ...routes.list);
  register(app, guard, 'POST /api/commands', ...routes.create);
  register(app, guard, 'GET /api/commands/control', ...routes.control);
  register(app, guard, 'POST /api/commands/stop', ...routes.stop);
  register(app, guard, 'POST /api/commands/resume', ...routes.resume);
  register(app, guard, 'POST /api/commands/unfreeze', ...routes.unfreeze);
  register(app, guard, 'GET /api/commands/:commandId', ...routes.get);
  register(app, guard, 'POST /api/commands/:commandId/approve', ...routes.approve);
  register(app, guard, 'POST /api/commands/:commandId/reject', ...routes.reject);
  register(app, guard, 'POST /api/commands/:commandId/withdraw', ...routes.withdraw);
}
