/** The answers of a meter: ANSI C12.18-2006, 4.7, C12.21-2006, 4.7. A code, and after `ok` what the request asked for. */

import { ByteReader, ByteWriter, toHex, WireError } from '@contor/kit';
import { BAUD_SELECTORS, readTableData, type ServiceName, writeTableData } from './service.js';

/** 4.7.1, at the index of their code; from 0B on those of C12.22-2008, 5.3.2.4. */
export const RESPONSES = [
  { name: 'ok', says: 'done' },
  { name: 'err', says: 'refused for another reason' },
  { name: 'sns', says: 'service not supported' },
  { name: 'isc', says: 'insufficient security clearance' },
  { name: 'onp', says: 'operation not possible' },
  { name: 'iar', says: 'inappropriate action requested' },
  { name: 'bsy', says: 'device busy' },
  { name: 'dnr', says: 'data not ready' },
  { name: 'dlk', says: 'data locked' },
  { name: 'rno', says: 'renegotiate' },
  { name: 'isss', says: 'invalid service sequence state' },
  { name: 'sme', says: 'security mechanism error' },
  { name: 'uat', says: 'unknown application title' },
  { name: 'nett', says: 'network timeout' },
  { name: 'netr', says: 'network not reachable' },
  { name: 'rqtl', says: 'request too large' },
  { name: 'rstl', says: 'response too large' },
  { name: 'sgnp', says: 'segmentation not possible' },
  { name: 'sgerr', says: 'segmentation error' },
] as const;

export interface Response {
  readonly response: string;
  readonly responseCode: number;
  /** What `ok` brought, by the service it answers. */
  readonly [field: string]: unknown;
}

/** Without `service` only the code is read: the bytes behind it do not say what they are. */
export function decodeResponse(bytes: Uint8Array, service?: ServiceName): Response | WireError {
  try {
    const reader = new ByteReader(bytes);
    const responseCode = reader.u8();
    const response = RESPONSES[responseCode]?.name;
    if (response === undefined) return new WireError('c12.response', 'No response has this code.', { responseCode });
    const head = { response, responseCode };
    const read = responseCode === 0 && service !== undefined ? ANSWERS[service] : undefined;
    if (read === undefined) return reader.remaining > 0 ? { ...head, answer: toHex(reader.rest()) } : head;
    const answer = read(reader);
    if (reader.remaining > 0) return new WireError('c12.trailing', 'The answer is longer than its service.');
    return { ...head, ...answer };
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

/** A refusal, or `ok` with the bytes of the answer. */
export function encodeResponse(responseCode: number, answer: Uint8Array = new Uint8Array()): Uint8Array {
  return new ByteWriter(65_535).u8(responseCode).bytes(answer).finish();
}

/** `ok` to a read: the table, whole or in part. */
export function encodeTableResponse(data: Uint8Array): Uint8Array {
  const writer = new ByteWriter(65_540).u8(0);
  writeTableData(writer, data);
  return writer.finish();
}

const ANSWERS: Readonly<Partial<Record<ServiceName, (reader: ByteReader) => object>>> = {
  identify: readIdentity,
  read: readTable,
  'read-partial': readTable,
  'read-index': readTable,
  'read-default': readTable,
  authenticate: (reader) => ({ authentication: toHex(reader.bytes(reader.u8())) }),
  negotiate: (reader) => ({
    packetSize: reader.u16(),
    packets: reader.u8(),
    baud: BAUD_SELECTORS[reader.u8()] ?? 0,
  }),
  'timing-setup': (reader) => ({
    trafficSeconds: reader.u8(),
    interCharacterSeconds: reader.u8(),
    responseSeconds: reader.u8(),
    retries: reader.u8(),
  }),
};

function readTable(reader: ByteReader): object {
  return { data: toHex(readTableData(reader)) };
}

const STANDARDS: Readonly<Record<number, string>> = { 0: 'C12.18', 2: 'C12.21', 3: 'C12.22' };

/** 4.7.2: standard, version, revision, then features up to a zero (the features of C12.21 are not taken apart). */
function readIdentity(reader: ByteReader): object {
  const number = reader.u8();
  const head = { standard: STANDARDS[number] ?? `reserved ${number}`, version: reader.u8(), revision: reader.u8() };
  const features = reader.rest();
  if (features.at(-1) !== 0) throw new WireError('c12.identity', 'The list of features does not end.');
  return features.length > 1 ? { ...head, features: toHex(features.subarray(0, -1)) } : head;
}
