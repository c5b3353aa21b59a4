/**
 * Writes of one entity by whoever may write at all (`context.write`). Who writes which attributes of which types is a table of the policy;
 * here it is asked, with what the broker holds now, and what was is told to the audit trail.
 */

import { checkWrite, type Subject, type WriteDenial, type WriteVerdict } from '@contor/policy';
import type { Request, RequestHandler, Response } from 'express';
import { noteChange } from '../audit/intake/note.js';
import { correlationOf } from '../http/correlation.js';
import {
  type NgsiProblem,
  type NgsiProblemCode,
  ngsiProblem,
  sendNgsiProblem,
  unknownEntity,
} from '../http/ngsi-problem.js';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import type { ScopeFeed } from '../scope/feed.js';
import { checkParameters, type ParameterRules } from '../upstream/allow-list.js';
import type { Upstream } from '../upstream/upstream.js';
import type { BrokerQuery } from './broker-query.js';
import { passOnAnswer } from './scoped-reads.js';

export interface WriteParts {
  readonly broker: Upstream;
  readonly query: BrokerQuery;
  readonly scopes: ScopeFeed;
  readonly subjectOf: (request: Request) => Subject;
  readonly nowMs: () => number;
}

export type Fields = Readonly<Record<string, unknown>>;

interface WriteRow {
  readonly method: 'POST' | 'PATCH' | 'DELETE';
  /** Behind the entity's own path. */
  readonly tail: '' | '/attrs';
  readonly deed: 'change' | 'delete';
  readonly parameters: ParameterRules;
}

const rules = (...allowed: string[]): ParameterRules => ({ allowed: new Set(allowed), limits: {} });

/** Of an entity that is there. By method and path of the route. */
const WRITES = {
  'PATCH /api/ngsi-ld/v1/entities/:entityId': {
    ...{ method: 'PATCH', tail: '', deed: 'change', parameters: rules('options', 'format', 'observedAt', 'lang') },
  },
  'POST /api/ngsi-ld/v1/entities/:entityId/attrs': {
    ...{ method: 'POST', tail: '/attrs', deed: 'change', parameters: rules('options') },
  },
  'PATCH /api/ngsi-ld/v1/entities/:entityId/attrs': {
    ...{ method: 'PATCH', tail: '/attrs', deed: 'change', parameters: rules() },
  },
  'DELETE /api/ngsi-ld/v1/entities/:entityId': {
    ...{ method: 'DELETE', tail: '', deed: 'delete', parameters: rules() },
  },
} as const satisfies Readonly<Record<string, WriteRow>>;

export type WriteName = keyof typeof WRITES;

export const WRITE_NAMES = Object.keys(WRITES) as readonly WriteName[];

const ENTITIES = '/ngsi-ld/v1/entities';
const PREFIX = '/api';

export function writeEntity(parts: WriteParts, name: WriteName): RequestHandler {
  const row: WriteRow = WRITES[name];
  return async (request, response) => {
    const checked = checkParameters(queryOf(request), row.parameters);
    if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
    const id = String(request.params.entityId);
    const fragment = row.deed === 'delete' ? {} : toEntity(request.body);
    if (fragment === undefined || (fragment.id !== undefined && fragment.id !== id))
      return sendNgsiProblem(response, 'request.wrong', 'The body is a fragment of this very entity.');
    const { scope } = parts.subjectOf(request);
    if (scope.kind !== 'everything' && !parts.scopes.isTrue) return sendProblem(response, 'scope.unknown');
    const before = await stored(parts, id, correlationOf(response));
    const { type, attributes } = split(fragment);
    const write = {
      ...{ deed: row.deed, id, attributes },
      ...(type !== undefined && { type }),
      ...(typeof before?.type === 'string' && { storedType: before.type }),
    };
    const verdict: WriteVerdict =
      before === undefined ? NOT_THERE : checkWrite(scope, parts.scopes.index, write, parts.nowMs());
    if (verdict.kind === 'deny') return refuse(verdict, id, response);
    noteChange(request, {
      targets: [id],
      before: row.deed === 'delete' ? before : pick(before, Object.keys(attributes)),
    });
    const answer = await parts.broker.ask({
      method: row.method,
      path: `${ENTITIES}/${encodeURIComponent(id)}${row.tail}${checked.query}`,
      ...(row.deed === 'delete' ? {} : { body: fragment }),
      correlation: correlationOf(response),
    });
    if (answer.status === 204) return void response.status(204).end();
    if (answer.status === 404) return refuse(NOT_THERE, id, response);
    passOnAnswer(answer, response);
  };
}

