/**
 * A change and its trace: on disk in the audit trail before anything is done, and again with what came of it. When the trail
 * cannot be written, nothing is done.
 */

import { FUNCTIONS, type FunctionName } from '@contor/policy';
import type { Request, Response } from 'express';
import type { Audit, AuditEntry, AuditLog } from '../audit/entry.js';
import { addressOf } from '../http/address.js';
import { correlationOf } from '../http/correlation.js';
import type { ProblemCode } from '../http/problem.js';
import { visitorOf } from '../visitor.js';

export interface Deed {
  readonly log: AuditLog;
  readonly operation: FunctionName | 'session.end';
  readonly page?: string;
  readonly targets: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  /** Whose personal data the values are. */
  readonly subject?: string;
}

/** What came of it: a refusal's code is one of the table of problems. */
export type Result = { readonly kind: 'done' } | RefusedDeed;

export interface RefusedDeed {
  readonly kind: 'refused';
  readonly code: ProblemCode;
  readonly detail?: string;
}

export async function doAudited<R extends Result>(
  audit: Audit,
  request: Request,
  response: Response,
  deed: Deed,
  act: () => Promise<R>,
): Promise<R | RefusedDeed> {
  const entry = entryOf(request, response, deed);
  const of = await audit.record({ ...entry, outcome: 'begun' }).catch(() => undefined);
  if (of === undefined) return { kind: 'refused', code: 'audit.full' };
  try {
    const result = await act();
    const outcome = result.kind === 'done' ? { outcome: result.kind } : { outcome: result.kind, reason: result.code };
    await audit.record({ ...entry, of, ...outcome });
    return result;
  } catch (error) {
    await audit.record({ ...entry, of, outcome: 'failed' });
    throw error;
  }
}

function entryOf(
  request: Request,
  response: Response,
  { operation, page, ...deed }: Deed,
): Omit<AuditEntry, 'outcome'> {
  const { subject } = visitorOf(request);
  return {
    ...deed,
    operation,
    page: page ?? (operation === 'session.end' ? 'people' : FUNCTIONS[operation].page),
    actor: { id: subject.id, kind: subject.kind, name: subject.username },
    address: addressOf(request),
    correlation: correlationOf(response),
  };
}
