/**
 * The routes of commands: what was asked for, what was decided, the switch. Everything is signed here with who said it and how they had shown
 * who they are; whether it has an effect is for the command service to say. Each is in the audit trail before it is done.
 */

import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@contor/kit';
import { type NgsiEntity, urn } from '@contor/orion-config';
import {
  COMMANDS,
  type ControlStatement,
  type DecisionStatement,
  functionsFor,
  may,
  type RequestStatement,
} from '@contor/policy';
import express, { type Request, type RequestHandler, type Response } from 'express';
import type { Audit, AuditEntry } from '../audit/entry.js';
import { sendProblem } from '../http/problem.js';
import type { KnownScopes } from '../scope/feed.js';
import { type Read, readDecision, readWanted, readWhy, type WantedCommand } from './bodies.js';
import { type Caller, callerOf, originOf } from './caller.js';
import type { RequestStore, SignedRequest } from './request-store.js';
import { approvalFault, commandView, controlView, isFresh, statusOf, type ViewFacts } from './view.js';

export interface CommandParts {
  readonly store: RequestStore;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tenant: string;
  /** Whose scope is limited is answered only while the ties of the context are known. */
  readonly scopes: KnownScopes;
  readonly nameOf: (subject: string) => string | undefined;
}

/** Ten thousand identifiers of some sixty characters. */
const BODY_LIMIT = '1mb';
const MOST_LISTED = 200;
const DEFAULT_LISTED = 50;
/** Requests of one person that nobody has decided: more is a flood. */
const MOST_WAITING = 50;
const REQUEST_ID = /^urn:ngsi-ld:CommandRequest:[A-Za-z0-9-]{1,64}$/;
const STATUS = /^[a-z]{1,20}$/;
const SHOWN_WITHIN_MS = 1_500;
const SHOWN_EVERY_MS = 75;

export type CommandRoutes = Readonly<
  Record<
    'list' | 'get' | 'create' | 'approve' | 'reject' | 'withdraw' | 'control' | 'stop' | 'resume' | 'unfreeze',
    readonly RequestHandler[]
  >
>;

export function commandRoutes(parts: CommandParts): CommandRoutes {
  const parse = express.json({ limit: BODY_LIMIT });
  const guarded = (handle: RequestHandler): RequestHandler[] => [parse, unlessAway(parts, handle)];
  return {
    list: [unlessAway(parts, list(parts))],
    get: [unlessAway(parts, get(parts))],
    create: guarded(create(parts)),
    approve: guarded(decide(parts, 'approval')),
    reject: guarded(decide(parts, 'rejection')),
    withdraw: guarded(decide(parts, 'withdrawal')),
    control: [unlessAway(parts, showControl(parts))],
    stop: guarded(say(parts, 'stop')),
    resume: guarded(say(parts, 'resume')),
    unfreeze: guarded(say(parts, 'unfreeze')),
  };
}

/** What the broker does not do is told as such; the trail knows that it was begun. */
function unlessAway({ log, scopes }: CommandParts, handle: RequestHandler): RequestHandler {
  return async (request, response, next) => {
    const isLimited = callerOf(request).subject.scope.kind !== 'everything';
    if (isLimited && !scopes.isTrue) return sendProblem(response, 'scope.unknown');
    try {
      await handle(request, response, next);
    } catch (error) {
      log.warn({ error }, 'A command could not be passed on.');
      if (!response.headersSent) sendProblem(response, 'broker.unreachable');
    }
  };
}

function list(parts: CommandParts): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const query = new URL(request.url, 'http://gateway').searchParams;
    const status = query.get('status') ?? undefined;
    const before = query.get('before') ?? undefined;
    const limit = Number(query.get('limit') ?? DEFAULT_LISTED);
    const isWellFormed =
      (status === undefined || STATUS.test(status)) &&
      (before === undefined || !Number.isNaN(Date.parse(before))) &&
      Number.isInteger(limit) &&
      limit >= 1 &&
      limit <= MOST_LISTED;
    if (!isWellFormed) return sendProblem(response, 'query.refused');
    const wish = { status, limit, before: before === undefined ? undefined : new Date(before).toISOString() };
    const found = await parts.store.list(wish);
    const shown = found.filter((one) => isInScope(parts, caller, one));
    const last = found.at(-1);
    response.json({
      commands: shown.map((one) => commandView(one, viewFacts(parts, caller, false))),
      ...(found.length === limit && last !== undefined ? { next: new Date(last.request.atMs).toISOString() } : {}),
    });
  };
}

