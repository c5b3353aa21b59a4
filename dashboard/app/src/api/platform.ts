/** What the pages need from the platform. They see this and nothing behind it, so that a test or another client can stand there. */
import type { AttributeName, EntityType } from '@contor/orion-config';
import type { Fault } from '../logic/fault.js';
import type { HistoryTable } from '../logic/history-table.js';
import type { Entity } from '../logic/ngsi.js';

interface HistoryRequest {
  readonly entityId: string;
  readonly type: EntityType;
  readonly attributes: readonly AttributeName[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly signal: AbortSignal;
}

export interface Platform {
  /** All of a type, or those that a query of NGSI-LD's language names (GS CIM 009, 4.9). */
  entities(type: EntityType, signal: AbortSignal, q?: string): Promise<readonly Entity[]>;
  history(request: HistoryRequest): Promise<HistoryTable>;
}

/** A failed call: the fault is what pages show. */
export class PlatformError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, cause?: unknown) {
    super(fault.detail ?? fault.code, { cause });
    this.name = 'PlatformError';
    this.fault = fault;
  }
}
