/** Hours of a site → `AggregatedReading`: what changed as a series for history, the newest hour and the cursor for live readers. */

import { toIso } from '@contor/kit';
import { entity, type NgsiEntity, parseUrn, toInteger, toWire, urn } from '@contor/orion-config';
import type { Hour, Quality, SiteHour } from '../core/hours.js';

export interface SiteEnergyHour extends Hour {
  readonly energyImport: bigint;
  /** Undefined where no meter of the site told what it fed in. */
  readonly energyExport: bigint | undefined;
  readonly quality: Quality;
  readonly meterCount: number;
  readonly expectedMeterCount: number;
}

export const readingIdOf = (siteId: string) => urn('AggregatedReading', `${parseUrn(siteId)?.localId ?? siteId}:hour`);

export function joinChannels(imported: readonly SiteHour[], exported: readonly SiteHour[]): readonly SiteEnergyHour[] {
  const exports = new Map(exported.map((hour) => [hour.startMs, hour.energy]));
  return imported.map(({ energy, ...hour }) => ({
    ...hour,
    energyImport: energy,
    energyExport: exports.get(hour.startMs),
  }));
}

/** What history already tells about an hour, as it comes off the wire. */
export interface StoredHour {
  readonly activeEnergyImport: unknown;
  readonly activeEnergyExport: unknown;
  readonly activeEnergyImportQuality: unknown;
  readonly meterCount: unknown;
  readonly expectedMeterCount: unknown;
}

/** The hours that are new or that late data changed. Writing an equal one again would make a revision of nothing. */
export function changedHours(
  fresh: readonly SiteEnergyHour[],
  stored: ReadonlyMap<number, StoredHour>,
): readonly SiteEnergyHour[] {
  return fresh.filter((hour) => {
    const known = stored.get(hour.startMs);
    if (known === undefined) return true;
    const sameExport = hour.energyExport === undefined || isWire(known.activeEnergyExport, hour.energyExport);
    return !(
      isWire(known.activeEnergyImport, hour.energyImport) &&
      sameExport &&
      known.activeEnergyImportQuality === hour.quality &&
      known.meterCount === hour.meterCount &&
      known.expectedMeterCount === hour.expectedMeterCount
    );
  });
}

function isWire(value: unknown, integer: bigint): boolean {
  return typeof value === 'number' && toInteger('activeEnergyImport', value) === integer;
}

export function toEntity(siteId: string, hour: SiteEnergyHour, recordedAtMs: number, cursorMs?: number): NgsiEntity {
  const observedAt = toIso(hour.startMs);
  const builder = entity('AggregatedReading', readingIdOf(siteId))
    .property('activeEnergyImport', toWire('activeEnergyImport', hour.energyImport), { observedAt })
    .property('activeEnergyImportQuality', hour.quality, { observedAt })
    .property('meterCount', hour.meterCount, { observedAt })
    .property('expectedMeterCount', hour.expectedMeterCount, { observedAt })
    .property('intervalSeconds', (hour.endMs - hour.startMs) / 1000, { observedAt })
    .property('source', 'aggregation', { observedAt })
    .property('recordedAt', toIso(recordedAtMs), { observedAt })
    .relationship('refSite', siteId);
  if (hour.energyExport !== undefined)
    builder.property('activeEnergyExport', toWire('activeEnergyExport', hour.energyExport), { observedAt });
  if (cursorMs !== undefined) builder.property('cursor', toIso(cursorMs));
  return builder.build();
}