function get(parts: CommandParts): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const signed = await find(parts, caller, request.params.commandId);
    if (signed === undefined) return sendProblem(response, 'commands.unknown');
    response.json(commandView(signed, viewFacts(parts, caller, true)));
  };
}

function create(parts: CommandParts): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const read = readWanted(request.body);
    if (read.kind === 'fault') return sendProblem(response, 'commands.malformed', read.detail);
    const wanted = read.value;
    if (!functionsFor(wanted.command, wanted.parameters).every((name) => may(caller.subject, name)))
      return sendProblem(response, 'function.missing');
    const isSeen = wanted.targets.every((id) => isVisible(parts, caller, id));
    const known = isSeen ? await parts.store.known(wanted.targets) : new Set();
    if (known.size !== wanted.targets.length) return sendProblem(response, 'commands.target-unknown');
    if (COMMANDS[wanted.command].isRestricted && (await hasTooMany(parts, caller)))
      return sendProblem(response, 'commands.too-many');
    const statement = requestOf(parts, caller, wanted);
    const entry = entryOf(request, response, {
      ...{ operation: `command.${wanted.command}`, targets: [statement.id, ...wanted.targets] },
      after: { parameters: wanted.parameters, reason: wanted.reason, count: wanted.targets.length },
    });
    const made = await audited(parts, entry, () => parts.store.create(statement));
    const signed = await shown(parts, made, () => find(parts, caller, statement.id), hasBeenSeen);
    response.status(201).location(`/api/commands/${encodeURIComponent(statement.id)}`);
    response.json(commandView(signed, viewFacts(parts, caller, true)));
  };
}

async function hasTooMany({ store }: CommandParts, { subject }: Caller): Promise<boolean> {
  const waiting = await store.list({ status: 'requested', before: undefined, limit: MOST_LISTED });
  return waiting.filter(({ request }) => request.by === subject.id).length >= MOST_WAITING;
}

function requestOf({ tenant, clock }: CommandParts, { subject }: Caller, wanted: WantedCommand): RequestStatement {
  const { command, targets, parameters, reason } = wanted;
  const id = urn('CommandRequest', randomUUID());
  return { kind: 'request', id, tenant, command, parameters, targets, by: subject.id, reason, atMs: clock.nowMs() };
}

function decide(parts: CommandParts, kind: DecisionStatement['kind']): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const signed = await find(parts, caller, request.params.commandId);
    if (signed === undefined) return sendProblem(response, 'commands.unknown');
    const isWithdrawal = kind === 'withdrawal';
    const read: Read<{ requestHash: string; reason: string }> = isWithdrawal
      ? { kind: 'value', value: { requestHash: signed.hash, reason: '' } }
      : readDecision(request.body);
    if (read.kind === 'fault') return sendProblem(response, 'commands.malformed', read.detail);
    const { requestHash, reason } = read.value;
    if (requestHash !== signed.hash) return sendProblem(response, 'commands.other-request');
    const isOwn = signed.request.by === caller.subject.id;
    if (isOwn !== isWithdrawal) return sendProblem(response, 'commands.same-person');
    const status = statusOf(signed.entity);
    const isOpen = status === 'requested' || (kind !== 'approval' && (status === 'approved' || status === 'waiting'));
    if (!isOpen) return sendProblem(response, 'commands.decided');
    if (kind === 'approval') {
      if (!isFresh(caller, parts.clock.nowMs())) return sendProblem(response, 'sign-in.stale');
      if (approvalFault(signed, caller) === 'second-factor.missing')
        return sendProblem(response, 'second-factor.missing');
    }
    const { authenticatedAtMs, methods, subject } = caller;
    const decision: DecisionStatement = {
      ...{ kind, id: signed.request.id, tenant: parts.tenant, requestHash, by: subject.id },
      ...{ atMs: parts.clock.nowMs(), authenticatedAtMs, methods },
    };
    const entry = entryOf(request, response, {
      ...{ operation: `command.${kind}`, targets: [signed.request.id, ...signed.request.targets] },
      after: { requestHash, reason, methods, count: signed.request.targets.length },
    });
    await audited(parts, entry, () => parts.store.decide(decision));
    const isTaken = (one: SignedRequest) => statusOf(one.entity) !== status || textOf(one) !== textOf(signed);
    const after = await shown(parts, signed, () => find(parts, caller, signed.request.id), isTaken);
    response.json(commandView(after, viewFacts(parts, caller, true)));
  };
}

