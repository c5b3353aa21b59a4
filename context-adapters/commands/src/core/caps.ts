/**
 * How many supplies may be taken away in an hour (trust T21): by one person, whether they ask or approve, and in all. Pure. What is
 * above does not wait for the next hour: it freezes the tenant, because nobody means to do that.
 */

import type { RequestRecord } from './records.js';

export interface Caps {
  readonly personPerMinute: number;
  readonly personPerHour: number;
  readonly tenantPerHour: number;
}

export const HOUR_MS = 3_600_000;
export const PERSON_PER_MINUTE = 1;
export const PERSON_PER_HOUR = 20;
const TENANT_PER_HOUR = 50;
const SHARE_PER_HOUR = 0.005;

/**
 * Half a percent of the meters, fifty at the most. Of a small fleet that is less than one meter: it may always be `smallFleet`, which
 * is half a percent of a thousand meters by default.
 */
export function capsOf(meters: number, smallFleet: number): Caps {
  const share = Math.max(smallFleet, Math.floor(meters * SHARE_PER_HOUR));
  return {
    personPerMinute: PERSON_PER_MINUTE,
    personPerHour: PERSON_PER_HOUR,
    tenantPerHour: Math.min(TENANT_PER_HOUR, share),
  };
}

export interface Usage {
  readonly tenant: number;
  readonly persons: ReadonlyMap<string, number>;
}

/** Restricted requests that were approved in the last hour, by meters: what counts is when a person decided, not when it is sent. */
export function usageOf(requests: Iterable<RequestRecord>, nowMs: number): Usage {
  let tenant = 0;
  const persons = new Map<string, number>();
  for (const { needsApproval, decidedAtMs, decidedBy, by, status, targetCount } of requests) {
    if (!needsApproval || status !== 'approved' || decidedAtMs === undefined || decidedBy === undefined) continue;
    if (nowMs - decidedAtMs >= HOUR_MS) continue;
    tenant += targetCount;
    for (const person of [by, decidedBy]) persons.set(person, (persons.get(person) ?? 0) + targetCount);
  }
  return { tenant, persons };
}

/** The cap that these meters more would break, as a sentence. */
export function brokenCap(caps: Caps, usage: Usage, persons: readonly string[], count: number): string | undefined {
  if (usage.tenant + count > caps.tenantPerHour)
    return `More than ${caps.tenantPerHour} supplies would be taken away within an hour.`;
  for (const person of persons) {
    if ((usage.persons.get(person) ?? 0) + count > caps.personPerHour)
      return `One person would take part in taking away more than ${caps.personPerHour} supplies within an hour.`;
  }
  return undefined;
}
