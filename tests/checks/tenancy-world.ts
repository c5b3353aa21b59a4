/**
 * A world in which every word has an owner: two sites of one utility, a point that moved from one to the other, and another tenant.
 * Each entity carries a canary of its side, so that a leak is a word in an answer and not a matter of opinion.
 */

import { toIso } from '@contor/kit';
import { entity, type NgsiEntity, urn } from '@contor/orion-config';

/** `own` is what the asker may see; `other` is the neighbour's site, `abroad` another tenant. */
export const SIDES = ['own', 'other', 'abroad'] as const;
export type Side = (typeof SIDES)[number];

/** Words that stand in names, and numbers that stand in readings: neither occurs anywhere else. */
export const CANARIES: Readonly<Record<Side, { readonly word: string; readonly value: number }>> = {
  own: { word: 'canary-own', value: 1111.5 },
  other: { word: 'canary-other', value: 2222.5 },
  abroad: { word: 'canary-abroad', value: 3333.5 },
};

export const DAY_MS = 86_400_000;

export interface World {
  readonly nowMs: number;
  /** When the point that moved changed hands. */
  readonly movedMs: number;
  entities(side: Side): readonly NgsiEntity[];
  rows(side: Side): readonly NgsiEntity[];
}

export const id = (type: string, side: Side | 'moved', number = 1): string => urn(type as 'Site', `${side}-${number}`);

export function createWorld(nowMs: number): World {
  const movedMs = nowMs - 10 * DAY_MS;
  return {
    nowMs,
    movedMs,
    entities: (side) => [...siteOf(side, nowMs), ...(side === 'own' ? movedPoint(nowMs, movedMs) : [])],
    rows: (side) => [...rowsOf(side, nowMs), ...(side === 'own' ? movedRows(nowMs, movedMs) : [])],
  };
}

function siteOf(side: Side, nowMs: number): readonly NgsiEntity[] {
  const { word, value } = CANARIES[side];
  const name = (what: string) => `${word} ${what}`;
  const validFrom = toIso(nowMs - 100 * DAY_MS);
  const observedAt = toIso(nowMs - 60_000);
  const point = id('ConsumptionPoint', side);
  const device = id('Device', side);
  const site = id('Site', side);
  return [
    entity('Site', site).property('name', name('site')).property('timeZone', 'Europe/Bucharest').build(),
    entity('Building', id('Building', side)).property('name', name('building')).relationship('refSite', site).build(),
    entity('Customer', id('Customer', side))
      .property('name', name('customer'))
      .relationship('refPoint', point, { validFrom })
      .build(),
    entity('ConsumptionPoint', point)
      .property('name', name('point'))
      .relationship('refSite', site, { validFrom })
      .relationship('refCustomer', id('Customer', side), { validFrom })
      .geoProperty('location', { type: 'Point', coordinates: [26.1, 44.4] })
      .build(),
    entity('Device', device).property('name', name('device')).property('serialNumber', name('serial')).build(),
    entity('MeterInstallation', id('MeterInstallation', side))
      .relationship('refDevice', device)
      .relationship('refPoint', point)
      .property('validFrom', validFrom)
      .build(),
    entity('ACMeasurement', id('ACMeasurement', side))
      .property('totalActivePower', value, { observedAt })
      .property('source', word)
      .relationship('refDevice', device)
      .relationship('refPoint', point)
      .build(),
    entity('Alert', id('Alert', side))
      .property('name', name('alert'))
      .property('dateIssued', observedAt)
      .relationship('refDevice', device)
      .relationship('refPoint', point)
      .build(),
    entity('Acquisition', id('Acquisition', side)).property('profile', word).relationship('refDevice', device).build(),
    entity('MeterGroup', id('MeterGroup', side))
      .property('name', name('group'))
      .relationship('refSite', site)
      .relationship('hasMember', point, { validFrom })
      .build(),
    entity('AggregatedReading', id('AggregatedReading', side))
      .property('totalActivePower', value, { observedAt })
      .property('source', word)
      .relationship('refSite', site)
      .build(),
    entity('Bill', id('Bill', side))
      .property('billNumber', name('bill'))
      .relationship('refCustomer', id('Customer', side))
      .relationship('refPoint', point)
      .build(),
  ];
}

/** It belonged to the own site, and belongs to the neighbour's since: its past is ours to see, its present is not. */
function movedPoint(nowMs: number, movedMs: number): readonly NgsiEntity[] {
  const validFrom = toIso(nowMs - 100 * DAY_MS);
  const changed = toIso(movedMs);
  const { word, value } = CANARIES.other;
  const point = id('ConsumptionPoint', 'moved');
  const device = id('Device', 'moved');
  return [
    entity('ConsumptionPoint', point)
      .property('name', `${word} moved`)
      .relationship('refSite', id('Site', 'own'), { validFrom, validTo: changed })
      .relationship('refSite', id('Site', 'other'), { validFrom: changed, datasetId: 'urn:ngsi-ld:Dataset:second' })
      .relationship('refCustomer', id('Customer', 'own'), { validFrom, validTo: changed })
      .relationship('refCustomer', id('Customer', 'other'), {
        validFrom: changed,
        datasetId: 'urn:ngsi-ld:Dataset:second',
      })
      .build(),
    entity('Device', device).property('name', `${word} moved device`).build(),
    entity('MeterInstallation', id('MeterInstallation', 'moved'))
      .relationship('refDevice', device)
      .relationship('refPoint', point)
      .property('validFrom', validFrom)
      .build(),
    entity('ACMeasurement', id('ACMeasurement', 'moved'))
      .property('totalActivePower', value, { observedAt: toIso(nowMs - 60_000) })
      .property('source', word)
      .relationship('refDevice', device)
      .relationship('refPoint', point)
      .build(),
  ];
}

function rowsOf(side: Side, nowMs: number): readonly NgsiEntity[] {
  const times = Array.from({ length: 30 }, (_none, day) => nowMs - (day + 1) * DAY_MS);
  return times.flatMap((timeMs) => seriesAt(side, 1, timeMs, CANARIES[side].value));
}

function movedRows(nowMs: number, movedMs: number): readonly NgsiEntity[] {
  const times = Array.from({ length: 30 }, (_none, day) => nowMs - (day + 1) * DAY_MS);
  return times.flatMap((timeMs) => seriesAt('moved', 1, timeMs, CANARIES[timeMs < movedMs ? 'own' : 'other'].value));
}

/** A live value and an interval at one moment, as agents send them. */
function seriesAt(side: Side | 'moved', number: number, timeMs: number, value: number): readonly NgsiEntity[] {
  const observedAt = toIso(timeMs);
  const device = id('Device', side, number);
  return [
    entity('ACMeasurement', id('ACMeasurement', side, number))
      .property('totalActivePower', value, { observedAt })
      .relationship('refDevice', device)
      .build(),
    entity('IntervalReading', id('IntervalReading', side, number))
      .property('activeEnergyImport', value, { observedAt })
      .relationship('refDevice', device)
      .build(),
  ];
}
