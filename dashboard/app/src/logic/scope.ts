/** What part of the world somebody may see, as the pages show and edit it: dated grants, days as people say them. */
import type { Grant, Scope } from '@contor/policy';
import { listOf, numberIn, objectOf, textIn } from './json.js';
import { localId } from './ngsi.js';
import { localDate, startOfDate, startOfNextDate } from './zone-time.js';

/** What access can be given to, in the order a form offers them. */
export const GRANTED_TYPES = ['Site', 'Customer', 'ConsumptionPoint', 'MeterGroup'] as const;
export type GrantedType = (typeof GRANTED_TYPES)[number];

/** A row of the form: days are texts, because a date field may be half filled in. Both days belong to the period. */
export interface GrantDraft {
  readonly to: string;
  readonly fromDay: string;
  readonly untilDay: string;
}

export function grantedType(urn: string): GrantedType | undefined {
  return GRANTED_TYPES.find((type) => urn.startsWith(`urn:ngsi-ld:${type}:`));
}

export function toGrants(value: unknown): readonly Grant[] {
  return listOf(value).flatMap((item) => {
    const json = objectOf(item);
    const to = textIn(json, 'to');
    return to === undefined ? [] : [{ to, fromMs: numberIn(json, 'fromMs'), toMs: numberIn(json, 'toMs') }];
  });
}

/** `"everything"`, or a list of grants. What cannot be read shows nothing rather than everything. */
export function toScope(value: unknown): Scope {
  return value === 'everything' ? { kind: 'everything' } : { kind: 'grants', grants: toGrants(value) };
}

export function draftOf({ to, fromMs, toMs }: Grant, zone: string): GrantDraft {
  return {
    to,
    fromDay: fromMs === undefined ? '' : localDate(fromMs, zone),
    // The end is the first moment outside: the last day inside is the one before.
    untilDay: toMs === undefined ? '' : localDate(toMs - 1, zone),
  };
}

export function grantOf({ to, fromDay, untilDay }: GrantDraft, zone: string): Grant {
  const fromMs = startOfDate(fromDay, zone);
  const lastMs = startOfDate(untilDay, zone);
  return {
    to,
    ...(fromMs !== undefined && { fromMs }),
    ...(lastMs !== undefined && { toMs: startOfNextDate(lastMs, zone) }),
  };
}

/** Why a row cannot be saved: it names nothing we know how to give, or its days are in the wrong order. */
export function draftFault({ to, fromDay, untilDay }: GrantDraft): 'target' | 'order' | undefined {
  if (grantedType(to) === undefined) return 'target';
  return fromDay !== '' && untilDay !== '' && untilDay < fromDay ? 'order' : undefined;
}

/** Whether a period is still to come, runs, or is over: a grant that is over gives the past only. */
export function periodState({ fromMs, toMs }: Grant, nowMs: number): 'future' | 'current' | 'past' {
  if (fromMs !== undefined && nowMs < fromMs) return 'future';
  return toMs !== undefined && nowMs >= toMs ? 'past' : 'current';
}

export function grantName(urn: string, names: ReadonlyMap<string, string>): string {
  return names.get(urn) ?? localId(urn);
}
