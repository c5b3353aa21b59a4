/**
 * Records what the routes do, by the table of routes alone: a change is on disk before its handler begins, and its outcome before the answer leaves;
 * reads of load profiles and refusals are batched. Handlers add what only they know by `noteChange`.
 */

import type { Clock, Logger, Timer } from '@contor/kit';
import { findRoute, type RouteRow } from '@contor/policy';
import type { Request, RequestHandler, Response } from 'express';
import { addressGroup, addressOf } from '../../http/address.js';
import { correlationOf } from '../../http/correlation.js';
import { problemOf, sendProblem } from '../../http/problem.js';
import { queryOf } from '../../http/query.js';
import type { SignedInPerson, SignInWitness } from '../../oidc/routes.js';
import { askerOf, type Visitor } from '../../visitor.js';
import type { Audit, AuditActor, AuditEntry } from '../entry.js';
import { noteOf } from './note.js';
import { isRecordedByHandler, kindOf, type Operation, operationOf } from './operations.js';
import { subjectOfEntity } from './personal.js';
import { Reads } from './reads.js';
import { Refusals } from './refusals.js';

export interface RecorderParts {
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Recorder extends SignInWitness {
  /** For handlers that record what they do: so the recorder knows that they did. */
  readonly audit: Audit;
  /** What stands between the guard of a row and its handlers. */
  handlersFor(row: RouteRow): readonly RequestHandler[];
  /** Stands in front of everything and sees what was refused. */
  readonly watchRefusals: RequestHandler;
  /** Tells what was counted. */
  close(): Promise<void>;
}

/** What has been recorded of a request so far. */
interface Flight {
  hasBegun: boolean;
  hasOutcome: boolean;
}

type Facts = Omit<AuditEntry, 'outcome' | 'count' | 'sinceMs' | 'targets'>;

/** Sums are looked at so often; a first read waits about as long to be joined by others. */
const LOOK_EVERY_MS = 1_000;
/** Not our trouble and not theirs: somebody may not. */
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 421, 429]);
const NOBODY: AuditActor = { id: '', kind: 'unknown' };
const SIGN_IN = { log: 'application', page: 'sign-in', operation: 'sign-in' } as const;
const OTHERS: Facts = { log: 'application', actor: NOBODY, page: '', operation: 'refusal', reason: 'many' };

