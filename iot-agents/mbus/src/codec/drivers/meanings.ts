/**
 * What a maker means by VIFs of its own, or by subunits under a VIF of the standard. Rows are tried in their order. Facts
 * from wmbusmeters/wmbusmeters:drivers/src/iem3000.xmq (9 telegrams) and kamheat.xmq (10).
 */

import type { MeterRecord } from '../record/record.js';

interface MeaningRow {
  /** The maker's VIFEs behind FF; none for a VIF of the standard. */
  readonly vifes?: readonly number[];
  /** The quantity as the VIF gives it. */
  readonly of?: string;
  readonly subunit?: number;
  readonly quantity: string;
  readonly unit: string;
  readonly exponent?: number;
}

const MEANINGS: Readonly<Record<string, readonly MeaningRow[]>> = {
  // Schneider iEM3000: subunits tell active from reactive and apparent; the unit stays that of the VIF.
  SEC: [
    { of: 'Energy', subunit: 1, quantity: 'Reactive energy', unit: 'varh' },
    { of: 'Power', subunit: 1, quantity: 'Reactive power', unit: 'W' },
    { of: 'Power', subunit: 2, quantity: 'Apparent power', unit: 'W' },
    { vifes: [0x0a], quantity: 'Power factor', unit: '' },
    { vifes: [0x0b], quantity: 'Frequency', unit: 'Hz' },
    { vifes: [0x24], quantity: 'Nominal frequency', unit: 'Hz' },
  ],
  // Kamstrup Multical: volume times temperature, in flow and return.
  KAM: [
    { vifes: [0x07], quantity: 'Forward energy', unit: 'm^3*°C' },
    { vifes: [0x08], quantity: 'Return energy', unit: 'm^3*°C' },
    { vifes: [0x20], quantity: 'Info codes', unit: '' },
    { vifes: [0x21], quantity: 'Info codes', unit: '' },
    { vifes: [0x22], quantity: 'Info codes', unit: '' },
  ],
};

const MAKER_VIF = 'Manufacturer specific';

export function withMeanings(records: readonly MeterRecord[], manufacturer: string): readonly MeterRecord[] {
  const rows = MEANINGS[manufacturer];
  return rows === undefined ? records : records.map((record) => withMeaning(record, rows));
}

function withMeaning(record: MeterRecord, rows: readonly MeaningRow[]): MeterRecord {
  const row = rows.find((candidate) => isOf(record, candidate));
  if (row === undefined) return record;
  return { ...record, quantity: row.quantity, unit: row.unit, exponent: row.exponent ?? record.exponent };
}

function isOf({ quantity, makerBytes, subunit }: MeterRecord, row: MeaningRow): boolean {
  if (row.subunit !== undefined && row.subunit !== subunit) return false;
  if (row.vifes === undefined) return row.of === quantity;
  return quantity === MAKER_VIF && row.vifes.every((vife, index) => makerBytes?.[index] === vife);
}
