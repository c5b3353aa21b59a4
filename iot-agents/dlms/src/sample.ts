/** Lily Lane, beside the sample street: a few houses whose DLMS meters are asked by our agent. The simulator makes the same meters, and the same keys. */

import type { DeviceRecord } from '@contor/agent-kit';
import { toHex } from '@contor/kit';
import { entity, type NgsiEntity, SAMPLE_CITY, urn } from '@contor/orion-config';
import type { DlmsModelName } from './mapping/models.js';
import { SAMPLE_DLMS_METERS, SAMPLE_DLMS_SECONDS, SAMPLE_DLMS_SEED } from './sample-facts.js';
import { serialOf, simulatedSecurity } from './simulator/street.js';

export interface SampleDlms {
  readonly devices: readonly DeviceRecord[];
  readonly entities: readonly NgsiEntity[];
  /** By reference. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

interface House {
  readonly number: number;
  readonly serial: string;
  readonly name: string;
  readonly deviceId: string;
  readonly pointId: string;
}

const MODEL: DlmsModelName = 'contor-simulated-dlms';
const API_KEY = 'dlms';
const SITE_ID = urn('Site', 'lily-lane');
const SITE_NAME = 'Lily Lane';
const REGISTER_DIGITS = 6;

/** `gateway`: host and port of the simulated meters. */
export function sampleDlms(gateway: string): SampleDlms {
  const houses = Array.from({ length: SAMPLE_DLMS_METERS }, (_, index) => house(index + 1));
  return {
    devices: houses.map((row) => deviceOf(row, gateway)),
    entities: [siteOf(), ...houses.flatMap(entitiesOf)],
    keys: new Map(houses.flatMap(keysOf)),
  };
}

function house(number: number): House {
  const serial = serialOf(SAMPLE_DLMS_SEED, number);
  const name = `dlms-${serial}`;
  return {
    ...{ number, serial, name },
    deviceId: urn('Device', name),
    pointId: urn('ConsumptionPoint', `lily-lane-${number}`),
  };
}

function deviceOf({ number, serial, name, deviceId, pointId }: House, gateway: string): DeviceRecord {
  const { title } = simulatedSecurity(serial);
  return {
    apiKey: API_KEY,
    deviceId: name,
    tenant: 'default',
    model: MODEL,
    name,
    refDevice: deviceId,
    refPoint: pointId,
    serialNumber: serial,
    isSimulated: true,
    timeZone: SAMPLE_CITY.timeZone,
    registerDigits: REGISTER_DIGITS,
    reportingIntervalSeconds: SAMPLE_DLMS_SECONDS,
    keyReference: referenceOf(serial),
    endpoint: `dlms://${gateway}/${number}?title=${toHex(title)}`,
  };
}

function keysOf({ serial }: House): readonly (readonly [string, Uint8Array])[] {
  const { encryptionKey, authenticationKey } = simulatedSecurity(serial);
  return [
    [`${referenceOf(serial)}.ek`, encryptionKey],
    [`${referenceOf(serial)}.ak`, authenticationKey],
  ];
}

function referenceOf(serial: string): string {
  return `dlms:${serial}`;
}

function siteOf(): NgsiEntity {
  return entity('Site', SITE_ID)
    .property('name', SITE_NAME)
    .property('timeZone', SAMPLE_CITY.timeZone)
    .geoProperty('location', { type: 'Point', coordinates: SAMPLE_CITY.location })
    .build();
}

function entitiesOf({ number, serial, name, deviceId, pointId }: House): readonly NgsiEntity[] {
  const validFrom = SAMPLE_CITY.installedAt;
  return [
    entity('ConsumptionPoint', pointId)
      .property('name', `${SITE_NAME} ${number}`)
      .property('supplyType', 'electricity')
      .relationship('refSite', SITE_ID, { validFrom })
      .build(),
    entity('Device', deviceId)
      .property('name', `Meter ${serial}`)
      .property('serialNumber', serial)
      .property('deviceCategory', 'meter')
      .property('protocol', 'dlms')
      .property('reportingIntervalSeconds', SAMPLE_DLMS_SECONDS)
      .build(),
    entity('MeterInstallation', urn('MeterInstallation', `${name}-1`))
      .relationship('refDevice', deviceId)
      .relationship('refPoint', pointId)
      .property('validFrom', validFrom)
      .property('phaseCount', SAMPLE_CITY.phaseCount)
      .property('registerDigits', REGISTER_DIGITS)
      .build(),
  ];
}