function showControl(parts: CommandParts): RequestHandler {
  return async (request, response) => {
    const facts = viewFacts(parts, callerOf(request), false);
    response.json(controlView(await parts.store.control(), facts));
  };
}

function say(parts: CommandParts, kind: ControlStatement['kind']): RequestHandler {
  return async (request, response) => {
    const caller = callerOf(request);
    const read = readWhy(request.body);
    if (read.kind === 'fault') return sendProblem(response, 'commands.malformed', read.detail);
    const nowMs = parts.clock.nowMs();
    // Stopping is for whoever sees that something is wrong; letting it go on is not.
    if (kind !== 'stop' && !isFresh(caller, nowMs)) return sendProblem(response, 'sign-in.stale');
    const { authenticatedAtMs, methods, subject } = caller;
    const { reason } = read.value;
    const statement: ControlStatement = {
      ...{ kind, tenant: parts.tenant, by: subject.id, reason, atMs: nowMs },
      ...{ authenticatedAtMs, methods },
    };
    const entry = entryOf(request, response, { operation: `command.${kind}`, after: { reason, methods } });
    const before = JSON.stringify((await parts.store.control())?.result);
    await audited(parts, entry, () => parts.store.say(statement));
    const isHeard = (control: NgsiEntity | undefined) => JSON.stringify(control?.result) !== before;
    const control = await shown(parts, undefined, () => parts.store.control(), isHeard);
    response.json(controlView(control, viewFacts(parts, caller, false)));
  };
}

/** One with a meter outside one's own scope does not exist; one's own does. */
async function find(parts: CommandParts, caller: Caller, commandId: unknown): Promise<SignedRequest | undefined> {
  if (typeof commandId !== 'string' || !REQUEST_ID.test(commandId)) return undefined;
  const signed = await parts.store.get(commandId);
  return signed !== undefined && isInScope(parts, caller, signed) ? signed : undefined;
}

function isInScope(parts: CommandParts, caller: Caller, { request }: SignedRequest): boolean {
  return request.by === caller.subject.id || request.targets.every((id) => isVisible(parts, caller, id));
}

function isVisible({ scopes, clock }: CommandParts, { subject: { scope } }: Caller, id: string): boolean {
  return scope.kind === 'everything' || scopes.index.isVisible(scope, id, clock.nowMs());
}

/** The command service is a moment behind: what is answered shows what it made of it, when that takes no longer than a page waits. */
async function shown<T>(
  { clock }: CommandParts,
  before: T,
  read: () => Promise<T | undefined>,
  isShown: (now: T) => boolean,
): Promise<T> {
  let now = before;
  for (let waitedMs = 0; waitedMs < SHOWN_WITHIN_MS; waitedMs += SHOWN_EVERY_MS) {
    now = (await read()) ?? before;
    if (isShown(now)) return now;
    await clock.sleep(SHOWN_EVERY_MS);
  }
  return now;
}

function hasBeenSeen({ entity }: SignedRequest): boolean {
  return entity.status !== undefined;
}

function textOf({ entity }: SignedRequest): string {
  return JSON.stringify(entity.resultText ?? '');
}

function viewFacts({ clock, nameOf }: CommandParts, caller: Caller, withTargets: boolean): ViewFacts {
  return { caller, nameOf, withTargets, nowMs: clock.nowMs() };
}

type Doing = Pick<AuditEntry, 'operation' | 'targets' | 'after'>;

function entryOf(request: Request, response: Response, doing: Doing): Omit<AuditEntry, 'outcome'> {
  const { subject } = callerOf(request);
  const actor = { id: subject.id, kind: 'person', name: subject.username } as const;
  return { log: 'communication', actor, page: 'commands', ...originOf(request, response), ...doing };
}

/** In the trail before it is done: without a place there, it is not done. */
async function audited<T>(
  { audit }: CommandParts,
  entry: Omit<AuditEntry, 'outcome'>,
  work: () => Promise<T>,
): Promise<T> {
  const of = await audit.record({ ...entry, outcome: 'begun' });
  const { after: _after, ...outcome } = entry;
  try {
    const result = await work();
    await audit.record({ ...outcome, of, outcome: 'done' });
    return result;
  } catch (error) {
    await audit.record({ ...outcome, of, outcome: 'failed', reason: 'broker.unreachable' });
    throw error;
  }
}