export function createRecorder(parts: RecorderParts): Recorder {
  const { audit, clock, log } = parts;
  const reads = new Reads<Facts>();
  // Two accounts, so that a flood from outside does not hide what somebody inside tries.
  const refusals = { inside: new Refusals<Facts>(OTHERS), outside: new Refusals<Facts>(OTHERS) };
  const underway = new Set<Promise<void>>();
  /** Changes that are being made, by correlation. */
  const flights = new Map<string, Flight>();
  let timer: Timer | undefined;

  /** Nobody waits for these; close does. */
  function tell(entry: AuditEntry): void {
    const told: Promise<void> = audit
      .record(entry)
      .then(() => undefined)
      .catch((error: unknown) => log.error({ error, operation: entry.operation }, 'Something could not be recorded.'))
      .finally(() => underway.delete(told));
    underway.add(told);
  }

  function look(): void {
    timer = undefined;
    const nowMs = clock.monotonicMs();
    const toWall = clock.nowMs() - nowMs;
    for (const batch of reads.due(nowMs)) tellBatch(batch, toWall);
    for (const account of [refusals.inside, refusals.outside])
      for (const sum of account.due(nowMs)) tellSum(sum, toWall);
    if (!reads.isEmpty || !refusals.inside.isEmpty || !refusals.outside.isEmpty) watch();
  }

  function watch(): void {
    timer ??= clock.after(LOOK_EVERY_MS, look);
  }

  function tellBatch({ facts, targets, count, sinceMs }: ReturnType<typeof reads.due>[number], toWall: number): void {
    tell({ ...facts, targets, outcome: 'done', ...(count > 1 && { count, sinceMs: Math.trunc(sinceMs + toWall) }) });
  }

  function tellSum({ facts, count, sinceMs }: ReturnType<Refusals<Facts>['due']>[number], toWall: number): void {
    tell({
      ...facts,
      outcome: 'refused',
      count,
      ...(sinceMs !== undefined && { sinceMs: Math.trunc(sinceMs + toWall) }),
    });
  }

  function changeRecorder(row: RouteRow): RequestHandler {
    const operation = operationOf(row);
    const isOwn = !isRecordedByHandler(row);
    return async (request, response, next) => {
      const about = { ...aboutOf(request, operation), actor: actorOf(request), ...whereOf(request, response) };
      const flight: Flight = { hasBegun: false, hasOutcome: false };
      flights.set(about.correlation, flight);
      response.once('close', () => flights.delete(about.correlation));
      let of: number | undefined;
      try {
        if (isOwn) of = await watched.record({ ...about, outcome: 'begun' });
      } catch (error) {
        log.error({ error, operation: about.operation }, 'A change was refused, because it cannot be recorded.');
        return sendProblem(response, 'audit.full');
      }
      beforeEnd(response, async () => {
        if (flight.hasOutcome || (!flight.hasBegun && response.statusCode >= 400)) return;
        const entry = { ...about, ...valuesOf(request, operation), ...outcomeOf(response) };
        await watched.record({ ...entry, ...(of !== undefined && { of }) }).catch((error: unknown) => {
          // It is done and the beginning is on disk: not to answer would only hide that.
          log.error({ error, of, operation: about.operation }, 'The outcome of a change could not be recorded.');
        });
        if (!isOwn)
          log.warn({ operation: about.operation }, 'A handler did not record what it did; its route was recorded.');
      });
      next();
    };
  }

  const watched: Audit = {
    record(entry) {
      const flight = entry.correlation === undefined ? undefined : flights.get(entry.correlation);
      if (flight !== undefined) flight.hasBegun = true;
      if (flight !== undefined && entry.outcome !== 'begun') flight.hasOutcome = true;
      return audit.record(entry);
    },
  };

  function readRecorder(row: RouteRow): RequestHandler {
    const { page } = operationOf(row);
    return (request, response, next) => {
      response.once('finish', () => {
        if (response.statusCode !== 200) return;
        const actor = actorOf(request);
        const facts: Facts = {
          ...{ log: 'application', actor, page, operation: 'history.read', ...whereOf(request, response) },
          after: questionOf(request),
        };
        reads.note(actor.id, facts, readTargets(request), clock.monotonicMs());
        watch();
      });
      next();
    };
  }

  function noteRefusal(request: Request, response: Response): void {
    const code = problemOf(response);
    if (code === undefined || !REFUSALS.has(response.statusCode)) return;
    if (flights.get(correlationOf(response))?.hasBegun) return; // Its outcome says so.
    // Somebody who is not signed in asks for their session each time they open the page.
    if (code === 'signed-out' && request.method === 'GET') return;
    const row = findRoute(request.method, request.path);
    const actor = actorOf(request);
    const facts: Facts = {
      ...{ log: 'application', actor, page: row === undefined ? '' : operationOf(row).page },
      ...{ operation: 'refusal', reason: code, ...whereOf(request, response) },
      after: { method: request.method, path: row?.path ?? request.path.slice(0, 100) },
    };
    count(request, facts, `${row?.method} ${row?.path} ${code}`);
  }

  function count(request: Request, facts: Facts, kind: string): void {
    const { id } = facts.actor;
    const account = id === '' ? refusals.outside : refusals.inside;
    const who = id === '' ? addressGroup(addressOf(request)) : id;
    const first = account.note(`${who} ${kind}`, facts, clock.monotonicMs());
    if (first !== undefined) tell({ ...first.facts, outcome: 'refused' });
    watch();
  }

  return {
    audit: watched,
    handlersFor(row) {
      const kind = kindOf(row);
      if (kind === 'change') return [changeRecorder(row)];
      return kind === 'read' ? [readRecorder(row)] : [];
    },
    watchRefusals(request, response, next) {
      response.once('finish', () => noteRefusal(request, response));
      next();
    },
    async signedIn(request, response, person) {
      await audit.record({ ...SIGN_IN, actor: actorOfPerson(person), ...whereOf(request, response), outcome: 'done' });
    },
    refused(request, response, reason, person) {
      const actor = person === undefined ? NOBODY : actorOfPerson(person);
      count(request, { ...SIGN_IN, actor, ...whereOf(request, response), reason }, reason);
    },
    async close() {
      timer?.cancel();
      const toWall = clock.nowMs() - clock.monotonicMs();
      for (const batch of reads.rest()) tellBatch(batch, toWall);
      for (const account of [refusals.inside, refusals.outside]) for (const sum of account.rest()) tellSum(sum, toWall);
      await Promise.all(underway);
    },
  };
}

