/**
 * The payload of a record in history's log: what was asked, exactly as it came, with the tenant and the instant of
 * arrival. Rows are made from it when it is applied, and again when the log is read after a crash.
 *
 *   u8 kind · f64 arrivalMs · u8 tenant length · tenant · u16 headers length · headers · body
 *
 * The headers are the time-index attribute and the service paths, with NUL between; version 1 knew the former only.
 */

import { assert } from '@contor/kit';

export const RECORD_VERSION = 2;

/** A record of version 1 reads as it stands: it has no NUL, so no paths. */
export function migrateRecord(payload: Uint8Array): Uint8Array {
  return payload;
}

export type RecordKind = 'notification' | 'erasure';

export interface HistoryRecord {
  readonly kind: RecordKind;
  readonly arrivalMs: number;
  readonly tenant: string;
  readonly timeIndexAttribute: string | undefined;
  /** undefined: all in the root. */
  readonly servicePaths?: readonly string[] | undefined;
  readonly body: Uint8Array;
}

const KINDS: readonly RecordKind[] = ['notification', 'erasure'];
/** A header cannot hold it. */
const SEPARATOR = '\0';
const FIXED = 1 + 8 + 1 + 2;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeRecord(record: HistoryRecord): Uint8Array {
  const tenant = encoder.encode(record.tenant);
  const { timeIndexAttribute = '', servicePaths } = record;
  const header = encoder.encode([timeIndexAttribute, ...(servicePaths ?? [])].join(SEPARATOR));
  assert(tenant.length < 256 && header.length < 65_536, 'a record header out of range', { tenant: record.tenant });
  const bytes = new Uint8Array(FIXED + tenant.length + header.length + record.body.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, KINDS.indexOf(record.kind));
  view.setFloat64(1, record.arrivalMs);
  view.setUint8(9, tenant.length);
  bytes.set(tenant, 10);
  view.setUint16(10 + tenant.length, header.length);
  bytes.set(header, FIXED + tenant.length);
  bytes.set(record.body, FIXED + tenant.length + header.length);
  return bytes;
}

export function decodeRecord(bytes: Uint8Array): HistoryRecord {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kind = KINDS[view.getUint8(0)];
  assert(kind !== undefined, 'a log record of unknown kind', { kind: view.getUint8(0) });
  const tenantEnd = 10 + view.getUint8(9);
  const headerEnd = tenantEnd + 2 + view.getUint16(tenantEnd);
  const [header = '', ...paths] = decoder.decode(bytes.subarray(tenantEnd + 2, headerEnd)).split(SEPARATOR);
  return {
    kind,
    arrivalMs: view.getFloat64(1),
    tenant: decoder.decode(bytes.subarray(10, tenantEnd)),
    timeIndexAttribute: header === '' ? undefined : header,
    ...(paths.length > 0 && { servicePaths: paths }),
    body: bytes.subarray(headerEnd),
  };
}
