/** The meters of the sample city, as the device registry wants to know them. */

import type { Device } from '@contor/agent-kit';
import { SAMPLE_CITY } from '@contor/orion-config';
import type { DeviceModelName } from './mapping/models.js';

const MODEL: DeviceModelName = 'landis-gyr-e350-json';

export function sampleDevices(): readonly Device[] {
  return SAMPLE_CITY.houses.map((house) => ({
    apiKey: SAMPLE_CITY.apiKey,
    deviceId: house.deviceLocalId,
    tenant: 'default',
    model: MODEL,
    name: house.deviceLocalId,
    refDevice: house.deviceId,
    serialNumber: house.serialNumber,
    isSimulated: true,
    refPoint: house.pointId,
    timeZone: SAMPLE_CITY.timeZone,
    registerDigits: SAMPLE_CITY.registerDigits,
    reportingIntervalSeconds: SAMPLE_CITY.reportingIntervalSeconds,
  }));
}
