/** The document for partners: what the table of routes lets them call and nothing else, well formed (OpenAPI 3.1.0), and its page. */

import { createOpenApi, type Operation } from '@contor/gateway/partner/openapi.js';
import { NGSI_LD_PARAMETERS, QUANTUMLEAP_PARAMETERS } from '@contor/gateway/upstream/allow-list.js';
import { ROUTES, type RouteRow } from '@contor/policy';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Caller, Door } from '../support/door.js';

/** As much of JSON Schema 2020-12 as the document uses; a word beside these is a fault of the document. */
interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Record<string, Schema>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

const WORDS: readonly (keyof Schema)[] = [
  ...(['$ref', 'description', 'type', 'properties', 'required', 'additionalProperties', 'items', 'oneOf'] as const),
  ...(['enum', 'const', 'format', 'minimum', 'maximum', 'maxItems'] as const),
];
const TYPES = ['object', 'array', 'string', 'integer', 'boolean', 'null'];

function unknownWords(schema: Schema): readonly string[] {
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(schema.oneOf ?? []),
  ];
  const types = [schema.type ?? []].flat().filter((type) => !TYPES.includes(type));
  const words = Object.keys(schema).filter((word) => !WORDS.includes(word as keyof Schema));
  return [...words, ...types, ...parts.flatMap(unknownWords)];
}

function fits(value: unknown, schema: Schema): boolean {
  if (schema.$ref !== undefined)
    return fits(value, document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.oneOf !== undefined) return schema.oneOf.filter((one) => fits(value, one)).length === 1;
  if ('const' in schema && value !== schema.const) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (schema.type !== undefined && ![schema.type].flat().includes(typeOf(value))) return false;
  if (Array.isArray(value)) return value.every((item) => fits(item, schema.items ?? {}));
  if (typeof value !== 'object' || value === null) return true;
  const fields = value as Record<string, unknown>;
  const isComplete = (schema.required ?? []).every((name) => name in fields);
  return isComplete && Object.entries(fields).every(([name, field]) => fits(field, schema.properties?.[name] ?? {}));
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

const facts = { publicUrl: 'https://city.example', issuer: 'https://id.example/realms/contor', version: '1.2.3' };
const document = JSON.parse(JSON.stringify(createOpenApi(facts))) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, path, operation })),
);
const nameOf = ({ method, path }: RouteRow) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`;

describe('the document', () => {
  it('has every route that is for programs, and no other', () => {
    const wanted = ROUTES.filter((row: RouteRow) => {
      const isOpen = row.access === 'public' || row.access === 'service';
      return !isOpen && row.isForPeople === undefined;
    });
    expect(operations.map(({ name }) => name).sort()).toEqual(wanted.map(nameOf).sort());
  });

  it('calls each operation by a name of its own', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z0-9]+$/);
  });

  it('points at nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    expect(refs.length).toBeGreaterThan(100);
    for (const path of refs) {
      const found = path
        .split('/')
        .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
      expect([path, typeof found]).toEqual([path, 'object']);
    }
  });

  it.each(operations)('$name: its path, parameters and answers are as OpenAPI wants them', ({ path, operation }) => {
    const parameters = operation.parameters as { name: string; in: string; required?: boolean; schema: object }[];
    const inPath = parameters.filter((parameter) => parameter.in === 'path');
    expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    expect(inPath.every(({ required }) => required === true)).toBe(true);
    const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
    expect(new Set(names).size).toBe(names.length);
    const answers = operation.responses as Record<string, { description?: string; $ref?: string }>;
    expect(Object.keys(answers)).toEqual(expect.arrayContaining(['401', '403', '429']));
    for (const answer of Object.values(answers)) expect(answer.description ?? answer.$ref).toBeDefined();
  });

  it('describes shapes in words of JSON Schema', () => {
    const ofParameters = operations.flatMap(({ operation }) =>
      (operation.parameters as { schema: Schema }[]).map(({ schema }) => schema),
    );
    expect([...Object.values(document.components.schemas), ...ofParameters].flatMap(unknownWords)).toEqual([]);
  });

  it('promises no query parameter that the relay would refuse', () => {
    const allowed = (path: string) =>
      path.startsWith('/api/ngsi-ld/') ? NGSI_LD_PARAMETERS.allowed : QUANTUMLEAP_PARAMETERS.allowed;
    for (const { path, operation } of operations.filter((one) => /ngsi-ld|quantumleap/.test(one.path))) {
      const wanted = (operation.parameters as { name: string; in: string }[]).filter((one) => one.in === 'query');
      expect(wanted.filter(({ name }) => !allowed(path).has(name)).map(({ name }) => `${path} ${name}`)).toEqual([]);
    }
  });
});

describe('over HTTP', () => {
  let door: Door;
  beforeAll(async () => {
    door = await Door.open();
  });
  afterAll(() => door.close());

  it('is there for everybody, names this gateway, and describes what a partner really gets', async () => {
    const { status, headers, body } = await door.get('/api/openapi.json');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    expect(body.servers).toEqual([{ url: door.url }]);
    const { Session = {}, Problem = {} } = document.components.schemas;
    const caller: Caller = await door.signIn('root', ['data-administrator']);
    const session = (await door.get('/api/session', caller)).body;
    const problem = (await door.get('/api/session')).body;
    expect([fits(session, Session), fits(problem, Problem)]).toEqual([true, true]);
    expect([fits(problem, Session), fits(session, Problem)]).toEqual([false, false]);
  });

  it('has a page that needs no script and no style of its own', async () => {
    const { status, headers, body } = await door.get('/api/docs');
    const page = String(body.text);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|https?:\/\/(?!127)/i);
    for (const { name } of operations) expect(page).toContain(`<code>${name}</code>`);
  });
});
