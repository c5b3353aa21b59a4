/** Sites with meters for the benches of the gateway, and the states of a meter as they change. */

import { entity, type NgsiEntity, urn } from '@contor/orion-config';

export const benchSite = (at: number): string => urn('Site', `bench-${at}`);
export const benchPoint = (at: number, row: number): string => urn('ConsumptionPoint', `bench-${at}-${row}`);
export const benchMeter = (at: number, row: number): string => urn('ACMeasurement', `bench-${at}-${row}`);

/** Parents first. */
export function benchTown(sites: number, rows: number): readonly NgsiEntity[] {
  return Array.from({ length: sites }, (_none, at) => [
    entity('Site', benchSite(at)).property('name', `Site ${at}`).build(),
    ...Array.from({ length: rows }, (_none, row) => [
      entity('ConsumptionPoint', benchPoint(at, row)).relationship('refSite', benchSite(at)).build(),
      benchState(at, row, 0),
    ]).flat(),
  ]).flat();
}

/** Twelve values, as a three-phase meter tells them: about 1.6 kB. */
export function benchState(at: number, row: number, value: number): NgsiEntity {
  const observedAt = new Date(Date.UTC(2026, 10, 20) + value * 1_000).toISOString();
  const told = { observedAt };
  return entity('ACMeasurement', benchMeter(at, row))
    .relationship('refPoint', benchPoint(at, row))
    .property('source', 'bench')
    .property('totalActivePower', value, told)
    .property('activePowerL1', value + 1, told)
    .property('activePowerL2', value + 2, told)
    .property('activePowerL3', value + 3, told)
    .property('voltageL1', 230.1, told)
    .property('voltageL2', 230.2, told)
    .property('voltageL3', 230.3, told)
    .property('currentL1', 1.1, told)
    .property('currentL2', 1.2, told)
    .property('currentL3', 1.3, told)
    .property('totalActiveEnergyImport', 1_000 + value, told)
    .property('frequency', 50, told)
    .build();
}
