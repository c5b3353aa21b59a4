/**
 * Contract cases as rows: what is there before, one request, what must come back, and what must be there afterwards. Each
 * runs in a tenant of its own. Paths are below /ngsi-ld/v1 unless they begin with //.
 */

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deviates, type Headings, type Instance, isPlayed, openInstance, type Reply } from './instance.js';

export interface Step {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Headings;
}

export interface Case {
  /** Of GS CIM 009 V1.9.1. */
  readonly clause: string;
  readonly name: string;
  readonly given?: readonly Step[];
  readonly when: Step;
  readonly answer: Expected;
  /** Read after the request: the effect, not only the answer. */
  readonly after?: { readonly path: string; readonly answer: Expected };
  /** Sends no tenant header: the case is about that, or about what has no tenant. */
  readonly isTenantless?: boolean;
  /** About something only our broker has: a broker of others, or one that plays them, is not asked. */
  readonly isOurs?: boolean;
}

interface Expected {
  readonly status: number;
  /** Exactly this JSON. */
  readonly body?: unknown;
  /** At least this much of the JSON. */
  readonly like?: unknown;
  /** The end of the problem's type URI. */
  readonly problem?: string;
  readonly headers?: Readonly<Record<string, string | RegExp>>;
}

const ERRORS = 'https://uri.etsi.org/ngsi-ld/errors/';
const RUN = `${Date.now().toString(36)}_${process.pid}`;
let tenants = 0;

export function contract(title: string, cases: readonly Case[]): void {
  describe(title, () => {
    let instance: Instance;
    beforeAll(async () => {
      instance = await openInstance();
    });
    afterAll(() => instance.stop());
    const asked = cases.filter((row) => !(row.isOurs && isPlayed));
    it.each(asked.map((row) => [row.clause, row.name, row] as const))('%s: %s', async (_clause, _name, row) => {
      tenants += 1;
      const tenant: Headings = row.isTenantless ? {} : { 'NGSILD-Tenant': `case_${RUN}_${tenants}` };
      const run = (step: Step): Promise<Reply> => send(instance, step, tenant);
      // A broker that plays another one says where it differs; whatever follows from that is not asked.
      for (const step of row.given ?? []) {
        const reply = await run(step);
        if (deviates(reply)) return;
        expect(reply.status).toBeLessThan(300);
      }
      const reply = await run(row.when);
      if (deviates(reply)) return;
      check(reply, row.answer);
      if (row.after === undefined) return;
      const after = await run({ method: 'GET', path: row.after.path });
      if (!deviates(after)) check(after, row.after.answer);
    });
  });
}

function send(instance: Instance, { method, path, body, headers }: Step, tenant: Headings): Promise<Reply> {
  const url = path.startsWith('//') ? path.slice(1) : `/ngsi-ld/v1${path}`;
  return instance.send(method, url, body, { ...tenant, ...headers });
}

function check(reply: Reply, expected: Expected): void {
  expect({ status: reply.status, text: reply.text }).toEqual({ status: expected.status, text: reply.text });
  if (expected.body !== undefined) expect(reply.json).toEqual(expected.body);
  if (expected.like !== undefined) {
    if (Array.isArray(expected.like)) {
      expect(reply.json).toHaveLength(expected.like.length);
    }
    expect(reply.json).toMatchObject(expected.like as Record<string, unknown>);
  }
  if (expected.problem !== undefined) {
    expect(reply.json).toMatchObject({
      type: ERRORS + expected.problem,
      title: expect.any(String),
      detail: expect.any(String),
    });
    expect(reply.headers.get('content-type')).toMatch(/^application\/(problem\+)?json/);
  }
  for (const [name, value] of Object.entries(expected.headers ?? {})) {
    if (typeof value === 'string') expect(reply.headers.get(name)).toBe(value);
    else expect(reply.headers.get(name) ?? '').toMatch(value);
  }
}

export const LD = { 'Content-Type': 'application/ld+json' } as const;
export const CORE = 'https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.9.jsonld';
export const LINK = `<${CORE}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`;

export function post(path: string, body: unknown, headers?: Headings): Step {
  return { method: 'POST', path, body, ...(headers && { headers }) };
}

export function get(path: string, headers?: Headings): Step {
  return { method: 'GET', path, ...(headers && { headers }) };
}

export function patch(path: string, body: unknown, headers?: Headings): Step {
  return { method: 'PATCH', path, body, ...(headers && { headers }) };
}

export function put(path: string, body: unknown, headers?: Headings): Step {
  return { method: 'PUT', path, body, ...(headers && { headers }) };
}

export function remove(path: string): Step {
  return { method: 'DELETE', path };
}

/** 4.5.0: removes what it stands for. */
export const NULL = 'urn:ngsi-ld:null';

export const ROOM = 'urn:ngsi-ld:Room:1';

export function property(value: unknown, more: object = {}): object {
  return { type: 'Property', value, ...more };
}

export function room(id: string = ROOM, attributes: object = { warmth: property(21) }): object {
  return { id, type: 'Room', ...attributes };
}

/** A room with some attributes, one write that succeeds, and the attributes it has then. */
export type Change = readonly [clause: string, name: string, before: object, when: Step, after: object];

export function change([clause, name, before, when, after]: Change): Case {
  return {
    clause,
    name,
    given: [post('/entities', room(ROOM, before))],
    when,
    answer: { status: 204 },
    after: { path: `/entities/${ROOM}`, answer: { status: 200, body: room(ROOM, after) } },
  };
}

/** A room with some attributes, and one write that is refused and leaves it as it was. */
export type Refusal = readonly [
  clause: string,
  name: string,
  before: object,
  when: Step,
  status: number,
  problem: string,
];

export function refusal([clause, name, before, when, status, problem]: Refusal): Case {
  return { ...change([clause, name, before, when, before]), answer: { status, problem } };
}
