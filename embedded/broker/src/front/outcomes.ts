/** What several holders made of one write, as one answer (GS CIM 009 V1.9.1, 5.2.16 to 5.2.19, 6.3.17). */

import type { Context } from '../context/compile.js';
import { isList, isObject, type Json } from '../json.js';
import { Problem } from '../problem.js';
import type { Registration } from '../registration/model.js';
import type { Reply } from '../registration/sources.js';
import { type Answer, jsonAnswer } from './call.js';

export interface Outcome {
  /** undefined: the broker itself. */
  readonly registrationId: string | undefined;
  /** Expanded names it was asked for; undefined: the whole entity. */
  readonly names: ReadonlySet<string> | undefined;
  readonly problem?: Problem;
  /** Reason by name, expanded where a source said it, as it stands in the answer where the broker did. */
  readonly notUpdated?: ReadonlyMap<string, string>;
}

export function outcomeOf(
  reply: Reply,
  { id: registrationId }: Registration,
  names: ReadonlySet<string> | undefined,
): Outcome {
  if (reply.kind === 'failed') return { registrationId, names, problem: reply.problem };
  if (reply.status !== 207) return { registrationId, names };
  const notUpdated = readNotUpdated(reply.json, reply.context);
  if (notUpdated !== undefined) return { registrationId, names, notUpdated };
  const detail = `the source of registration ${registrationId} answered 207 and does not say what it left undone`;
  return { registrationId, names, problem: new Problem('badGateway', detail) };
}

/** 5.2.18. */
function readNotUpdated(json: Json | undefined, context: Context): ReadonlyMap<string, string> | undefined {
  if (!isObject(json) || !isList(json.notUpdated)) return undefined;
  const reasons = new Map<string, string>();
  for (const item of json.notUpdated) {
    if (!isObject(item) || typeof item.attributeName !== 'string') return undefined;
    const reason = typeof item.reason === 'string' ? item.reason.replace(/\p{Cc}/gu, ' ').slice(0, 200) : 'not said';
    reasons.set(context.expand(item.attributeName), reason);
  }
  return reasons;
}

interface About {
  readonly id: string;
  readonly names: ReadonlyMap<string, string> | undefined;
  readonly context: Context;
}

/** `whole` when all of it was done, the problem when nothing was, else 207 with what was and what was not. */
export function asUpdateAnswer(all: readonly Outcome[], whole: Answer, about: About): Answer {
  const outcomes = all.filter((outcome) => !isElsewhere(outcome, all));
  const problems = outcomes.flatMap(({ problem }) => problem ?? []);
  const isWhole = problems.length === 0 && outcomes.every(({ notUpdated }) => (notUpdated?.size ?? 0) === 0);
  if (isWhole) return whole;
  const [first] = problems;
  if (first !== undefined && problems.length === outcomes.length) throw first;
  return jsonAnswer(207, about.names === undefined ? batchResult(outcomes, about.id) : updateResult(outcomes, about));
}

/**
 * An entity that lies partly or wholly elsewhere: that one holder does not know it is no fault when another one that was
 * asked for the same has done it.
 */
function isElsewhere({ problem, names }: Outcome, all: readonly Outcome[]): boolean {
  if (problem?.code !== 'resourceNotFound') return false;
  return all.some(
    (other) =>
      other.problem === undefined &&
      (other.names === undefined || (names !== undefined && [...names].every((name) => other.names?.has(name)))),
  );
}

function updateResult(outcomes: readonly Outcome[], { names, context }: About): object {
  const updated = new Set<string>();
  const notUpdated: { attributeName: string; reason: string; registrationId?: string }[] = [];
  for (const { names: asked, problem, notUpdated: left, registrationId } of outcomes) {
    for (const name of asked ?? names?.keys() ?? []) {
      const attributeName = context.compact(name);
      const reason = problem?.message ?? left?.get(name) ?? left?.get(attributeName);
      if (reason === undefined) updated.add(attributeName);
      else notUpdated.push({ attributeName, reason, ...(registrationId !== undefined && { registrationId }) });
    }
  }
  return { updated: [...updated], notUpdated };
}

function batchResult(outcomes: readonly Outcome[], id: string): object {
  const errors = outcomes.flatMap(({ problem, registrationId }) =>
    problem === undefined
      ? []
      : [{ entityId: id, error: problem.details(), ...(registrationId !== undefined && { registrationId }) }],
  );
  return { success: [id], errors };
}
