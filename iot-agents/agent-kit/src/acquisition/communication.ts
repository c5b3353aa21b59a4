/**
 * The communication log (S0-43, S1-17): every question to a device and what came of it, as rows of history and as the newest record of
 * each device in the broker. Both in the tenant of the audit trail, which the gateway relays to nobody. Pure: report → entity.
 */

import { toIso } from '@contor/kit';
import { entity, type NgsiEntity, urn } from '@contor/orion-config';
import type { ReadTask } from './reader.js';
import type { ReadReport, Result } from './report.js';

/** A cell of a table. */
const LONGEST_TEXT = 2_000;

/** What a device did or said beside its readings: an order, a call, a refusal, a status of a concentrator. */
export interface Communication {
  /** Local name of the device's entities; of the agent where no device is known. */
  readonly name: string;
  readonly refDevice?: string | undefined;
  readonly atMs: number;
  /** `read.live`, `call`, `order`, `status` … */
  readonly operation: string;
  /** Who wanted it: a subject, or `schedule`, `recovery`, `device`. */
  readonly actor: string;
  readonly outcome: string;
  readonly request?: object | undefined;
  readonly result?: object | undefined;
  readonly correlation?: string | undefined;
}

export function communicationOf(report: ReadReport): Communication {
  const { key, device, task, priority, line, asked, result, startedMs, endedMs } = report;
  const { waitedMs, tookMs, attempts, bytesIn, bytesOut, deviceTimeMs, deviation } = report;
  const frames = result.kind === 'stored' || result.kind === 'shown' ? result.frames.length : 0;
  return {
    name: device?.name ?? key,
    refDevice: device?.refDevice,
    atMs: endedMs,
    operation: `read.${task.kind}`,
    actor: asked?.by ?? priority,
    outcome: outcomeOf(result),
    request: { ...requestOf(task), line, startedAt: toIso(startedMs) },
    result: {
      ...{ attempts, bytesIn, bytesOut, frames, waitedMs: Math.round(waitedMs), tookMs: Math.round(tookMs) },
      ...(deviceTimeMs !== undefined && { deviceTime: toIso(deviceTimeMs) }),
      ...(deviation !== undefined && { deviationMs: Math.round(deviation.deviationMs) }),
      ...(result.kind === 'failed' && { detail: result.detail }),
    },
    correlation: asked?.correlation,
  };
}

/** One entity a device, a series in history: each record is a row of its own time. */
export function toCommunicationRow(communication: Communication): NgsiEntity {
  const { name, refDevice, atMs, operation, actor, outcome, request, result, correlation } = communication;
  const at = { observedAt: toIso(atMs) };
  const row = entity('AuditRecord', urn('AuditRecord', `communication:${name}`))
    .property('category', 'communication', at)
    .property('recordedAt', at.observedAt, at)
    .property('actor', actor, at)
    .property('page', 'acquisition', at)
    .property('operation', operation, at)
    .property('status', outcome, at);
  if (refDevice !== undefined) row.relationship('refTarget', refDevice, at);
  if (request !== undefined) row.property('valueBefore', textOf(request), at);
  if (result !== undefined) row.property('valueAfter', textOf(result), at);
  if (correlation !== undefined) row.property('correlationId', correlation, at);
  return row.build();
}

/** The same words in every report: `done`, `shown`, `failed: wire.checksum`, `refused: queue.full`. */
export function outcomeOf(result: Result): string {
  if (result.kind === 'stored') return 'done';
  if (result.kind === 'shown') return 'shown';
  if (result.kind === 'refused') return `refused: ${result.reason}`;
  return `failed: ${result.code}`;
}

function requestOf(task: ReadTask): object {
  if (task.kind === 'profile' || task.kind === 'events') {
    const { kind: _kind, fromMs, toMs, ...others } = task;
    return { ...others, from: toIso(fromMs), to: toIso(toMs) };
  }
  const { kind: _kind, ...others } = task;
  return others;
}

function textOf(value: object): string {
  const text = JSON.stringify(value);
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text;
}
