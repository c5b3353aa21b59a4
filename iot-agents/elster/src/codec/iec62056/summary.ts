/**
 * What a technician looks for first in a readout, by the codes of IEC 62056-6-1: energies in kWh, powers in kW, clock, serial
 * number. The exact values stay in the data sets; these are for the eyes.
 */

import type { DataSet, DataValue } from './data-set.js';
import { parseTime } from './time.js';

interface SummaryRow {
  readonly code: string;
  readonly name: string;
  readonly kind: 'kWh' | 'kvarh' | 'kW' | 'text' | 'serial' | 'count';
}

/** C.D.E without channel and billing period. Of several rows of one name the first that is there speaks. */
const ROWS = [
  { code: '1.8.0', name: 'activeEnergyImport_kWh', kind: 'kWh' },
  { code: '1.8.1', name: 'activeEnergyImportRate1_kWh', kind: 'kWh' },
  { code: '1.8.2', name: 'activeEnergyImportRate2_kWh', kind: 'kWh' },
  { code: '1.8.3', name: 'activeEnergyImportRate3_kWh', kind: 'kWh' },
  { code: '1.8.4', name: 'activeEnergyImportRate4_kWh', kind: 'kWh' },
  { code: '2.8.0', name: 'activeEnergyExport_kWh', kind: 'kWh' },
  { code: '2.8.1', name: 'activeEnergyExportRate1_kWh', kind: 'kWh' },
  { code: '2.8.2', name: 'activeEnergyExportRate2_kWh', kind: 'kWh' },
  { code: '2.8.3', name: 'activeEnergyExportRate3_kWh', kind: 'kWh' },
  { code: '2.8.4', name: 'activeEnergyExportRate4_kWh', kind: 'kWh' },
  { code: '3.8.0', name: 'reactiveEnergyImport_kvarh', kind: 'kvarh' },
  { code: '4.8.0', name: 'reactiveEnergyExport_kvarh', kind: 'kvarh' },
  { code: '1.7.0', name: 'activePowerImport_kW', kind: 'kW' },
  { code: '2.7.0', name: 'activePowerExport_kW', kind: 'kW' },
  { code: '16.7.0', name: 'activePowerTotal_kW', kind: 'kW' },
  { code: 'C.1.1', name: 'serial', kind: 'serial' },
  { code: 'C.1.0', name: 'serial', kind: 'serial' },
  { code: 'C.1', name: 'serial', kind: 'serial' },
  { code: '0.0.0', name: 'serial', kind: 'serial' },
  { code: '96.1.0', name: 'serial', kind: 'serial' },
  { code: 'F.F', name: 'error', kind: 'text' },
  { code: 'F.F.0', name: 'error', kind: 'text' },
  { code: 'C.5.0', name: 'status', kind: 'text' },
  { code: 'C.7.0', name: 'powerFailures', kind: 'count' },
  { code: '96.7.21', name: 'powerFailures', kind: 'count' },
] as const satisfies readonly SummaryRow[];

/** Power of ten to the unit of a row's kind. */
const SHIFTS: Readonly<Record<string, { readonly kind: SummaryRow['kind']; readonly digits: number }>> = {
  Wh: { kind: 'kWh', digits: -3 },
  kWh: { kind: 'kWh', digits: 0 },
  MWh: { kind: 'kWh', digits: 3 },
  varh: { kind: 'kvarh', digits: -3 },
  kvarh: { kind: 'kvarh', digits: 0 },
  W: { kind: 'kW', digits: -3 },
  kW: { kind: 'kW', digits: 0 },
  MW: { kind: 'kW', digits: 3 },
};

const MAX_RATE = 9;

export function summaryOf(sets: readonly DataSet[]): Readonly<Record<string, unknown>> {
  const registers = registersOf(sets);
  const answer: Record<string, unknown> = {};
  for (const row of ROWS) {
    const value = registers.get(row.code)?.values[0];
    const said = value === undefined || row.name in answer ? undefined : say(row.kind, value);
    if (said !== undefined) answer[row.name] = said;
  }
  const clock = clockOf(registers);
  const rates = ratesOf(registers, '1.8');
  const billing = billingOf(sets, registers);
  return {
    ...answer,
    ...(clock !== undefined && { clock }),
    ...maximaOf(registers),
    ...(Object.keys(rates).length > 0 && { rates }),
    ...(Object.keys(billing).length > 0 && { billing }),
  };
}