export function createEntity(parts: WriteParts): RequestHandler {
  return async (request, response) => {
    const checked = checkParameters(queryOf(request), rules());
    if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
    const entity = toEntity(request.body);
    const { id } = entity ?? {};
    if (entity === undefined || typeof id !== 'string')
      return sendNgsiProblem(response, 'request.wrong', 'The body is one entity with an id and a type.');
    const { scope } = parts.subjectOf(request);
    if (scope.kind !== 'everything' && !parts.scopes.isTrue) return sendProblem(response, 'scope.unknown');
    const { type, attributes } = split(entity);
    const verdict = checkWrite(scope, parts.scopes.index, { deed: 'create', id, type, attributes }, parts.nowMs());
    if (verdict.kind === 'deny') return refuse(verdict, id, response);
    noteChange(request, { targets: [id] });
    const correlation = correlationOf(response);
    const answer = await parts.broker.ask({ method: 'POST', path: ENTITIES, body: entity, correlation });
    if (answer.status !== 201) return passOnAnswer(answer, response);
    heard(parts.scopes, [entity]);
    response
      .status(201)
      .set('Location', `${PREFIX}${ENTITIES}/${encodeURIComponent(id)}`)
      .end();
  };
}

/** The broker will say so too; whoever wrote it can read it at once. */
export function heard(scopes: ScopeFeed, entities: readonly Fields[]): void {
  scopes.receive(
    entities.flatMap(({ id, type, ...rest }) => (isText(id) && isText(type) ? [{ ...rest, id, type }] : [])),
  );
}

type Denied = Extract<WriteVerdict, { readonly kind: 'deny' }>;

const NOT_THERE: Denied = { kind: 'deny', status: 404, code: 'entity.unknown', detail: '' };

const PROBLEMS: Readonly<Record<WriteDenial, NgsiProblemCode>> = {
  'entity.unknown': 'entity.unknown',
  'write.type': 'write.refused',
  'write.attribute': 'write.refused',
  'write.tie': 'write.refused',
  'write.name': 'request.wrong',
};

/** What is somebody else's is answered like what never was. */
export function problemOfDenial({ code, detail }: Denied, id: string): NgsiProblem {
  return ngsiProblem(PROBLEMS[code], code === 'entity.unknown' ? unknownEntity(id) : detail);
}

function refuse(verdict: Denied, id: string, response: Response): void {
  const problem = problemOfDenial(verdict, id);
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

async function stored({ broker }: WriteParts, id: string, correlation: string): Promise<Fields | undefined> {
  const { status, body } = await broker.ask({
    ...{ method: 'GET', path: `${ENTITIES}/${encodeURIComponent(id)}`, correlation },
  });
  return status === 200 && isFields(body) ? body : undefined;
}

/** Without its @context, which has been looked at. */
export function toEntity(body: unknown): Fields | undefined {
  if (!isFields(body)) return undefined;
  const { '@context': _context, ...entity } = body;
  return entity;
}

export function split({ id: _id, type, ...attributes }: Fields): {
  readonly type: unknown;
  readonly attributes: Fields;
} {
  return { type, attributes };
}

function pick(entity: Fields | undefined, names: readonly string[]): Fields {
  return Object.fromEntries(
    names.flatMap((name) => (entity !== undefined && Object.hasOwn(entity, name) ? [[name, entity[name]]] : [])),
  );
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
