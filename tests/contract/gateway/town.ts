/**
 * Two streets and a block for the tests of scopes: who owns what, and since when. Everything a name tells: `a1` is the first point of
 * street A. The meter of a2 went to b2 in June; the flat a1 changed hands in March.
 */

import { entity, type NgsiEntity, urn } from '@contor/orion-config';

export const MARCH = '2026-03-01T00:00:00.000Z';
export const JUNE = '2026-06-01T00:00:00.000Z';
const JANUARY = '2026-01-01T00:00:00.000Z';

export const site = (name: string) => urn('Site', `street-${name}`);
export const point = (name: string) => urn('ConsumptionPoint', name);
export const device = (name: string) => urn('Device', `meter-${name}`);
export const live = (name: string) => urn('ACMeasurement', `meter-${name}`);
export const series = (name: string) => urn('IntervalReading', `meter-${name}`);
export const customer = (name: string) => urn('Customer', name);
export const alert = (name: string) => urn('Alert', `alert-${name}`);

const POINTS = ['a1', 'a2', 'a3', 'b1', 'b2', 'b3'] as const;

export function townEntities(): readonly NgsiEntity[] {
  return [
    ...['a', 'b'].map((name) => entity('Site', site(name)).property('name', `Street ${name.toUpperCase()}`).build()),
    ...POINTS.flatMap(houseOf),
    installation('a2', 'a2', { validFrom: JANUARY, validTo: JUNE }),
    installation('a2', 'b2', { validFrom: JUNE }),
    // Somebody lived in a1 until March, somebody else does since.
    {
      id: customer('former'),
      type: 'Customer',
      name: { type: 'Property', value: 'Former' },
      refPoint: { type: 'Relationship', object: point('a1'), validTo: { type: 'Property', value: MARCH } },
    },
    {
      id: customer('present'),
      type: 'Customer',
      name: { type: 'Property', value: 'Present' },
      refPoint: { type: 'Relationship', object: point('a1'), validFrom: { type: 'Property', value: MARCH } },
    },
    entity('MeterGroup', urn('MeterGroup', 'a'))
      .property('name', 'A')
      .property('groupKind', 'category')
      .relationship('refSite', site('a'))
      .build(),
  ];
}

function houseOf(name: string): readonly NgsiEntity[] {
  const street = name.slice(0, 1);
  const number = Number(name.slice(1));
  const meter = [
    entity('Device', device(name))
      .property('name', `Meter ${name}`)
      .property('serialNumber', `S${name}`)
      .relationship('refDeviceModel', urn('DeviceModel', 'e350'))
      .build(),
    entity('ACMeasurement', live(name))
      .property('totalActivePower', 100 * number + (street === 'b' ? 1_000 : 0), { observedAt: '2026-11-20T08:00:00Z' })
      .relationship('refDevice', device(name))
      .build(),
    entity('Alert', alert(name))
      .property('name', `Alert of ${name}`)
      .property('severity', 'medium')
      .property('dateIssued', '2026-11-19T08:00:00.000Z')
      .relationship('refDevice', device(name))
      .build(),
  ];
  const place = entity('ConsumptionPoint', point(name))
    .property('name', `Street ${street.toUpperCase()} ${number}`)
    .property('supplyType', 'electricity')
    .relationship('refSite', site(street))
    .relationship('refFeeder', urn('Feeder', `of-${street}`))
    .geoProperty('location', { type: 'Point', coordinates: [26 + number / 1000, street === 'a' ? 44 : 45] })
    .build();
  if (name === 'b2') return [place];
  return name === 'a2' ? [place, ...meter] : [place, ...meter, installation(name, name, { validFrom: JANUARY })];
}

function installation(meter: string, at: string, dates: { readonly validFrom: string; readonly validTo?: string }) {
  const made = entity('MeterInstallation', urn('MeterInstallation', `${meter}-at-${at}`))
    .relationship('refDevice', device(meter))
    .relationship('refPoint', point(at))
    .property('validFrom', dates.validFrom);
  return (dates.validTo === undefined ? made : made.property('validTo', dates.validTo)).build();
}
