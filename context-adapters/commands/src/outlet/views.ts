/** What others see of requests and of the switch: attributes of the CommandRequest and CommandControl entities. Views, and nothing else. */

import { toIso } from '@contor/kit';
import { entity, type NgsiEntity, urn } from '@contor/orion-config';
import type { Caps, Usage } from '../core/caps.js';
import {
  type ControlRecord,
  isSettled,
  type RequestRecord,
  type Status,
  statusOf,
  type TargetRecord,
} from '../core/records.js';

/** A page of targets; the rest is told by the counts. */
const MOST_TARGETS_SHOWN = 10_000;

export function shownStatus(request: RequestRecord, targets: readonly TargetRecord[]): Status {
  return request.status === 'approved' ? statusOf(targets) : request.status;
}

export function requestView(request: RequestRecord, targets: readonly TargetRecord[]): NgsiEntity {
  const { id, command, by, requestedAtMs, hash, needsApproval, needsSecondFactor, text, decidedBy, finishedAtMs } =
    request;
  const status = shownStatus(request, targets);
  const view = entity('CommandRequest', id)
    .property('command', command)
    .property('requestedBy', by)
    .property('requestedAt', toIso(requestedAtMs))
    .property('requestHash', hash)
    .property('needsApproval', needsApproval)
    .property('needsSecondFactor', needsSecondFactor)
    .property('targetCount', request.targetCount)
    .property('targets', targets.slice(0, MOST_TARGETS_SHOWN).map(targetView))
    .property('status', status)
    .property('resultText', request.status === 'approved' ? sentenceOf(status, targets) : text);
  if (decidedBy !== undefined && needsApproval && request.status !== 'rejected') view.property('approvedBy', decidedBy);
  if (finishedAtMs !== undefined && isSettled(status)) view.property('finishedAt', toIso(finishedAtMs));
  return view.build();
}

function targetView({ device, status, text, atMs, name, serialNumber, result }: TargetRecord): object {
  return {
    ...{ device, status, text, at: toIso(atMs) },
    ...(name === undefined ? {} : { name }),
    ...(serialNumber === undefined ? {} : { serialNumber }),
    ...(result === undefined ? {} : { result }),
  };
}

function sentenceOf(status: Status, targets: readonly TargetRecord[]): string {
  if (targets.length === 1) return targets[0]?.text ?? '';
  const done = targets.filter(({ status: one }) => one === 'done').length;
  const open = targets.filter(({ status: one }) => !isSettled(one)).length;
  return open === 0
    ? `${done} of ${targets.length} done.`
    : `${done} of ${targets.length} done, ${open} to come (${status}).`;
}

export interface ControlFacts {
  readonly tenant: string;
  readonly control: ControlRecord;
  readonly caps: Caps;
  readonly usage: Usage;
  readonly nowMs: number;
}

export function controlState({ stop, freeze }: ControlRecord): 'running' | 'frozen' | 'stopped' {
  if (stop !== undefined) return 'stopped';
  return freeze === undefined ? 'running' : 'frozen';
}

export function controlView({ tenant, control, caps, usage, nowMs }: ControlFacts): NgsiEntity {
  const { stop, freeze, resume, unfreeze } = control;
  const voice = ({ by, atMs }: { by: string; atMs: number }) => ({ by, at: toIso(atMs) });
  return entity('CommandControl', urn('CommandControl', tenant))
    .property('status', controlState(control))
    .property('resultText', stop?.reason ?? freeze?.reason ?? '-')
    .property('result', {
      ...(stop === undefined ? {} : { stopped: { ...voice(stop), reason: stop.reason } }),
      ...(freeze === undefined ? {} : { frozen: { at: toIso(freeze.atMs), reason: freeze.reason } }),
      voices: { resume: resume.map(voice), unfreeze: unfreeze.map(voice) },
      caps: { ...caps, tenantUsed: usage.tenant, personsUsed: Object.fromEntries(usage.persons) },
    })
    .property('recordedAt', toIso(nowMs))
    .build();
}
