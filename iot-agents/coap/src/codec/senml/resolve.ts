/**
 * Resolved records (RFC 8428, 4.6): base values applied, times absolute, in chronological order. "Now" is an argument; a
 * pack without absolute times cannot be dated without it, and then its times stay relative, zero being left out.
 */

import { WireError } from '@contor/kit';
import { addDecimals } from './decimal.js';
import { fieldOf, type SenmlRecord, VALUE_LABELS } from './fields.js';

/** RFC 8428, 4.5.3: times below 2^28 are relative to now. */
const FIRST_ABSOLUTE_TIME = 2 ** 28;
/** RFC 8428, 4.4: the version of the RFC, used where none is named. */
const DEFAULT_VERSION = 10;
/** RFC 9100, 3: 10 and feature 4, secondary units. */
const WITH_SECONDARY_UNITS = 26;
/** RFC 8428, 4.5.1. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9\-:./_]*$/;
const MAX_NAME = 510;

interface Base {
  readonly bn: string;
  readonly bt: number;
  readonly bu: string | undefined;
  readonly bv: number | undefined;
  readonly bs: number | undefined;
}

export function resolve(records: readonly SenmlRecord[], nowSeconds?: number): readonly SenmlRecord[] {
  const version = versionOf(records);
  const resolved: SenmlRecord[] = [];
  let base: Base = { bn: '', bt: 0, bu: undefined, bv: undefined, bs: undefined };
  for (const record of records) {
    base = nextBase(base, record);
    if (isMeasurement(record, base)) resolved.push(resolveRecord(record, base, version, nowSeconds));
  }
  return resolved.every(isAbsolute) ? resolved.sort((a, b) => (a.t ?? 0) - (b.t ?? 0)) : resolved;
}

function versionOf(records: readonly SenmlRecord[]): number {
  const first = records[0]?.bver ?? DEFAULT_VERSION;
  for (const { bver } of records) {
    if (bver !== undefined && bver !== first) throw new WireError('senml.version', 'The versions of a pack differ.');
  }
  if (!Number.isInteger(first) || first < 1 || (first > DEFAULT_VERSION && first !== WITH_SECONDARY_UNITS))
    throw new WireError('senml.version', 'The version of the pack is not supported.', { version: first });
  return first;
}

/** RFC 8428, 4.1: a base value holds from its record on until the next one of its kind. */
function nextBase(base: Base, record: SenmlRecord): Base {
  return {
    bn: record.bn ?? base.bn,
    bt: record.bt ?? base.bt,
    bu: record.bu ?? base.bu,
    bv: record.bv ?? base.bv,
    bs: record.bs ?? base.bs,
  };
}

/** A record of base fields alone says nothing itself; any other has a value or a sum, its own or the base's (RFC 8428, 4.2). */
function isMeasurement(record: SenmlRecord, base: Base): boolean {
  const values = VALUE_LABELS.filter((label) => record[label] !== undefined).length;
  if (values > 1) throw new WireError('senml.value', 'A record has more than one value.');
  if (values === 1 || record.s !== undefined) return true;
  const isBaseOnly = Object.keys(record).every((label) => fieldOf(label)?.isBase === true);
  if (isBaseOnly) return false;
  if (base.bv === undefined && base.bs === undefined) throw new WireError('senml.value', 'A record has no value.');
  return true;
}

function resolveRecord(record: SenmlRecord, base: Base, version: number, nowSeconds: number | undefined): SenmlRecord {
  const n = base.bn + (record.n ?? '');
  if (n.length > MAX_NAME || !NAME.test(n))
    throw new WireError('senml.name', 'A name has characters that no name has.');
  const u = record.u ?? base.bu;
  const hasOtherValue = record.vs !== undefined || record.vb !== undefined || record.vd !== undefined;
  const v = hasOtherValue ? undefined : sum(base.bv, record.v);
  const s = sum(base.bs, record.s);
  const t = absolute(sum(base.bt, record.t) ?? 0, nowSeconds);
  return {
    ...(record.extensions !== undefined && { extensions: record.extensions }),
    ...(version !== DEFAULT_VERSION && { bver: version }),
    n,
    ...(u !== undefined && { u }),
    ...(t !== undefined && { t }),
    ...(v !== undefined && { v }),
    ...(record.vs !== undefined && { vs: record.vs }),
    ...(record.vb !== undefined && { vb: record.vb }),
    ...(record.vd !== undefined && { vd: record.vd }),
    ...(s !== undefined && { s }),
    ...(record.ut !== undefined && { ut: record.ut }),
  };
}

function absolute(time: number, nowSeconds: number | undefined): number | undefined {
  if (time >= FIRST_ABSOLUTE_TIME) return time;
  if (nowSeconds !== undefined) return addDecimals(nowSeconds, time);
  return time === 0 ? undefined : time;
}

function isAbsolute(record: SenmlRecord): boolean {
  return record.t !== undefined && record.t >= FIRST_ABSOLUTE_TIME;
}

/** RFC 8428, 4.5.2 to 4.5.4: of two one may be missing and counts as zero; both missing is missing. */
function sum(base: number | undefined, own: number | undefined): number | undefined {
  if (base === undefined) return own;
  if (own === undefined) return base;
  const total = addDecimals(base, own);
  if (!Number.isFinite(total)) throw new WireError('senml.number', 'A base value and a value exceed a double.');
  return total;
}
