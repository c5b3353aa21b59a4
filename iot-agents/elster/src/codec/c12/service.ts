/**
 * The requests of PSEM: ANSI C12.18-2006, 4.7, and those that C12.21-2006, 4.7 adds for modems (authenticate, timing, disconnect).
 * A row a service: its codes and its fields in the order of the wire. Integers are big-endian here, whatever a table says.
 */

import { ByteReader, ByteWriter, toHex, WireError } from '@contor/kit';

/** What a field is on the wire; `rest` takes what is left, `tableData` is count, data, checksum. */
type FieldKind = 'u8' | 'u16' | 'u24' | 'text10' | 'hex20' | 'hexCounted' | 'indices' | 'bauds' | 'tableData';

interface ServiceRow {
  readonly service: string;
  /** First code, and the last where the code itself carries a count. */
  readonly codes: readonly [number, number];
  readonly fields: Readonly<Record<string, FieldKind>>;
}

export const SERVICES = [
  { service: 'identify', codes: [0x20, 0x20], fields: {} },
  { service: 'terminate', codes: [0x21, 0x21], fields: {} },
  { service: 'disconnect', codes: [0x22, 0x22], fields: {} },
  { service: 'read', codes: [0x30, 0x30], fields: { table: 'u16' } },
  { service: 'read-index', codes: [0x31, 0x39], fields: { table: 'u16', indices: 'indices', count: 'u16' } },
  { service: 'read-default', codes: [0x3e, 0x3e], fields: {} },
  { service: 'read-partial', codes: [0x3f, 0x3f], fields: { table: 'u16', offset: 'u24', count: 'u16' } },
  { service: 'write', codes: [0x40, 0x40], fields: { table: 'u16', data: 'tableData' } },
  { service: 'write-index', codes: [0x41, 0x49], fields: { table: 'u16', indices: 'indices', data: 'tableData' } },
  { service: 'write-partial', codes: [0x4f, 0x4f], fields: { table: 'u16', offset: 'u24', data: 'tableData' } },
  { service: 'logon', codes: [0x50, 0x50], fields: { userId: 'u16', user: 'text10' } },
  { service: 'security', codes: [0x51, 0x51], fields: { password: 'hex20' } },
  { service: 'logoff', codes: [0x52, 0x52], fields: {} },
  { service: 'authenticate', codes: [0x53, 0x53], fields: { authentication: 'hexCounted' } },
  { service: 'negotiate', codes: [0x60, 0x6b], fields: { packetSize: 'u16', packets: 'u8', bauds: 'bauds' } },
  { service: 'wait', codes: [0x70, 0x70], fields: { seconds: 'u8' } },
  {
    service: 'timing-setup',
    codes: [0x71, 0x71],
    fields: { trafficSeconds: 'u8', interCharacterSeconds: 'u8', responseSeconds: 'u8', retries: 'u8' },
  },
] as const satisfies readonly ServiceRow[];

export type ServiceName = (typeof SERVICES)[number]['service'];
export type FieldValue = number | string | readonly number[];

/** Values by the names of the row; bytes as hex. */
export interface Request {
  readonly service: ServiceName;
  readonly [field: string]: FieldValue;
}

/** 4.7.7: the selectors of a baud rate, at their index. */
export const BAUD_SELECTORS = [
  undefined,
  300,
  600,
  1200,
  2400,
  4800,
  9600,
  14_400,
  19_200,
  28_800,
  57_600,
  38_400,
  115_200,
  128_000,
  256_000,
] as const;

const MAX_REQUEST = 65_535;

