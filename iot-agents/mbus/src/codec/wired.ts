/** A telegram of the wired bus: link frame, header and data (EN 13757-2 and EN 13757-3) in one value. */

import { type Decoded, WireError } from '@contor/kit';
import { withMeanings } from './drivers/meanings.js';
import { garbage } from './fault.js';
import {
  ADDRESS_LENGTH,
  addressOfHeader,
  decodeSelection,
  encodeSelection,
  headerBytes,
  type MeterAddress,
  type SecondarySelection,
  u16,
} from './header/address.js';
import { decodeFrame, encodeFrame, type WiredFrame } from './link/frame.js';
import { decodeFixed, type FixedData } from './record/fixed.js';
import { type DataBody, decodeRecords } from './record/record.js';

/** CI fields of the wired bus (EN 13757-7, table 2). */
export const CI = {
  select: 0x52,
  applicationError: 0x70,
  variable: 0x72,
  fixed: 0x73,
  /** Most significant byte first: in the standard of 1997, and given up since. */
  variableReversed: 0x76,
  variableNoHeader: 0x78,
  variableShort: 0x7a,
} as const;

export interface VariableHeader {
  readonly meter: MeterAddress | undefined;
  readonly accessNumber: number;
  readonly status: number;
  readonly signature: number;
}

export type WiredBody =
  | { readonly kind: 'link' }
  | { readonly kind: 'variable'; readonly header: VariableHeader | undefined; readonly data: DataBody }
  | { readonly kind: 'fixed'; readonly data: FixedData }
  | { readonly kind: 'select'; readonly selection: SecondarySelection; readonly rest: Uint8Array }
  /** Undefined when the meter does not say which. */
  | { readonly kind: 'applicationError'; readonly error: number | undefined }
  /** Commands, alarms and what else we carry without opening it. */
  | { readonly kind: 'other'; readonly data: Uint8Array };

export interface WiredTelegram {
  readonly frame: WiredFrame;
  readonly body: WiredBody;
}

/** EN 13757-2, 5.7: the primary address that stands for the meter selected by its secondary one. */
export const NETWORK_LAYER = 0xfd;
const SND_UD = 0x53;
const SHORT_HEADER = 4;
const LONG_HEADER = ADDRESS_LENGTH + SHORT_HEADER;
const LINK_ONLY: WiredBody = { kind: 'link' };

export function decodeWired(bytes: Uint8Array): Decoded<WiredTelegram> {
  const decoded = decodeFrame(bytes);
  if (decoded.kind !== 'value') return decoded;
  const { value: frame, used } = decoded;
  if (frame.kind !== 'long') return { kind: 'value', value: { frame, body: LINK_ONLY }, used };
  const body = decodeBody(frame.ci, frame.data);
  if (body instanceof WireError) return garbage(body.code, body.message, body.context, used);
  return { kind: 'value', value: { frame, body }, used };
}

/** The meter's answer: long header and records. */
export function encodeVariable(
  link: { readonly control: number; readonly address: number },
  header: VariableHeader & { readonly meter: MeterAddress },
  records: Uint8Array,
): Uint8Array {
  const { meter, accessNumber, status, signature } = header;
  const counters = [accessNumber, status, signature & 0xff, signature >> 8];
  const data = Uint8Array.of(...headerBytes(meter), ...counters, ...records);
  return encodeFrame({ kind: 'long', ...link, ci: CI.variable, data });
}

/** The master's choice by secondary address (EN 13757-7, 7.5). */
export function encodeSelect(selection: SecondarySelection, control = SND_UD): Uint8Array {
  return encodeFrame({
    kind: 'long',
    control,
    address: NETWORK_LAYER,
    ci: CI.select,
    data: encodeSelection(selection),
  });
}

function decodeBody(ci: number, data: Uint8Array): WiredBody | WireError {
  switch (ci) {
    case CI.variable:
      return withHeader(data, LONG_HEADER);
    case CI.variableShort:
      return withHeader(data, SHORT_HEADER);
    case CI.variableNoHeader:
      return variable(undefined, data);
    case CI.fixed: {
      const fixed = decodeFixed(data);
      return fixed instanceof WireError ? fixed : { kind: 'fixed', data: fixed };
    }
    case CI.applicationError:
      return { kind: 'applicationError', error: data[0] };
    case CI.select: {
      const selection = decodeSelection(data);
      if (selection === undefined) return shortHeader(data.length, ADDRESS_LENGTH);
      return { kind: 'select', selection, rest: data.subarray(ADDRESS_LENGTH) };
    }
    default:
      return { kind: 'other', data };
  }
}

function withHeader(data: Uint8Array, length: number): WiredBody | WireError {
  if (data.length < length) return shortHeader(data.length, length);
  const at = length - SHORT_HEADER;
  const header: VariableHeader = {
    meter: length === LONG_HEADER ? addressOfHeader(data, 0) : undefined,
    accessNumber: data[at] ?? 0,
    status: data[at + 1] ?? 0,
    signature: u16(data, at + 2),
  };
  return variable(header, data.subarray(length));
}

function variable(header: VariableHeader | undefined, bytes: Uint8Array): WiredBody | WireError {
  const data = decodeRecords(bytes);
  if (data.fault !== undefined) return data.fault;
  const maker = header?.meter?.manufacturer;
  const records = maker === undefined ? data.records : withMeanings(data.records, maker);
  return { kind: 'variable', header, data: { ...data, records } };
}

function shortHeader(actual: number, expected: number): WireError {
  return new WireError('mbus.header.short', 'The bytes end within the header.', { expected, actual });
}
