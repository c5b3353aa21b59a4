/**
 * Energy by hour: of one meter from its register, and of a site from its meters. An hour is the difference of the register
 * at its two ends, so neighbouring hours share an end and nothing falls between them.
 */

import { indexAt, type RegisterSample, type RegisterTraits, stretchesOf } from './register.js';

export interface Hour {
  readonly startMs: number;
  readonly endMs: number;
}

export type Quality = 'measured' | 'estimated' | 'partial';

export interface MeterHour extends Hour {
  readonly energy: bigint;
  readonly quality: 'measured' | 'estimated';
}

export interface SiteHour extends Hour {
  readonly energy: bigint;
  readonly quality: Quality;
  readonly meterCount: number;
  readonly expectedMeterCount: number;
}

/** One meter on one point, with the time it belongs to the site; its opening and closing registers are samples like any other. */
export interface Member {
  readonly fromMs: number;
  readonly toMs: number;
  readonly traits: RegisterTraits;
  readonly samples: readonly RegisterSample[];
}

/** Samples further apart than a load profile's interval make an end of an hour an estimate. */
export const MEASURED_SPAN_MS = 15 * 60_000;
/** Across more than a week a straight line says nothing about an hour; estimating from profiles is validation's business. */
export const LONGEST_GAP_MS = 7 * 24 * 3_600_000;

/** The hours of one member that its register covers; others are left out, never zero. */
export function meterHours(member: Member, hours: readonly Hour[]): readonly MeterHour[] {
  const stretches = stretchesOf(member.samples, member.traits);
  return hours.flatMap((hour) => {
    const { startMs, endMs } = clip(hour, member);
    if (startMs >= endMs) return [];
    for (const stretch of stretches) {
      const start = indexAt(stretch, startMs);
      const end = indexAt(stretch, endMs);
      if (start === undefined || end === undefined) continue;
      const spanMs = Math.max(start.spanMs, end.spanMs);
      if (spanMs > LONGEST_GAP_MS) return [];
      const quality = spanMs <= MEASURED_SPAN_MS ? ('measured' as const) : ('estimated' as const);
      return [{ ...hour, energy: end.index - start.index, quality }];
    }
    return [];
  });
}

/** The hours of a site: the sum of its members, and how many of those that belonged to it then are in that sum. */
export function siteHours(members: readonly Member[], hours: readonly Hour[]): readonly SiteHour[] {
  const byMember = members.map((member) => new Map(meterHours(member, hours).map((hour) => [hour.startMs, hour])));
  return hours.flatMap((hour) => {
    const expected = members.filter((member) => overlaps(member, hour)).length;
    const known = byMember.flatMap((of) => of.get(hour.startMs) ?? []);
    if (known.length === 0) return [];
    const energy = known.reduce((sum, each) => sum + each.energy, 0n);
    const quality =
      known.length < expected
        ? 'partial'
        : known.every((each) => each.quality === 'measured')
          ? 'measured'
          : 'estimated';
    return [{ ...hour, energy, quality, meterCount: known.length, expectedMeterCount: expected }];
  });
}

function clip(hour: Hour, member: Member): Hour {
  return { startMs: Math.max(hour.startMs, member.fromMs), endMs: Math.min(hour.endMs, member.toMs) };
}

function overlaps(member: Member, hour: Hour): boolean {
  const { startMs, endMs } = clip(hour, member);
  return startMs < endMs;
}
