/** What partners may call, for their programs and for their eyes. Public: it holds no secret, and says nothing of anybody's data. */

import type { Application } from 'express';
import { type GuardParts, register } from '../guard.js';
import { renderDocs } from './docs-page.js';
import { createOpenApi, type OpenApiFacts } from './openapi.js';

export function registerDocs(app: Application, guard: GuardParts, facts: OpenApiFacts): void {
  const document = createOpenApi(facts);
  const json = JSON.stringify(document);
  const page = renderDocs(document);
  register(app, guard, '/api/openapi.json', (_request, response) => response.type('json').send(json));
  register(app, guard, '/api/docs', (_request, response) => response.type('html').send(page));
}
