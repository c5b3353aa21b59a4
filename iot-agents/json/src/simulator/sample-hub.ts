/** The hub of the sample city: its name, and what is behind it as the device registry wants to know it. */

import type { DeviceRecord } from '@contor/agent-kit';
import { entity, type NgsiEntity, SAMPLE_CITY, urn } from '@contor/orion-config';
import { SETTINGS } from './hub.js';
import { type HubDevice, hubDevices } from './hub-devices.js';

export interface SampleHub {
  readonly apiKey: string;
  readonly username: string;
  readonly devices: readonly DeviceRecord[];
  readonly entities: readonly NgsiEntity[];
}

interface Place {
  readonly title: string;
  readonly category: 'meter' | 'sensor' | 'substation';
  readonly controlledProperty: string;
  /** What stands at a customer's has a point; a sensor and the substation of a feeder do not. */
  readonly supplyType?: 'heat' | 'water';
}

const PLACES: Readonly<Record<HubDevice['model'], Place>> = {
  'district-heat-json': {
    title: 'heat main',
    category: 'meter',
    controlledProperty: 'heatConsumption',
    supplyType: 'heat',
  },
  'water-json': { title: 'water main', category: 'meter', controlledProperty: 'waterConsumption', supplyType: 'water' },
  'environment-dcu': { title: 'air', category: 'sensor', controlledProperty: 'airQuality' },
  'echelon-ct-json': { title: 'substation', category: 'substation', controlledProperty: 'electricityConsumption' },
};

/** As the simulator calls itself when nobody says otherwise. */
export function sampleHub(): SampleHub {
  const apiKey = SETTINGS.apiKey.fallback;
  const behind = hubDevices(SETTINGS.seed.fallback, SETTINGS.devices.fallback);
  const devices = behind.map(
    ({ deviceId, model }): DeviceRecord => ({
      ...{ apiKey, deviceId, tenant: 'default', model, name: deviceId, refDevice: urn('Device', deviceId) },
      ...(PLACES[model].supplyType !== undefined && { refPoint: urn('ConsumptionPoint', deviceId) }),
      ...{ isSimulated: true, timeZone: SAMPLE_CITY.timeZone, registerDigits: 9 },
    }),
  );
  return { apiKey, username: SETTINGS.username.fallback, devices, entities: behind.flatMap(entitiesOf) };
}

function entitiesOf({ deviceId, model }: HubDevice): readonly NgsiEntity[] {
  const { title, category, supplyType, controlledProperty } = PLACES[model];
  const name = `${SAMPLE_CITY.siteName}, ${title}`;
  const device = entity('Device', urn('Device', deviceId))
    .property('name', name)
    .property('deviceCategory', category)
    .property('controlledProperty', controlledProperty)
    .property('protocol', 'json-http')
    .relationship('refSite', SAMPLE_CITY.siteId)
    .build();
  if (supplyType === undefined) return [device];
  const point = entity('ConsumptionPoint', urn('ConsumptionPoint', deviceId))
    .property('name', name)
    .property('supplyType', supplyType)
    .relationship('refSite', SAMPLE_CITY.siteId, { validFrom: SAMPLE_CITY.installedAt })
    .build();
  return [point, device];
}