/** `1-1:1.8.0*255` → `1.8.0`; stored values (`*01`) and other media than electricity and general ones stay out. */
function registersOf(sets: readonly DataSet[]): ReadonlyMap<string, DataSet> {
  const registers = new Map<string, DataSet>();
  for (const set of sets) {
    const code = /^(?:[01]-[01]:)?([0-9A-Z]{1,3}(?:\.[0-9A-Z]{1,3}){1,2})(?:\*255)?$/.exec(set.address)?.[1];
    if (code !== undefined && !registers.has(code)) registers.set(code, set);
  }
  return registers;
}

function say(kind: SummaryRow['kind'], value: DataValue): number | string | undefined {
  if (kind === 'text') return value.value;
  // Meters fill the number with zeros to the width of the field; it is printed without.
  if (kind === 'serial') return value.value.replace(/^0+(?=\d)/, '');
  const number = numberIn(value.value);
  if (kind === 'count') return number;
  const shift = SHIFTS[value.unit ?? ''];
  return number === undefined || shift?.kind !== kind ? undefined : shifted(number, shift.digits);
}

function numberIn(text: string): number | undefined {
  return /^\s*[+-]?\d{1,15}(?:\.\d{1,9})?\s*$/.test(text) ? Number(text) : undefined;
}

/** By division, which is exact where a product of 0.001 is not. */
function shifted(number: number, digits: number): number {
  return digits < 0 ? number / 10 ** -digits : number * 10 ** digits;
}

/** One stamp (1.0.0), or a time (0.9.1) and a date (0.9.2). */
function clockOf(registers: ReadonlyMap<string, DataSet>): string | undefined {
  const text = (code: string): string => registers.get(code)?.values[0]?.value ?? '';
  const stamp = parseTime(text('1.0.0'), 'stamp');
  if (stamp !== undefined) return `${stamp.date}T${stamp.time}`;
  const [time, date] = [parseTime(text('0.9.1'), 'time'), parseTime(text('0.9.2'), 'date')];
  return time === undefined || date === undefined ? undefined : `${date.date}T${time.time}`;
}

function ratesOf(registers: ReadonlyMap<string, DataSet>, code: string): Readonly<Record<string, number | string>> {
  const rates: Record<string, number | string> = {};
  for (let rate = 1; rate <= MAX_RATE; rate += 1) {
    const value = registers.get(`${code}.${rate}`)?.values[0];
    const said = value === undefined ? undefined : say('kWh', value);
    if (said !== undefined) rates[`${code}.${rate}`] = said;
  }
  return rates;
}

/** Maximum demand of active import with its stamp, per rate. */
function maximaOf(registers: ReadonlyMap<string, DataSet>): Readonly<Record<string, unknown>> {
  const maxima: Record<string, unknown> = {};
  for (let rate = 0; rate <= MAX_RATE; rate += 1) {
    const [value, stampValue] = registers.get(`1.6.${rate}`)?.values ?? [];
    const kW = value === undefined ? undefined : say('kW', value);
    if (kW === undefined) continue;
    const stamp = parseTime(stampValue?.value ?? '', 'stamp');
    maxima[rate === 0 ? 'maximumDemand' : `maximumDemandRate${rate}`] = {
      kW,
      ...(stamp !== undefined && { at: `${stamp.date}T${stamp.time}` }),
    };
  }
  return maxima;
}

/** Stored energies `1.8.1*02`: they carry no unit and take that of the current value. */
function billingOf(
  sets: readonly DataSet[],
  registers: ReadonlyMap<string, DataSet>,
): Readonly<Record<string, number | string>> {
  const billing: Record<string, number | string> = {};
  for (const { address, values } of sets) {
    const match = /^(?:[01]-[01]:)?(([1-9])\.8\.\d)[*&](\d\d)$/.exec(address);
    const [value] = values;
    if (match === null || value === undefined) continue;
    const [, code = '', quantity = '', period = ''] = match;
    const unit = value.unit ?? registers.get(code)?.values[0]?.unit;
    const said = say(Number(quantity) <= 2 ? 'kWh' : 'kvarh', {
      value: value.value,
      ...(unit !== undefined && { unit }),
    });
    if (said !== undefined) billing[`${code}*${period}`] = said;
  }
  return billing;
}
