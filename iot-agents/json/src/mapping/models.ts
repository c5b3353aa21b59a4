/**
 * Device models by name: which object id of the payload is which attribute of the vocabulary. Adding a meter that sends JSON is
 * adding rows to one of the tables here, or a table beside them.
 */

import type { DeviceModel } from '@contor/agent-kit';
import { E350 } from './e350.js';
import { MIDORI, SMX, STCOMET } from './one-second.js';
import { SUBSTATION } from './substation.js';
import { DISTRICT_HEAT, ENVIRONMENT_DCU, WATER } from './utilities.js';

export const DEVICE_MODELS = {
  'landis-gyr-e350-json': E350,
  'echelon-ct-json': SUBSTATION,
  'midori-1s': MIDORI,
  'st-stcomet-1s': STCOMET,
  'smx-rest': SMX,
  'district-heat-json': DISTRICT_HEAT,
  'water-json': WATER,
  'environment-dcu': ENVIRONMENT_DCU,
} as const satisfies Record<string, DeviceModel>;

export type DeviceModelName = keyof typeof DEVICE_MODELS;

export function deviceModel(name = ''): DeviceModel | undefined {
  return Object.hasOwn(DEVICE_MODELS, name) ? DEVICE_MODELS[name as DeviceModelName] : undefined;
}