export function decodeRequest(bytes: Uint8Array): Request | WireError {
  try {
    const reader = new ByteReader(bytes);
    const code = reader.u8();
    const row = rowOf((candidate) => code >= candidate.codes[0] && code <= candidate.codes[1]);
    if (row === undefined) return new WireError('c12.service', 'No service has this code.', { code });
    const request: Record<string, FieldValue> = {};
    for (const [name, kind] of Object.entries(row.fields)) {
      const value = READ[kind](reader, code - row.codes[0]);
      if (value !== undefined) request[name] = value;
    }
    if (reader.remaining > 0) return new WireError('c12.trailing', 'The request is longer than its service.', { code });
    return { ...request, service: row.service };
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

export function encodeRequest(request: Request): Uint8Array {
  const row = rowOf(({ service }) => service === request.service);
  if (row === undefined) throw new WireError('c12.service', 'There is no such service.', { service: request.service });
  const writer = new ByteWriter(MAX_REQUEST);
  writer.u8(row.codes[0] + countOf(request));
  for (const [name, kind] of Object.entries(row.fields)) WRITE[kind](writer, request[name]);
  return writer.finish();
}

function rowOf(wanted: (row: ServiceRow) => boolean): (ServiceRow & { readonly service: ServiceName }) | undefined {
  return SERVICES.find((row) => wanted(row));
}

/** The code of read-index counts from one index on, that of negotiate from no baud rate on. */
function countOf({ indices, bauds }: Request): number {
  if (Array.isArray(indices)) return indices.length - 1;
  return Array.isArray(bauds) ? bauds.length : 0;
}

const READ: Readonly<Record<FieldKind, (reader: ByteReader, extra: number) => FieldValue | undefined>> = {
  u8: (reader) => reader.u8(),
  u16: (reader) => reader.u16(),
  u24: (reader) => reader.u8() * 0x1_0000 + reader.u16(),
  text10: (reader) => Buffer.from(reader.bytes(10)).toString('latin1').trimEnd(),
  hex20: (reader) => toHex(reader.bytes(20)),
  hexCounted: (reader) => toHex(reader.bytes(reader.u8())),
  indices: (reader, extra) => Array.from({ length: extra + 1 }, () => reader.u16()),
  bauds: (reader, extra) =>
    extra === 0 ? undefined : Array.from({ length: extra }, () => BAUD_SELECTORS[reader.u8()] ?? 0),
  tableData: (reader) => toHex(readTableData(reader)),
};

const WRITE: Readonly<Record<FieldKind, (writer: ByteWriter, value: FieldValue | undefined) => void>> = {
  u8: (writer, value) => writer.u8(Number(value)),
  u16: (writer, value) => writer.u16(Number(value)),
  u24: (writer, value) => writer.u8(Math.floor(Number(value) / 0x1_0000)).u16(Number(value) % 0x1_0000),
  text10: (writer, value) => writer.bytes(sized(Buffer.from(String(value).padEnd(10), 'latin1'), 10)),
  hex20: (writer, value) => writer.bytes(sized(hexOf(value), 20)),
  hexCounted: (writer, value) => writer.u8(hexOf(value).length).bytes(hexOf(value)),
  indices: (writer, value) => {
    for (const index of listOf(value)) writer.u16(index);
  },
  bauds: (writer, value) => {
    for (const baud of listOf(value)) writer.u8(Math.max(0, (BAUD_SELECTORS as readonly unknown[]).indexOf(baud)));
  },
  tableData: (writer, value) => writeTableData(writer, hexOf(value)),
};

/** 4.7.4: count, data, and the two's complement of the sum of the data. */
export function readTableData(reader: ByteReader): Uint8Array {
  const data = reader.bytes(reader.u16());
  const actual = reader.u8();
  const expected = checksumOf(data);
  if (actual !== expected)
    throw new WireError('c12.table-checksum', 'The sum over the table does not fit.', { expected, actual });
  return data;
}

export function writeTableData(writer: ByteWriter, data: Uint8Array): void {
  writer.u16(data.length).bytes(data).u8(checksumOf(data));
}

function checksumOf(data: Uint8Array): number {
  let sum = 0;
  for (const byte of data) sum += byte;
  return -sum & 0xff;
}

function hexOf(value: FieldValue | undefined): Buffer {
  return Buffer.from(String(value ?? ''), 'hex');
}

function listOf(value: FieldValue | undefined): readonly number[] {
  return typeof value === 'object' ? value : [];
}

function sized(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new WireError('wire.range', 'The value does not fit its field.', { length });
  return bytes;
}
