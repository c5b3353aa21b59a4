/** Meters of heat, water and gas as rows of the live page: a register, what flows now, and for heat the two pipes. */
import type { NumericAttribute } from '@contor/orion-config';
import { DEFAULT_INTERVAL_SECONDS } from './age.js';
import { type City, MEDIA_TYPES, type MediaType } from './city.js';
import { type Entity, heardAtOf, localId, numberOf, targetOf, textOf } from './ngsi.js';

export type Medium = 'heat' | 'water' | 'gas';

interface Figure {
  readonly attribute: NumericAttribute;
  readonly unit: string;
  readonly digits: number;
}

export interface MediaValue {
  readonly value: number;
  readonly unit: string;
  readonly digits: number;
}

export interface MediaRow {
  readonly id: string;
  readonly name: string;
  readonly medium: Medium;
  readonly register: MediaValue | undefined;
  readonly now: MediaValue | undefined;
  readonly forwardC: number | undefined;
  readonly returnC: number | undefined;
  readonly heardAtMs: number | undefined;
  readonly intervalSeconds: number;
}

interface MediumRow {
  readonly medium: Medium;
  /** The first that is there is shown. */
  readonly registers: readonly Figure[];
  readonly now: readonly Figure[];
}

const MEDIA: Readonly<Record<MediaType, MediumRow>> = {
  HeatMeasurement: {
    medium: 'heat',
    registers: [
      { attribute: 'totalHeatEnergy', unit: 'kWh', digits: 0 },
      { attribute: 'totalCoolingEnergy', unit: 'kWh', digits: 0 },
      { attribute: 'heatAllocationUnits', unit: '', digits: 0 },
    ],
    now: [
      { attribute: 'thermalPower', unit: 'kW', digits: 1 },
      { attribute: 'valvePosition', unit: '%', digits: 0 },
    ],
  },
  WaterConsumptionObserved: {
    medium: 'water',
    registers: [{ attribute: 'waterConsumption', unit: 'm³', digits: 3 }],
    now: [{ attribute: 'volumeFlow', unit: 'm³/h', digits: 3 }],
  },
  GasMeasurement: {
    medium: 'gas',
    registers: [{ attribute: 'totalGasVolume', unit: 'm³', digits: 2 }],
    now: [{ attribute: 'gasFlow', unit: 'm³/h', digits: 3 }],
  },
};

export function mediaRows(city: City): readonly MediaRow[] {
  const rows = MEDIA_TYPES.flatMap((type) =>
    [...city[type].values()].map((entity) => toRow(city, entity, MEDIA[type])),
  );
  const collator = new Intl.Collator('en', { numeric: true });
  return rows.sort((left, right) => collator.compare(left.name, right.name));
}

function toRow(city: City, entity: Entity, { medium, registers, now }: MediumRow): MediaRow {
  const device = city.Device.get(targetOf(entity, 'refDevice') ?? '');
  const point = city.ConsumptionPoint.get(targetOf(entity, 'refPoint') ?? '');
  return {
    id: localId(entity.id),
    name: (point && textOf(point, 'name')) ?? (device && textOf(device, 'name')) ?? localId(entity.id),
    medium,
    register: firstOf(entity, registers),
    now: firstOf(entity, now),
    forwardC: numberOf(entity, 'forwardTemperature'),
    returnC: numberOf(entity, 'returnTemperature'),
    heardAtMs: heardAtOf(entity),
    intervalSeconds: (device && numberOf(device, 'reportingIntervalSeconds')) ?? DEFAULT_INTERVAL_SECONDS,
  };
}

function firstOf(entity: Entity, figures: readonly Figure[]): MediaValue | undefined {
  for (const { attribute, unit, digits } of figures) {
    const value = numberOf(entity, attribute);
    if (value !== undefined) return { value, unit, digits };
  }
  return undefined;
}
