/**
 * The sample street's M-Bus: a heat substation, a water and a gas meter on a bus in a cellar, and radio meters along the street. The simulators make the same meters of the same seed, and the same keys.
 */

import type { DeviceRecord } from '@contor/agent-kit';
import { entity, type NgsiEntity, SAMPLE_CITY, urn } from '@contor/orion-config';
import type { MeterAddress } from './codec/header/address.js';
import { modelOfDeviceType } from './mapping/models.js';
import { RADIO_API_KEY } from './radio/intake.js';
import {
  SAMPLE_BUS_METERS,
  SAMPLE_RADIO_METERS,
  SAMPLE_RADIO_SECONDS,
  SAMPLE_READ_SECONDS,
  SAMPLE_SEED,
} from './sample-facts.js';
import { AirMeter } from './simulator/air/meter.js';
import { simulatedSlaves } from './simulator/bus/street.js';

const WIRED_API_KEY = 'mbus';

export interface SampleMbus {
  readonly devices: readonly DeviceRecord[];
  readonly entities: readonly NgsiEntity[];
  /** By reference. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

interface Row {
  readonly meter: MeterAddress;
  readonly name: string;
  readonly title: string;
  readonly supplyType: string;
  readonly protocol: string;
  readonly reportingIntervalSeconds: number;
  readonly record: Partial<DeviceRecord> & Pick<DeviceRecord, 'apiKey' | 'deviceId'>;
}

const SUPPLY_TYPES: Readonly<Record<string, string>> = {
  'mbus-heat': 'heat',
  'mbus-water': 'water',
  'mbus-gas': 'gas',
  'mbus-allocator': 'heat',
  'mbus-substation': 'heat',
};

/** `gateway`: host and port of the simulated bus. */
export function sampleMbus(gateway: string): SampleMbus {
  const wired = simulatedSlaves({ seed: SAMPLE_SEED, meters: SAMPLE_BUS_METERS, hasSubstation: true }).map(
    ({ meter, primary }): Row => ({
      ...about(meter, 'mbus', SAMPLE_READ_SECONDS),
      record: {
        apiKey: WIRED_API_KEY,
        deviceId: nameOf(meter),
        endpoint: `primary:${primary}`,
        connection: { kind: 'tcp', address: gateway, line: gateway },
      },
    }),
  );
  const air = Array.from(
    { length: SAMPLE_RADIO_METERS },
    (_, index) => new AirMeter({ seed: SAMPLE_SEED, number: index + 1 }),
  );
  const radio = air.map(
    ({ meter, security }): Row => ({
      ...about(meter, 'wmbus', SAMPLE_RADIO_SECONDS),
      record: {
        apiKey: RADIO_API_KEY,
        deviceId: `${meter.manufacturer}-${meter.id}`,
        ...(security !== 'plain' && { keyReference: referenceOf(meter) }),
      },
    }),
  );
  const rows = [...wired, ...radio];
  const encrypted = air.filter(({ security }) => security !== 'plain');
  return {
    devices: rows.map(deviceOf),
    entities: rows.flatMap(entitiesOf),
    keys: new Map(encrypted.map(({ meter, key }) => [referenceOf(meter), key])),
  };
}

function about(meter: MeterAddress, protocol: string, reportingIntervalSeconds: number): Omit<Row, 'record'> {
  const supplyType = SUPPLY_TYPES[modelOfDeviceType(meter.deviceType) ?? ''] ?? 'heat';
  const title = `${SAMPLE_CITY.siteName}, ${supplyType} ${meter.id}`;
  return { meter, name: nameOf(meter), title, supplyType, protocol, reportingIntervalSeconds };
}

function nameOf({ manufacturer, id }: MeterAddress): string {
  return `${manufacturer.toLowerCase()}-${id}`;
}

function referenceOf(meter: MeterAddress): string {
  return `wmbus:${nameOf(meter)}`;
}

function deviceOf({ meter, name, record, reportingIntervalSeconds }: Row): DeviceRecord {
  return {
    tenant: 'default',
    model: modelOfDeviceType(meter.deviceType),
    name,
    refDevice: urn('Device', name),
    refPoint: urn('ConsumptionPoint', name),
    serialNumber: meter.id,
    isSimulated: true,
    timeZone: SAMPLE_CITY.timeZone,
    reportingIntervalSeconds,
    ...record,
  };
}

function entitiesOf({
  meter,
  name,
  title,
  supplyType,
  protocol,
  reportingIntervalSeconds,
}: Row): readonly NgsiEntity[] {
  const [pointId, deviceId] = [urn('ConsumptionPoint', name), urn('Device', name)];
  const validFrom = SAMPLE_CITY.installedAt;
  return [
    entity('ConsumptionPoint', pointId)
      .property('name', title)
      .property('supplyType', supplyType)
      .relationship('refSite', SAMPLE_CITY.siteId, { validFrom })
      .build(),
    entity('Device', deviceId)
      .property('name', `Meter ${meter.manufacturer} ${meter.id}`)
      .property('serialNumber', meter.id)
      .property('deviceCategory', 'meter')
      .property('controlledProperty', `${supplyType}Consumption`)
      .property('protocol', protocol)
      .property('reportingIntervalSeconds', reportingIntervalSeconds)
      .build(),
  ];
}
