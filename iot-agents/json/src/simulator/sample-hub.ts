/** The hub of the sample city: its name, and what is behind it as the device registry wants to know it. */

import type { DeviceRecord } from '@contor/agent-kit';
import { SAMPLE_CITY, urn } from '@contor/orion-config';
import { SETTINGS } from './hub.js';
import { hubDevices } from './hub-devices.js';

export interface SampleHub {
  readonly apiKey: string;
  readonly username: string;
  readonly devices: readonly DeviceRecord[];
}

/** As the simulator calls itself when nobody says otherwise. */
export function sampleHub(): SampleHub {
  const apiKey = SETTINGS.apiKey.fallback;
  const devices = hubDevices(SETTINGS.seed.fallback, SETTINGS.devices.fallback).map(
    ({ deviceId, model }): DeviceRecord => ({
      ...{ apiKey, deviceId, tenant: 'default', model, name: deviceId, refDevice: urn('Device', deviceId) },
      ...{ isSimulated: true, timeZone: SAMPLE_CITY.timeZone, registerDigits: 9 },
    }),
  );
  return { apiKey, username: SETTINGS.username.fallback, devices };
}
