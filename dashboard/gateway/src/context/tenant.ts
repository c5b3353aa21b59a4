/**
 * Tenant headers from outside (T2): the tenant is that of whoever asks and nothing else, so a header may repeat it and may not say
 * another one. A header that is no name, or that stands twice, is not guessed at.
 */

import type { Subject } from '@contor/policy';
import type { Request, RequestHandler } from 'express';
import { type ProblemCode, sendProblem } from '../http/problem.js';

const HEADERS: ReadonlySet<string> = new Set(['ngsild-tenant', 'fiware-service']);
const SERVICE_PATH = 'fiware-servicepath';
const NAME = /^[a-z0-9_]{1,50}$/;

export function checkTenant(subjectOf: (request: Request) => Subject): RequestHandler {
  return (request, response, next) => {
    const fault = tenantFault(request.rawHeaders, subjectOf(request).tenant);
    if (fault === undefined) return next();
    sendProblem(response, fault);
  };
}

/** `rawHeaders` of Node: name, value, name, value …, as they came. */
export function tenantFault(rawHeaders: readonly string[], tenant: string): ProblemCode | undefined {
  const seen = new Set<string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    const value = rawHeaders[at + 1] ?? '';
    // Everything of a tenant lies below the root; parts of it are told apart by scope.
    if (name === SERVICE_PATH && value !== '/') return 'tenant.malformed';
    if (!HEADERS.has(name)) continue;
    if (seen.has(name) || !NAME.test(value)) return 'tenant.malformed';
    seen.add(name);
    if (value !== tenant) return 'tenant.foreign';
  }
  return undefined;
}
