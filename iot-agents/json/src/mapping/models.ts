/**
 * Device models: which object id of the payload is which attribute of the vocabulary. Adding a meter that sends JSON is
 * adding a row here.
 */

import type { AttributeOf, NumericAttribute } from '@contor/orion-config';

export type LiveAttribute = Extract<AttributeOf<'ACMeasurement'>, NumericAttribute>;
export type IntervalAttribute = Extract<AttributeOf<'IntervalReading'>, NumericAttribute>;

export interface ValueRow {
  readonly objectId: string;
  readonly attribute: LiveAttribute;
  /** A register is published as it was metered or not at all; a gauge is rounded to the digits it is kept with. */
  readonly kind: 'register' | 'gauge';
}

export interface StateRow {
  readonly objectId: string;
  readonly attribute: Extract<AttributeOf<'ACMeasurement'>, 'breakerState'>;
  /** The device's word → ours. A word that is not here is a fault of the value. */
  readonly words: Readonly<Record<string, string>>;
}

export interface SumRow {
  readonly attribute: LiveAttribute;
  /** Published only when all of them are there. */
  readonly addends: readonly LiveAttribute[];
}

export interface ChannelRow {
  readonly objectId: string;
  readonly register: IntervalAttribute;
  readonly interval: IntervalAttribute;
}

export interface DeviceModel {
  readonly values: readonly ValueRow[];
  readonly states: readonly StateRow[];
  /** What it does when it is told to. */
  readonly commands: readonly string[];
  readonly sums: readonly SumRow[];
  readonly profile: { readonly name: string; readonly channels: readonly ChannelRow[] };
}

/** Landis+Gyr E350 with a JSON module: eight values, the breaker and events every ten seconds, and a load profile of registers. */
const E350 = {
  values: [
    { objectId: 'energyImport', attribute: 'totalActiveEnergyImport', kind: 'register' },
    { objectId: 'energyExport', attribute: 'totalActiveEnergyExport', kind: 'register' },
    { objectId: 'powerL1', attribute: 'activePowerL1', kind: 'gauge' },
    { objectId: 'powerL2', attribute: 'activePowerL2', kind: 'gauge' },
    { objectId: 'powerL3', attribute: 'activePowerL3', kind: 'gauge' },
    { objectId: 'voltageL1', attribute: 'voltageL1', kind: 'gauge' },
    { objectId: 'voltageL2', attribute: 'voltageL2', kind: 'gauge' },
    { objectId: 'voltageL3', attribute: 'voltageL3', kind: 'gauge' },
    { objectId: 'powerLimit', attribute: 'activePowerLimit', kind: 'gauge' },
  ],
  states: [
    {
      objectId: 'breaker',
      attribute: 'breakerState',
      words: { connected: 'connected', disconnected: 'disconnected', ready: 'ready' },
    },
  ],
  commands: ['disconnect', 'reconnect', 'limit', 'read', 'setClock'],
  sums: [{ attribute: 'totalActivePower', addends: ['activePowerL1', 'activePowerL2', 'activePowerL3'] }],
  profile: {
    name: 'load-profile',
    channels: [
      { objectId: 'energyImport', register: 'totalActiveEnergyImport', interval: 'activeEnergyImport' },
      { objectId: 'energyExport', register: 'totalActiveEnergyExport', interval: 'activeEnergyExport' },
    ],
  },
} as const satisfies DeviceModel;

export const DEVICE_MODELS = { 'landis-gyr-e350-json': E350 } as const satisfies Record<string, DeviceModel>;

export type DeviceModelName = keyof typeof DEVICE_MODELS;

export function deviceModel(name: string): DeviceModel | undefined {
  return Object.hasOwn(DEVICE_MODELS, name) ? DEVICE_MODELS[name as DeviceModelName] : undefined;
}
