/** Byte by byte, for the eyes: `contor decode mbus|wmbus --explain`. */

import { type DecodeRequest, type ExplainedRow, toHex, WireError } from '@contor/kit';
import { idAt, u16 } from '../codec/header/address.js';
import { formatManufacturer } from '../codec/header/manufacturer.js';
import { deviceTypeName } from '../codec/header/names.js';
import { decodeLink, type RadioFrame } from '../codec/radio/link.js';
import { decodeTelegram, type RadioTelegram, radioMemory } from '../codec/radio/telegram.js';
import { decodeRecords, type MeterRecord } from '../codec/record/record.js';
import { decodeWired, type WiredBody } from '../codec/wired.js';
import { bytesOf, hexBytes, inputOf } from './input.js';
import { recordLines } from './records.js';

/** Puts rows one behind the other over the bytes. */
class Rows {
  readonly rows: ExplainedRow[] = [];
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(length: number, name: string, says: (bytes: Uint8Array) => string): void {
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    if (bytes.length === 0) return;
    this.#at += bytes.length;
    this.rows.push({ bytes, name, says: says(bytes) });
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }
}

const number = ([byte = 0]: Uint8Array) => String(byte);
const asHex = (bytes: Uint8Array) => toHex(bytes);

export function explainWired(request: DecodeRequest): readonly ExplainedRow[] {
  const bytes = bytesOf(request);
  if (bytes === undefined || bytes.length === 0) return [];
  const decoded = decodeWired(bytes);
  if (decoded.kind !== 'value') {
    return [
      {
        bytes,
        name: 'frame',
        says: decoded.kind === 'pending' ? 'the bytes end within the frame' : decoded.error.message,
      },
    ];
  }
  const { frame, body } = decoded.value;
  const rows = new Rows(bytes);
  if (frame.kind === 'ack') rows.take(1, 'E5', () => 'acknowledged');
  if (frame.kind === 'short') rows.take(1, 'start', () => 'short frame');
  if (frame.kind === 'long') rows.take(4, 'start, lengths, start', () => `${frame.data.length + 3} bytes follow`);
  if (frame.kind !== 'ack') {
    rows.take(1, 'C', asHex);
    rows.take(1, 'A', number);
  }
  if (frame.kind === 'long') explainBody(rows, body, frame.data);
  if (frame.kind !== 'ack') rows.take(1, 'checksum', () => 'right');
  rows.take(1, 'stop', asHex);
  return rows.rows;
}

function explainBody(rows: Rows, body: WiredBody, data: Uint8Array): void {
  rows.take(1, 'CI', () => body.kind);
  if (body.kind !== 'variable') {
    rows.take(data.length, 'data', asHex);
    return;
  }
  if (body.header?.meter !== undefined) explainAddress(rows);
  if (body.header !== undefined) explainCounters(rows, 'signature');
  const headerLength = body.header === undefined ? 0 : body.header.meter === undefined ? 4 : 12;
  explainRecords(rows, data.subarray(headerLength), body.data.records);
}

function explainAddress(rows: Rows): void {
  rows.take(4, 'identification', (bytes) => idAt(bytes, 0));
  rows.take(2, 'manufacturer', (bytes) => formatManufacturer(u16(bytes, 0)));
  rows.take(1, 'version', number);
  rows.take(1, 'device type', ([type = 0]) => deviceTypeName(type));
}

function explainCounters(rows: Rows, last: string): void {
  rows.take(1, 'access number', number);
  rows.take(1, 'status', asHex);
  rows.take(2, last, (bytes) => u16(bytes, 0).toString(16).padStart(4, '0'));
}

/** Each record by its header and its data; fillers between them are shown too. */
function explainRecords(rows: Rows, payload: Uint8Array, records: readonly MeterRecord[]): void {
  const lines = recordLines(records);
  let at = 0;
  for (const [index, record] of records.entries()) {
    if (record.end <= at || record.dataAt <= record.at) continue;
    rows.take(record.at - at, 'filler', () => '');
    rows.take(record.dataAt - record.at, 'DIB, VIB', () => describe(record));
    rows.take(record.end - record.dataAt, 'data', () => `${lines[index]?.value ?? 'no value'} ${record.unit}`.trim());
    at = record.end;
  }
  rows.take(payload.length - at, 'rest', () => 'fillers, or what follows a fault');
}

