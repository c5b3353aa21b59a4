/**
 * Batches (GS CIM 009, 5.6.7 to 5.6.10): each item is allowed or refused on its own, what is allowed goes to the broker together, and the
 * answer speaks of all of them (5.2.16). An upsert of what is not there is a creation for the broker, too: so nothing is ever written over
 * that the index has not heard of yet.
 */

import { checkWrite, type Scope, WRITABLE_TYPES, type WriteVerdict } from '@contor/policy';
import type { RequestHandler, Response } from 'express';
import { noteChange } from '../audit/intake/note.js';
import { correlationOf } from '../http/correlation.js';
import { type NgsiProblem, ngsiProblem, sendNgsiProblem } from '../http/ngsi-problem.js';
import { sendProblem } from '../http/problem.js';
import { queryOf } from '../http/query.js';
import { checkParameters } from '../upstream/allow-list.js';
import type { UpstreamAnswer } from '../upstream/upstream.js';
import { type Fields, heard, isFields, problemOfDenial, split, toEntity, type WriteParts } from './writes.js';

export const BATCHES = ['create', 'upsert', 'update', 'delete'] as const;
export type Batch = (typeof BATCHES)[number];

interface Item {
  readonly id: string;
  /** Empty for a deletion. */
  readonly entity: Fields;
}

interface BatchError {
  readonly entityId: string;
  readonly error: NgsiProblem | unknown;
}

interface Outcome {
  readonly success: Set<string>;
  readonly created: Set<string>;
  readonly errors: BatchError[];
}

const MOST_ITEMS = 1_000;
const OPERATIONS = '/ngsi-ld/v1/entityOperations';
const OPTIONS = {
  create: [],
  upsert: ['update', 'replace'],
  update: ['noOverwrite'],
  delete: [],
} as const satisfies Record<Batch, readonly string[]>;
const RULES = { allowed: new Set(['options']), limits: {} };

export function writeBatch(parts: WriteParts, batch: Batch): RequestHandler {
  return async (request, response) => {
    const checked = checkParameters(queryOf(request), RULES);
    if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
    const option = new URLSearchParams(checked.query).get('options') ?? undefined;
    if (option !== undefined && !OPTIONS[batch].some((known) => known === option))
      return sendNgsiProblem(response, 'request.wrong', `'options' is none of this batch.`);
    const body: unknown = request.body;
    if (!Array.isArray(body) || body.length === 0 || body.length > MOST_ITEMS)
      return sendNgsiProblem(response, 'request.wrong', `A batch is a list of 1 to ${MOST_ITEMS}.`);
    const { scope } = parts.subjectOf(request);
    if (scope.kind !== 'everything' && !parts.scopes.isTrue) return sendProblem(response, 'scope.unknown');
    const outcome: Outcome = { success: new Set(), created: new Set(), errors: [] };
    const items = readItems(body, batch, outcome);
    noteChange(request, { targets: items.map(({ id }) => id) });
    await write(parts, { batch, option, scope, items }, outcome, correlationOf(response));
    answer(outcome, response);
  };
}

interface Work {
  readonly batch: Batch;
  readonly option: string | undefined;
  readonly scope: Scope;
  readonly items: readonly Item[];
}

async function write(parts: WriteParts, work: Work, outcome: Outcome, correlation: string): Promise<void> {
  const { batch, option, scope, items } = work;
  const types = batch === 'create' ? new Map<string, string>() : await typesOf(parts, items, correlation);
  const isReplacing = batch === 'upsert' && option !== 'update';
  const allowed: { readonly creates: Item[]; readonly changes: Item[] } = { creates: [], changes: [] };
  for (const item of items) {
    const storedType = types.get(item.id);
    const isNew =
      batch === 'create' || (batch === 'upsert' && storedType === undefined && !parts.scopes.index.has(item.id));
    const deed = batch === 'delete' ? 'delete' : isNew ? 'create' : 'change';
    const { type, attributes } = split(item.entity);
    const verdict: WriteVerdict | undefined =
      deed === 'change' && isReplacing ? replacement(scope, storedType) : undefined;
    const judged =
      verdict ??
      checkWrite(
        scope,
        parts.scopes.index,
        {
          deed,
          id: item.id,
          attributes,
          ...(type !== undefined && { type }),
          ...(storedType !== undefined && { storedType }),
        },
        parts.nowMs(),
      );
    if (judged.kind === 'deny') outcome.errors.push({ entityId: item.id, error: problemOfDenial(judged, item.id) });
    else (isNew ? allowed.creates : allowed.changes).push(item);
  }
  const send = async (operation: string, some: readonly Item[], body: unknown): Promise<void> => {
    if (some.length === 0) return;
    const sent = await parts.broker.ask({ method: 'POST', path: `${OPERATIONS}/${operation}`, body, correlation });
    gather(sent, some, outcome);
  };
  const entitiesOf = (some: readonly Item[]) => some.map(({ entity }) => entity);
  await send('create', allowed.creates, entitiesOf(allowed.creates));
  heard(parts.scopes, entitiesOf(allowed.creates.filter(({ id }) => outcome.success.has(id))));
  const query = option === undefined ? '' : `?options=${option}`;
  if (batch === 'delete')
    await send(
      'delete',
      allowed.changes,
      allowed.changes.map(({ id }) => id),
    );
  else await send(`${batch}${query}`, allowed.changes, entitiesOf(allowed.changes));
}

