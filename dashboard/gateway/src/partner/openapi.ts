/** The OpenAPI document of what a partner may call, made from the table of routes: what is not in it cannot be called. */

import { FUNCTIONS, type FunctionName, ROUTES, type RouteRow } from '@contor/policy';
import { OPERATIONS, type OperationRow, type PartnerRoute } from './operations.js';
import { parameterOf } from './parameters.js';
import { SCHEMAS, type SchemaName } from './schemas.js';

export interface OpenApiFacts {
  readonly publicUrl: string;
  /** Of the OpenID provider. */
  readonly issuer: string;
  readonly version: string;
}

export interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description: string;
  readonly operationId: string;
  readonly parameters: readonly object[];
  readonly [more: string]: unknown;
}

export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly [more: string]: unknown;
}

const DESCRIPTION = `Live values (NGSI-LD), history (QuantumLeap), subscriptions and what else a partner may call.

Show your API key as \`X-API-Key\`, or an access token of your client (client credentials) as \`Authorization: Bearer\`; one of them, once. What
you may do and see is decided by your operator for your name, at each request: an entity outside your scope is not there.

Every answer says how much is left of your rate and your quota (\`RateLimit\`, \`RateLimit-Policy\`); 429 says when to come back (\`Retry-After\`).
Times are UTC. Errors are problem details (RFC 9457).`;

const PROBLEMS = {
  400: 'The request cannot be understood.',
  401: 'No key or token, or not a good one.',
  403: 'You may not do this.',
  404: 'Not there, or not for you.',
  429: 'Too many requests, or the quota of the day is used up.',
  503: 'Something behind us does not answer; Retry-After says when to try again.',
} as const;

export function createOpenApi({ publicUrl, issuer, version }: OpenApiFacts): OpenApi {
  return {
    openapi: '3.1.0',
    info: { title: 'Contor for partners', version, description: DESCRIPTION },
    servers: [{ url: publicUrl }],
    security: [{ key: [] }, { client: [] }],
    tags: [...new Set(Object.values(OPERATIONS).map(({ tag }) => tag))].map((name) => ({ name })),
    paths: pathsOf(ROUTES.filter(isForPartners)),
    components: {
      securitySchemes: {
        key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
        client: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: `${issuer}/protocol/openid-connect/token`, scopes: {} } },
        },
      },
      responses: Object.fromEntries(
        Object.entries(PROBLEMS).map(([status, description]) => [`Problem${status}`, problem(description)]),
      ),
      schemas: SCHEMAS,
    },
  };
}

/** Neither public, nor for our own services, nor for people only. */
export function isForPartners(row: RouteRow): boolean {
  return row.access !== 'public' && row.access !== 'service' && row.isForPeople !== true;
}

function pathsOf(rows: readonly RouteRow[]): OpenApi['paths'] {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const row of rows) {
    const path = row.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operationOf(row) };
  }
  return paths;
}

function operationOf(row: RouteRow): Operation {
  const found: OperationRow = OPERATIONS[`${row.method} ${row.path}` as PartnerRoute];
  const { tag, summary, about, query = [], body } = found;
  const names = [...row.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return {
    tags: [tag],
    summary,
    description: [about, needs(row)].filter((text) => text !== undefined).join('\n\n'),
    operationId: operationId(row),
    parameters: [...inPath, ...query.map(parameterOf)],
    ...(body !== undefined && { requestBody: { required: true, content: json(body) } }),
    responses: answersOf(found),
  };
}

function needs({ access }: RouteRow): string | undefined {
  const say = (name: FunctionName) => `\`${name}\` (${FUNCTIONS[name].about.replace(/\.$/, '').toLowerCase()})`;
  if (typeof access === 'object') {
    const one = `one of ${access.anyOf.map((name) => `\`${name}\``).join(', ')}`;
    return `Needs ${access.and === undefined ? one : `${say(access.and)} and ${one}`}.`;
  }
  if (access === 'public' || access === 'service' || access === 'signed-in') return undefined;
  return `Needs the function ${say(access)}.`;
}

function answersOf({ status = 200, answer, isStream }: OperationRow): object {
  const content = isStream ? { 'text/event-stream': { schema: { type: 'string' } } } : answer && json(answer);
  const problems = Object.keys(PROBLEMS).map((code) => [code, { $ref: `#/components/responses/Problem${code}` }]);
  const good = { description: 'As asked.', ...(content !== undefined && { content }) };
  return { [status]: good, ...Object.fromEntries(problems) };
}

function json(name: SchemaName): object {
  return { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
}

function problem(description: string): object {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

/** `getNgsiLdEntitiesEntityId`: what a generated client calls it. */
function operationId({ method, path }: RouteRow): string {
  const words = path.replace('/api/', '').split(/[^A-Za-z0-9]+/);
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
