/** What a row of the entity type table says, and the attributes that many types share. */

import type { AttributeName } from '../attributes.js';
import type { Namespace } from '../namespaces.js';

export interface EntityTypeRow {
  /** Whose word it is. */
  readonly from: Namespace;
  readonly about: string;
  /** What entities of the type may carry; anything else does not compile. */
  readonly attributes: readonly AttributeName[];
}

// biome-ignore format: a list of words
export const NAMED = [
  'name', 'description',
] as const;

// biome-ignore format: a list of words
export const PLACED = [
  ...NAMED, 'address', 'location',
] as const;

// biome-ignore format: a list of words
export const DATED = [
  'validFrom', 'validTo',
] as const;

// biome-ignore format: a list of words
export const MEASURED = [
  ...NAMED, 'source', 'recordedAt', 'dateObserved', 'refDevice', 'refPoint', 'refSite', 'sequenceNumber', 'rawFrame',
  'correlationId',
] as const;

// biome-ignore format: a list of words
export const SERIES = [
  'intervalSeconds', 'source', 'recordedAt', 'refDevice', 'refPoint', 'refSite', 'refGroup', 'correlationId',
] as const;

// biome-ignore format: a list of words
export const REGISTERS = [
  'totalActiveEnergyImport', 'totalActiveEnergyExport', 'totalActiveEnergySum', 'totalActiveEnergyDifference',
  'totalActiveEnergyImportT1', 'totalActiveEnergyImportT2', 'totalActiveEnergyImportT3', 'totalActiveEnergyImportT4',
  'totalActiveEnergyExportT1', 'totalActiveEnergyExportT2', 'totalActiveEnergyExportT3', 'totalActiveEnergyExportT4',
  'totalReactiveEnergyImport', 'totalReactiveEnergyExport', 'totalApparentEnergyImport', 'totalApparentEnergyExport',
  'pulseCount',
] as const;

// biome-ignore format: a list of words
export const GAUGES = [
  'totalActivePower', 'activePowerL1', 'activePowerL2', 'activePowerL3', 'activePowerImport', 'activePowerExport',
  'totalReactivePower', 'reactivePowerL1', 'reactivePowerL2', 'reactivePowerL3', 'reactivePowerImport',
  'reactivePowerExport', 'totalApparentPower', 'voltageL1', 'voltageL2', 'voltageL3', 'voltageL1L2', 'voltageL2L3',
  'voltageL3L1', 'currentL1', 'currentL2', 'currentL3', 'currentN', 'powerFactor', 'powerFactorL1', 'powerFactorL2',
  'powerFactorL3', 'sineL1', 'sineL2', 'sineL3', 'frequency', 'thdVoltageL1', 'thdVoltageL2', 'thdVoltageL3',
  'thdCurrentL1', 'thdCurrentL2', 'thdCurrentL3', 'outageCountL1', 'outageCountL2', 'outageCountL3',
] as const;

// biome-ignore format: a list of words
export const OTHER_REGISTERS = [
  'totalHeatEnergy', 'totalCoolingEnergy', 'totalVolume', 'totalGasVolume', 'waterConsumption',
] as const;

// biome-ignore format: a list of words
export const CHANNELS = [
  'activeEnergyImport', 'activeEnergyExport', 'reactiveEnergyImport', 'reactiveEnergyExport', 'heatEnergy',
  'heatVolume', 'gasVolume', 'waterVolume',
] as const;

// biome-ignore format: a list of words
export const QUALITIES = [
  'activeEnergyImportQuality', 'activeEnergyExportQuality', 'reactiveEnergyImportQuality',
  'reactiveEnergyExportQuality', 'heatEnergyQuality', 'heatVolumeQuality', 'gasVolumeQuality', 'waterVolumeQuality',
] as const;
