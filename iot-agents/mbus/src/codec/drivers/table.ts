/** The maker tables together, and the one function that reads them. A maker is a file with rows, and a line here. */

import { WireError } from '@contor/kit';
import type { MeterAddress } from '../header/address.js';
import { deviceTypeName } from '../header/names.js';
import type { MeterRecord } from '../record/record.js';
import { APATOR_MEDIA, APATOR_ROWS } from './apator.js';
import { DIEHL_ROWS } from './diehl.js';
import { OTHER_ROWS } from './others.js';
import { fieldRecord, short } from './reading.js';
import type { MakerContext, MakerRow, Where } from './row.js';
import { TECHEM_MEDIA, TECHEM_ROWS } from './techem.js';

const ROWS: readonly MakerRow[] = [...APATOR_ROWS, ...DIEHL_ROWS, ...TECHEM_ROWS, ...OTHER_ROWS];

const BY_MAKER = new Map<string, readonly MakerRow[]>();
for (const row of ROWS) BY_MAKER.set(row.manufacturer, [...(BY_MAKER.get(row.manufacturer) ?? []), row]);

/** By the address of the link: maker, version and type are what a maker's tables go by. */
export function makerRow({ manufacturer, version, deviceType }: MeterAddress, where: Where): MakerRow | undefined {
  return BY_MAKER.get(manufacturer)?.find(
    (row) =>
      row.where === where &&
      (row.versions?.includes(version) ?? true) &&
      (row.deviceTypes?.includes(deviceType) ?? true),
  );
}

export function readMaker(
  row: MakerRow,
  payload: Uint8Array,
  context: MakerContext,
): readonly MeterRecord[] | WireError {
  if (payload.length < row.least) return short(row.least, payload.length);
  const opened = row.open === undefined ? payload : row.open(payload, context);
  if (opened instanceof WireError) return opened;
  return [...row.fields, ...(row.more?.(opened) ?? [])].map((field) => fieldRecord(field, opened));
}

const MEDIA: Readonly<Record<string, Readonly<Record<number, string>>>> = { TCH: TECHEM_MEDIA, APT: APATOR_MEDIA };

/** Some makers use codes that the standard keeps for itself. */
export function mediaOf({ manufacturer, deviceType }: MeterAddress): string {
  return MEDIA[manufacturer]?.[deviceType] ?? deviceTypeName(deviceType);
}
