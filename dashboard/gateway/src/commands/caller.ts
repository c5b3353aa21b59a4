/** Who asks, as far as commands are concerned: what they may, and when and how they last showed who they are. */

import type { Subject } from '@contor/policy';
import type { Request, Response } from 'express';
import type { AuditEntry } from '../audit/entry.js';
import { addressOf } from '../http/address.js';
import { correlationOf } from '../http/correlation.js';
import { visitorOf } from '../visitor.js';

export interface Caller {
  readonly subject: Subject;
  readonly authenticatedAtMs: number;
  /** RFC 8176: `pwd`, `otp`. */
  readonly methods: readonly string[];
}

/** A partner has shown a key and nothing else. */
const NOTHING_SHOWN = { authenticatedAtMs: 0, methods: [] };

export function callerOf(request: Request): Caller {
  const { subject, session } = visitorOf(request);
  return { subject, ...(session?.authentication ?? NOTHING_SHOWN) };
}

export function originOf(request: Request, response: Response): Pick<AuditEntry, 'address' | 'correlation'> {
  return { address: addressOf(request), correlation: correlationOf(response) };
}