function describe({ quantity, function: kind, storage, tariff, subunit, modifiers }: MeterRecord): string {
  const numbers = Object.entries({ storage, tariff, subunit }).filter(([, value]) => value > 0);
  const parts = [kind === 'instantaneous' ? '' : kind, quantity, ...numbers.map(([name, value]) => `${name} ${value}`)];
  return [...parts, ...modifiers.map(({ name }) => name)].filter((part) => part !== '').join(', ');
}

export function explainWireless(request: DecodeRequest): readonly ExplainedRow[] {
  const input = inputOf(request);
  const bytes = hexBytes(input.hex);
  if (bytes === undefined || bytes.length === 0) return [];
  const format = input.dataLinkCrc === 'A' || input.dataLinkCrc === 'B' ? input.dataLinkCrc : 'bare';
  const link = decodeLink(bytes, format);
  if (link.kind !== 'value')
    return [
      { bytes, name: 'frame', says: link.kind === 'pending' ? 'the bytes end within the frame' : link.error.message },
    ];
  const key = hexBytes(request.key);
  const telegram = decodeTelegram(link.value, () => key, radioMemory());
  return explainFrame(link.value, telegram);
}

/** Checksums of the link have been taken off. */
function explainFrame(frame: RadioFrame, telegram: RadioTelegram | WireError): readonly ExplainedRow[] {
  const rows = new Rows(frame.bytes);
  rows.take(1, 'L', () => `${frame.length} bytes follow`);
  rows.take(1, 'C', asHex);
  rows.take(2, 'manufacturer', (bytes) => formatManufacturer(u16(bytes, 0)));
  rows.take(4, 'identification', (bytes) => idAt(bytes, 0));
  rows.take(1, 'version', number);
  rows.take(1, 'device type', ([type = 0]) => deviceTypeName(type));
  if (telegram instanceof WireError) {
    rows.take(rows.remaining, 'not read', () => telegram.message);
    return rows.rows;
  }
  const { ell, authentication, transport } = telegram;
  if (ell !== undefined) explainEll(rows, ell);
  if (authentication !== undefined)
    rows.take(authentication.length + 2, 'AFL', () => `counter ${authentication.counter ?? '-'}`);
  if (transport !== undefined) explainTransport(rows, transport);
  return [...rows.rows, ...explainPayload(rows.remaining, frame.bytes, telegram)];
}

function explainEll(rows: Rows, ell: NonNullable<RadioTelegram['ell']>): void {
  rows.take(1, 'CI', () => 'extended link layer');
  rows.take(1, 'CC', asHex);
  rows.take(1, 'access number', number);
  if (ell.destination !== undefined) rows.take(8, 'meter', () => ell.destination?.id ?? '');
  if (ell.session !== undefined) rows.take(4, 'session number', () => String(ell.session));
  if (ell.session !== undefined) rows.take(2, 'checksum', () => 'of what follows');
}

function explainTransport(rows: Rows, { header }: NonNullable<RadioTelegram['transport']>): void {
  rows.take(1, 'CI', ([ci = 0]) => `transport layer ${ci.toString(16)}`);
  if (header?.meter !== undefined) explainAddress(rows);
  if (header === undefined) return;
  explainCounters(rows, 'configuration');
  if (header.configExtension !== undefined) rows.take(1, 'configuration', asHex);
}

/** Decrypted bytes where there were encrypted ones. */
function explainPayload(length: number, frame: Uint8Array, telegram: RadioTelegram): readonly ExplainedRow[] {
  const { payload, isSealed, data } = telegram;
  if (length === 0) return [];
  if (isSealed) return [{ bytes: frame.subarray(-length), name: 'sealed', says: 'encrypted, and there is no key' }];
  if (data === undefined) return [{ bytes: payload, name: 'data', says: '' }];
  const rows = new Rows(payload);
  explainRecords(rows, payload, decodeRecords(payload).records);
  const lines = recordLines(data.records.filter(({ dataAt, at }) => dataAt === at && telegram.driver !== undefined));
  const read = lines.map(({ quantity, value, unit }): ExplainedRow => {
    return { bytes: new Uint8Array(0), name: String(telegram.driver), says: `${quantity} ${value} ${unit}`.trim() };
  });
  return [...rows.rows, ...read];
}