/** What is replaced loses what is not said again: ties, and what agents and services have written. */
function replacement(scope: Scope, storedType: string | undefined): WriteVerdict | undefined {
  const row =
    storedType !== undefined && Object.hasOwn(WRITABLE_TYPES, storedType)
      ? WRITABLE_TYPES[storedType as keyof typeof WRITABLE_TYPES]
      : undefined;
  if (scope.kind === 'everything' && (row === undefined || !('attributes' in row))) return undefined;
  const detail = 'An entity is not replaced here; say options=update.';
  return { kind: 'deny', status: 403, code: 'write.attribute', detail };
}

/** As the broker holds them now, whatever the index has heard. */
async function typesOf(
  parts: WriteParts,
  items: readonly Item[],
  correlation: string,
): Promise<ReadonlyMap<string, string>> {
  const ids = items.map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const reply = await parts.query.ask({
    ...{ ids, limit: ids.length, offset: 0, members: {}, isLocal: true, sysAttrs: false, correlation },
  });
  const found = reply.kind === 'value' ? reply.entities : [];
  return new Map(found.flatMap(({ id, type }) => (typeof type === 'string' ? [[id, type]] : [])));
}

/** One state of an entity in a batch (DESIGN section 2, law 8): which of two would be meant is not guessed. */
function readItems(body: readonly unknown[], batch: Batch, outcome: Outcome): readonly Item[] {
  const seen = new Set<string>();
  return body.flatMap((one): readonly Item[] => {
    const entity = batch === 'delete' && typeof one === 'string' ? { id: one } : toEntity(one);
    const id = entity?.id;
    const name = typeof id === 'string' ? id.slice(0, 200) : 'urn:ngsi-ld:unknown';
    const fault =
      entity === undefined || typeof id !== 'string'
        ? 'An item is an entity with an id.'
        : seen.has(id)
          ? 'An entity stands in a batch once.'
          : undefined;
    if (fault !== undefined || typeof id !== 'string') {
      outcome.errors.push({ entityId: name, error: ngsiProblem('request.wrong', fault ?? '') });
      return [];
    }
    seen.add(id);
    return [{ id, entity: batch === 'delete' ? {} : (entity ?? {}) }];
  });
}

/** 201: ids that were created; 204: all done; 207: some (5.2.16); anything else is about all of them. */
function gather({ status, body }: UpstreamAnswer, items: readonly Item[], outcome: Outcome): void {
  const ids = items.map(({ id }) => id);
  if (status === 201 || status === 204) {
    for (const id of ids) outcome.success.add(id);
    if (status === 201 && Array.isArray(body)) for (const id of body) outcome.created.add(String(id));
    return;
  }
  const { success, errors } = isFields(body) ? body : {};
  if (status === 207 && Array.isArray(errors)) {
    for (const id of Array.isArray(success) ? success : []) outcome.success.add(String(id));
    outcome.errors.push(...errors);
    return;
  }
  const error = isFields(body) ? body : ngsiProblem('request.wrong', 'The broker did not take it.');
  outcome.errors.push(...ids.map((entityId) => ({ entityId, error })));
}

function answer({ success, created, errors }: Outcome, response: Response): void {
  if (errors.length > 0) return void response.status(207).json({ success: [...success], errors });
  if (created.size === 0) return void response.status(204).end();
  response.status(201).json([...created]);
}
