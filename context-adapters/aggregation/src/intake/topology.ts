/**
 * Who belongs to a site, and when: consumption points belong to it from/to, meters are installed on points from/to. Both dates
 * cut the time in which a meter counts, so that a moved point or an exchanged meter needs no special case.
 */

import {
  type AnyEntity,
  belongingsOf,
  integerOf,
  numberOf,
  parseUrn,
  targetOf,
  timeOf,
  toInteger,
  urn,
} from '@contor/orion-config';
import type { Member } from '../core/hours.js';
import type { RegisterSample, RegisterTraits } from '../core/register.js';

export type EnergyChannel = 'Import' | 'Export';

/** A member whose samples are still to be read: where they are, and the ones the installation itself tells. */
export interface Seat extends Omit<Member, 'samples'> {
  readonly deviceLocalId: string;
  readonly known: Readonly<Record<EnergyChannel, readonly RegisterSample[]>>;
}

interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

const ALWAYS = 0;
const FOREVER = Number.MAX_SAFE_INTEGER;
const DEFAULT_DIGITS = 6n;
/** kW. A house connection of 3 × 63 A draws 43 kW; twice that and some is not energy but another register. */
const MOST_POWER = 100;

export function seatsOf(
  siteId: string,
  points: readonly AnyEntity[],
  installations: readonly AnyEntity[],
): readonly Seat[] {
  const belonging = new Map(points.map((point) => [point.id, periodsAt(point, siteId)]));
  return installations.flatMap((installation) => {
    const pointId = targetOf(installation, 'refPoint');
    const deviceId = targetOf(installation, 'refDevice');
    const deviceLocalId = deviceId === undefined ? undefined : parseUrn(deviceId)?.localId;
    if (pointId === undefined || deviceLocalId === undefined) return [];
    const installed = {
      fromMs: timeOf(installation, 'validFrom') ?? ALWAYS,
      toMs: timeOf(installation, 'validTo') ?? FOREVER,
    };
    return (belonging.get(pointId) ?? []).flatMap((period) => {
      const common = { fromMs: Math.max(period.fromMs, installed.fromMs), toMs: Math.min(period.toMs, installed.toMs) };
      if (common.fromMs >= common.toMs) return [];
      return [{ ...common, deviceLocalId, traits: traitsOf(installation), known: ownSamples(installation, installed) }];
    });
  });
}

export const intervalIdOf = (seat: Seat) => urn('IntervalReading', seat.deviceLocalId);
export const measurementIdOf = (seat: Seat) => urn('ACMeasurement', seat.deviceLocalId);

/** The dated instances of a point's belonging that lead to this site. */
function periodsAt(point: AnyEntity, siteId: string): readonly Period[] {
  return belongingsOf(point, 'refSite')
    .filter(({ target }) => target === siteId)
    .map(({ fromMs = ALWAYS, toMs = FOREVER }) => ({ fromMs, toMs }));
}

function traitsOf(installation: AnyEntity): RegisterTraits {
  const digits = integerOf(installation, 'registerDigits') ?? DEFAULT_DIGITS;
  const ratio = numberOf(installation, 'currentTransformerRatio') ?? 1;
  return {
    modulus: toInteger('totalActiveEnergyImport', 1) * 10n ** digits,
    maxPerHour: toInteger('totalActiveEnergyImport', MOST_POWER) * BigInt(Math.max(1, Math.ceil(ratio))),
  };
}

function ownSamples(installation: AnyEntity, { fromMs, toMs }: Period): Seat['known'] {
  const sample = (index: bigint | undefined, atMs: number) =>
    index === undefined || atMs === ALWAYS || atMs === FOREVER ? [] : [{ atMs, index }];
  return {
    Import: [
      ...sample(integerOf(installation, 'openingRegister'), fromMs),
      ...sample(integerOf(installation, 'closingRegister'), toMs),
    ],
    Export: [
      ...sample(integerOf(installation, 'openingRegisterExport'), fromMs),
      ...sample(integerOf(installation, 'closingRegisterExport'), toMs),
    ],
  };
}
