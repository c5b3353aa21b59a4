/** A small street to begin with: twenty houses, a three-phase meter each. Data only; `sampleEntities` makes entities of it. */

import { entity } from './entity.js';
import type { NgsiEntity } from './ngsi.js';
import { urn } from './urn.js';

const HOUSES = 20;
const DAY_MS = 86_400_000;

export interface SampleHouse {
  /** 1 to 20. */
  readonly number: number;
  readonly pointId: string;
  readonly pointLocalId: string;
  readonly name: string;
  readonly deviceId: string;
  readonly deviceLocalId: string;
  readonly serialNumber: string;
  readonly installationId: string;
  readonly measurementId: string;
  readonly intervalId: string;
  /** Import register in kWh when the meter was installed. */
  readonly openingRegister: number;
  /** Power of photovoltaic panels in W; 0 without. */
  readonly solarPeakW: number;
  readonly location: readonly [longitude: number, latitude: number];
}

export const SAMPLE_CITY = {
  siteId: urn('Site', 'tulip-street'),
  siteName: 'Tulip Street',
  timeZone: 'Europe/Bucharest',
  location: [26.0963, 44.4396],
  deviceModelId: urn('DeviceModel', 'landis-gyr-e350'),
  apiKey: 'contor-street',
  reportingIntervalSeconds: 10,
  profileIntervalSeconds: 900,
  registerDigits: 6,
  phaseCount: 3,
  installedAt: '2026-01-01T00:00:00.000Z',
  houses: Array.from({ length: HOUSES }, (_, index) => house(index + 1)),
} as const;

/** The entities of the street, parents first. Without a clock in them they stay the same from run to run. */
export function sampleEntities(nowMs: number): readonly NgsiEntity[] {
  const city = SAMPLE_CITY;
  // Meters must have been there before the day that a simulator back-fills, whatever clock it lives by.
  const installedMs = Math.min(Date.parse(city.installedAt), Math.floor((nowMs - 31 * DAY_MS) / DAY_MS) * DAY_MS);
  const validFrom = new Date(installedMs).toISOString();
  return [
    entity('Site', city.siteId)
      .property('name', city.siteName)
      .property('timeZone', city.timeZone)
      .geoProperty('location', { type: 'Point', coordinates: city.location })
      .build(),
    entity('DeviceModel', city.deviceModelId)
      .property('name', 'Landis+Gyr E350')
      .property('manufacturerName', 'Landis+Gyr')
      .property('modelName', 'E350')
      .property('deviceCategory', 'meter')
      .property('controlledProperty', 'electricityConsumption')
      .property('registerDigits', city.registerDigits)
      .property('phaseCount', city.phaseCount)
      .build(),
    ...city.houses.flatMap((row) => houseEntities(row, validFrom)),
  ];
}

function houseEntities(row: SampleHouse, validFrom: string): readonly NgsiEntity[] {
  const city = SAMPLE_CITY;
  return [
    entity('ConsumptionPoint', row.pointId)
      .property('name', row.name)
      .property('supplyType', 'electricity')
      .relationship('refSite', city.siteId, { validFrom })
      .geoProperty('location', { type: 'Point', coordinates: row.location })
      .build(),
    entity('Device', row.deviceId)
      .property('name', `Meter ${row.serialNumber}`)
      .property('serialNumber', row.serialNumber)
      .property('deviceCategory', 'meter')
      .property('protocol', 'json-mqtt')
      .property('reportingIntervalSeconds', city.reportingIntervalSeconds)
      .property('profileIntervalSeconds', city.profileIntervalSeconds)
      .relationship('refDeviceModel', city.deviceModelId)
      .build(),
    entity('MeterInstallation', row.installationId)
      .relationship('refDevice', row.deviceId)
      .relationship('refPoint', row.pointId)
      .property('validFrom', validFrom)
      .property('phaseCount', city.phaseCount)
      .property('registerDigits', city.registerDigits)
      .property('openingRegister', row.openingRegister)
      .property('openingRegisterExport', 0)
      .build(),
  ];
}

function house(number: number): SampleHouse {
  const pointLocalId = `tulip-street-${String(number).padStart(2, '0')}`;
  const deviceLocalId = `e350-${String(number).padStart(4, '0')}`;
  return {
    number,
    pointLocalId,
    pointId: urn('ConsumptionPoint', pointLocalId),
    name: `Tulip Street ${number}`,
    deviceLocalId,
    deviceId: urn('Device', deviceLocalId),
    serialNumber: `LGZ${String(35_000_000 + number * 7919).padStart(8, '0')}`,
    installationId: urn('MeterInstallation', `${pointLocalId}-1`),
    measurementId: urn('ACMeasurement', deviceLocalId),
    intervalId: urn('IntervalReading', deviceLocalId),
    openingRegister: 2_000 + number * 611,
    solarPeakW: number % 5 === 0 ? 4_000 : 0,
    location: [26.0963 + number * 0.0002, 44.4396 + (number % 2) * 0.0002],
  };
}