function aboutOf(request: Request, { log, page, operation }: Operation) {
  const targets = Object.values(request.params).filter((value): value is string => typeof value === 'string');
  return { log, page, operation, ...(targets.length > 0 && { targets }) };
}

/** What the handler noted, over what the route itself tells. */
function valuesOf(request: Request, { isBodyAfter }: Operation): Partial<AuditEntry> {
  const note = noteOf(request);
  const body: unknown = isBodyAfter && !('after' in note) ? request.body : undefined;
  const [target] = note.targets ?? Object.values(request.params);
  const subject = typeof target === 'string' ? subjectOfEntity(target) : undefined;
  return { ...(body !== undefined && { after: body }), ...(subject !== undefined && { subject }), ...note };
}

function outcomeOf(response: Response): Pick<AuditEntry, 'outcome'> & { readonly reason?: string } {
  const { statusCode } = response;
  if (statusCode < 400) return { outcome: 'done' };
  return { outcome: statusCode < 500 ? 'refused' : 'failed', reason: problemOf(response) ?? String(statusCode) };
}

/** Holds the end of the answer back until the work is done; it never rejects. */
function beforeEnd(response: Response, work: () => Promise<void>): void {
  const end = response.end.bind(response) as (...parameters: unknown[]) => Response;
  let isHeld = false;
  const held = (...parameters: unknown[]): Response => {
    if (isHeld) return response; // Answered already.
    isHeld = true;
    // From here on it is an answer, and whatever fails now must not become another one.
    if (!response.headersSent) response.writeHead(response.statusCode);
    void work().finally(() => end(...parameters));
    return response;
  };
  response.end = held as Response['end'];
}

/** Of history: an entity of the path, a list of the query, or a whole type. */
function readTargets(request: Request): readonly string[] {
  const { entityId, entityType } = request.params;
  if (typeof entityId === 'string') return [entityId];
  const query = new URLSearchParams(queryOf(request));
  const ids = query.get('id')?.split(',') ?? [];
  if (ids.length > 0) return ids;
  const type = typeof entityType === 'string' ? entityType : query.get('type');
  return [`type ${type ?? '*'}`];
}

/** Which values of which time. */
function questionOf(request: Request): Readonly<Record<string, string>> {
  const wanted = ['attrs', 'fromDate', 'toDate', 'lastN', 'aggrMethod', 'aggrPeriod'];
  const query = new URLSearchParams(queryOf(request));
  const { attrName } = request.params;
  const named = typeof attrName === 'string' ? [['attrs', attrName] as const] : [];
  return Object.fromEntries([...named, ...wanted.flatMap((name) => pair(name, query.get(name)))]);
}

function pair(name: string, value: string | null): readonly (readonly [string, string])[] {
  return value === null ? [] : [[name, value]];
}

function actorOf(request: Request): AuditActor {
  const asker = askerOf(request);
  return asker === undefined ? NOBODY : actorOfVisitor(asker);
}

export function actorOfVisitor({ subject }: Visitor): AuditActor {
  return { id: subject.id, kind: subject.kind, name: subject.username };
}

function actorOfPerson({ subject, username }: SignedInPerson): AuditActor {
  return { id: subject, kind: 'person', name: username };
}

export function whereOf(request: Request, response: Response) {
  return { address: addressOf(request), correlation: correlationOf(response) };
}
