/** What a page sees of a command and of the switch, and what the person who looks may do about it. docs/commands.md has the shapes. */

import type { NgsiEntity } from '@contor/orion-config';
import { COMMANDS, FRESH_FOR_MS, isCommand, may } from '@contor/policy';
import type { Caller } from './caller.js';
import type { SignedRequest } from './request-store.js';

export interface ViewFacts {
  readonly caller: Caller;
  readonly nowMs: number;
  readonly nameOf: (subject: string) => string | undefined;
  readonly withTargets: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

export function commandView(signed: SignedRequest, facts: ViewFacts): object {
  const { request, hash, entity, decisions } = signed;
  const person = (id: string) => ({ id, ...withName(facts.nameOf(id)) });
  const status = statusOf(entity);
  const targets = targetsOf(signed);
  const decision = decisions.find(({ kind, by }) => isDecisive(kind, by, entity, status));
  return {
    ...{ id: request.id, command: request.command, parameters: request.parameters ?? {}, reason: request.reason ?? '' },
    ...{ status, statusText: textIn(entity, 'resultText') ?? 'Waits for the command service.' },
    ...{ requestedBy: person(request.by), requestedAt: iso(request.atMs) },
    ...(decision === undefined ? {} : { decidedBy: person(decision.by), decidedAt: iso(decision.atMs) }),
    ...withText('finishedAt', textIn(entity, 'finishedAt')),
    ...{ requestHash: hash, needsApproval: needsApproval(signed), needsSecondFactor: needsSecondFactor(signed) },
    ...{ count: request.targets.length, counts: countsOf(targets) },
    ...(facts.withTargets ? { targets } : {}),
    may: mayOf(signed, facts),
  };
}

export function statusOf(entity: NgsiEntity): string {
  return textIn(entity, 'status') ?? 'requested';
}

export function needsApproval({ request }: SignedRequest): boolean {
  return !isCommand(request.command) || COMMANDS[request.command].isRestricted;
}

/** Until the command service has said that all are simulators, they are not. */
export function needsSecondFactor(signed: SignedRequest): boolean {
  return needsApproval(signed) && valueIn(signed.entity, 'needsSecondFactor') !== false;
}

/** What stands in the way of an approval by this person. */
export function approvalFault(signed: SignedRequest, { subject, methods }: Caller): string | undefined {
  if (signed.request.by === subject.id) return 'commands.same-person';
  return needsSecondFactor(signed) && !methods.includes('otp') ? 'second-factor.missing' : undefined;
}

function mayOf(signed: SignedRequest, { caller, nowMs }: ViewFacts): object {
  const { subject } = caller;
  const status = statusOf(signed.entity);
  const isOpen = status === 'requested' && needsApproval(signed);
  const isApprover = may(subject, 'supply.approve');
  const isOwn = signed.request.by === subject.id;
  const fault = approvalFault(signed, caller) ?? (isFresh(caller, nowMs) ? undefined : 'sign-in.stale');
  return {
    approve: isOpen && isApprover && fault === undefined,
    reject: isApprover && !isOwn && (isOpen || status === 'waiting'),
    withdraw: isOwn && (isOpen || status === 'waiting'),
    ...(isOpen && isApprover && fault !== undefined ? { because: fault } : {}),
  };
}

/** The one that had its effect: an approval that lacked something is no decision. */
function isDecisive(kind: string, by: string, entity: NgsiEntity, status: string): boolean {
  if (kind === 'rejection') return status === 'rejected' || status === 'withdrawn';
  if (kind === 'withdrawal') return status === 'withdrawn';
  return textIn(entity, 'approvedBy') === by;
}

/** As the service shows them; before it has, as they were asked for. */
function targetsOf({ request, entity }: SignedRequest): readonly Fields[] {
  const shown = valueIn(entity, 'targets');
  const byDevice = new Map(
    (Array.isArray(shown) ? shown : []).filter(isFields).map((target) => [target.device, target]),
  );
  const fallback = { status: statusOf(entity), text: '' };
  return request.targets.map((device) => byDevice.get(device) ?? { device, ...fallback });
}

function countsOf(targets: readonly Fields[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of targets) if (typeof status === 'string') counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

export function controlView(entity: NgsiEntity | undefined, { caller, nameOf }: ViewFacts): object {
  const { subject } = caller;
  const result = entity && valueIn(entity, 'result');
  const { stopped, frozen, voices, caps } = isFields(result) ? result : ({} as Fields);
  const { resume, unfreeze } = isFields(voices) ? voices : ({} as Fields);
  const named = (voice: unknown) =>
    isFields(voice) && typeof voice.by === 'string'
      ? { ...voice, by: { id: voice.by, ...withName(nameOf(voice.by)) } }
      : voice;
  const list = (said: unknown) => (Array.isArray(said) ? said.map(named) : []);
  const state = (entity && textIn(entity, 'status')) ?? 'running';
  const { personsUsed, ...shownCaps } = isFields(caps) ? caps : ({} as Fields);
  const used = isFields(personsUsed) ? personsUsed[subject.id] : undefined;
  return {
    state,
    ...(stopped === undefined ? {} : { stopped: named(stopped) }),
    ...(frozen === undefined ? {} : { frozen }),
    voices: { resume: list(resume), unfreeze: list(unfreeze) },
    voicesNeeded: 2,
    ...(caps === undefined ? {} : { caps: { ...shownCaps, personUsed: used ?? 0 } }),
    may: {
      stop: may(subject, 'supply.stop') && state !== 'stopped',
      resume: may(subject, 'supply.resume') && stopped !== undefined,
      unfreeze: may(subject, 'supply.resume') && frozen !== undefined,
    },
  };
}

export function isFresh({ authenticatedAtMs }: Caller, nowMs: number): boolean {
  return nowMs - authenticatedAtMs <= FRESH_FOR_MS;
}

function withName(name: string | undefined): { readonly name?: string } {
  return name === undefined ? {} : { name };
}

function withText(name: string, text: string | undefined): Fields {
  return text === undefined ? {} : { [name]: text };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function textIn(entity: NgsiEntity, name: string): string | undefined {
  const value = valueIn(entity, name);
  return typeof value === 'string' ? value : undefined;
}

function valueIn(entity: NgsiEntity, name: string): unknown {
  const attribute: unknown = entity[name as keyof NgsiEntity];
  return isFields(attribute) ? attribute.value : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
