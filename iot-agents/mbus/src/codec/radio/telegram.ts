/**
 * A radio telegram from link to records: ELL, AFL, TPL and application layer peeled in turn (EN 13757-4, -7 and -3). What
 * it takes beyond the bytes, keys and layouts and fragments heard before, is handed in.
 */

import { WireError } from '@contor/kit';
import { diehlAddress, openRealData } from '../drivers/diehl.js';
import { withMeanings } from '../drivers/meanings.js';
import type { MakerRow, Where } from '../drivers/row.js';
import { makerRow, readMaker } from '../drivers/table.js';
import type { MeterAddress } from '../header/address.js';
import { decodeFormat, expandCompact, type LayoutBook, layoutBook, layoutOf } from '../record/layout.js';
import { type DataBody, decodeRecords, type MeterRecord } from '../record/record.js';
import { AFL_CI, type AuthenticationLayer, decodeAfl } from './afl.js';
import { decodeEll, ELL_CRC, type ExtendedLink, ellEncryption } from './ell.js';
import { type Fragments, fragmentBook } from './fragments.js';
import type { FindKey } from './keyring.js';
import { KNOWN_LAYOUTS } from './known-layouts.js';
import type { RadioFrame } from './link.js';
import { hasChecksum, type Opened, openEll, openTransport } from './security.js';
import { decodeTransport, type Transport, type TransportHeader } from './tpl.js';

/** What a receiver remembers from telegram to telegram. */
export interface RadioMemory {
  readonly layouts: LayoutBook;
  readonly fragments: Fragments;
}

export function radioMemory(): RadioMemory {
  return { layouts: layoutBook(KNOWN_LAYOUTS), fragments: fragmentBook() };
}

export interface RadioTelegram {
  readonly frame: RadioFrame;
  /** CI fields from the outside in, as far as they stand open. */
  readonly layers: readonly number[];
  readonly ell: ExtendedLink | undefined;
  readonly authentication: AuthenticationLayer | undefined;
  readonly transport: Transport | undefined;
  /** The meter: the innermost address that is given. */
  readonly meter: MeterAddress;
  readonly wasEncrypted: boolean;
  /** There was no key: nothing behind the headers can be read. */
  readonly isSealed: boolean;
  /** The seal is that of the ELL. */
  readonly isEllSealed: boolean;
  readonly isPlainMarked: boolean;
  /** A fragment of a message whose end has not come yet. */
  readonly isFragment: boolean;
  /** Behind the headers, decrypted; a compact frame filled in. */
  readonly payload: Uint8Array;
  readonly data: DataBody | undefined;
  /** Of the maker's table that was used. */
  readonly driver: string | undefined;
}

interface Peel {
  readonly layers: number[];
  data: Uint8Array;
  ell: ExtendedLink | undefined;
  authentication: AuthenticationLayer | undefined;
  opened: Opened;
}

const NOTHING = new Uint8Array(0);
const UNTOUCHED: Opened = { payload: NOTHING, wasEncrypted: false, isSealed: false, isPlainMarked: false };

export function decodeTelegram(frame: RadioFrame, findKey: FindKey, memory: RadioMemory): RadioTelegram | WireError {
  const peel: Peel = { layers: [], data: frame.data, ell: undefined, authentication: undefined, opened: UNTOUCHED };
  const ellFault = peelEll(peel, frame, findKey);
  if (ellFault !== undefined) return ellFault;
  if (peel.opened.isSealed) return telegram(frame, peel, undefined, peel.opened, NOTHING, undefined);
  const isWaiting = peelAfl(peel, frame, memory);
  if (isWaiting instanceof WireError) return isWaiting;
  if (isWaiting) return { ...telegram(frame, peel, undefined, peel.opened, NOTHING, undefined), isFragment: true };
  const transport = decodeTransport(peel.data);
  if (transport instanceof WireError) return transport;
  peel.layers.push(transport.ci);
  const opened = openBody(peel, frame, transport, findKey);
  if (opened instanceof WireError) return opened;
  if (opened.isSealed) return telegram(frame, peel, transport, opened, opened.payload, undefined);
  return withData(frame, peel, transport, opened, memory, findKey);
}

function peelEll(peel: Peel, frame: RadioFrame, findKey: FindKey): WireError | undefined {
  const ell = decodeEll(peel.data);
  if (ell instanceof WireError) return ell;
  if (ell === undefined) return undefined;
  peel.ell = ell;
  peel.layers.push(ell.ci);
  peel.data = ell.payload;
  if (ell.session === undefined) return undefined;
  const encryption = ellEncryption(ell.session);
  if (encryption > 1)
    return new WireError('wmbus.ell.mode', 'This encryption of the ELL is reserved.', { actual: encryption });
  if (encryption === 0 && !hasChecksum(ell.payload))
    return new WireError('wmbus.ell.crc', 'The checksum of the ELL is wrong.');
  const opened =
    encryption === 0
      ? { ...UNTOUCHED, payload: ell.payload.subarray(ELL_CRC) }
      : openEll(ell, ell.session, frame.sender, findKey(ell.destination ?? frame.sender));
  if (opened instanceof WireError) return opened;
  peel.opened = opened;
  peel.data = opened.payload;
  return undefined;
}

/** True while fragments are missing. */
function peelAfl(peel: Peel, frame: RadioFrame, memory: RadioMemory): boolean | WireError {
  const layer = decodeAfl(peel.data);
  if (layer === undefined) return false;
  if (layer instanceof WireError) return layer;
  peel.layers.push(AFL_CI);
  peel.authentication = layer;
  peel.data = layer.payload;
  if (!layer.hasMoreFragments && layer.fragmentId <= 1) return false;
  const { manufacturer, id } = frame.sender;
  const whole = memory.fragments.add(`${manufacturer}${id}`, layer);
  if (whole === undefined) return true;
  if (whole instanceof WireError) return whole;
  peel.authentication = whole;
  peel.data = whole.payload;
  return false;
}

function openBody(peel: Peel, frame: RadioFrame, transport: Transport, findKey: FindKey): Opened | WireError {
  const { header, payload } = transport;
  const meter = meterOf(frame, peel, transport);
  const { wasEncrypted, isPlainMarked } = peel.opened;
  // What came through the encrypted ELL need not be encrypted again, but may be.
  if ((wasEncrypted || isPlainMarked) && (header?.securityMode ?? 0) === 0) return { ...peel.opened, payload };
  const key = findKey(meter);
  if (transport.content === 'maker') {
    const isRead = key === undefined || makerRow(frame.sender, 'maker')?.hasKey === true;
    return isRead ? { ...UNTOUCHED, payload } : plainRefused();
  }
  if (header === undefined) return key === undefined ? { ...UNTOUCHED, payload } : plainRefused();
  const own = openOwn(frame, header, payload);
  if (own !== undefined) return key === undefined ? { ...UNTOUCHED, payload: own } : plainRefused();
  return openTransport(payload, { header, meter, authentication: peel.authentication, message: peel.data }, key);
}

const RESERVED_BIT = 0x10;

/** Makers who used the highest bit of the mode before it was one: their data are scrambled, or as they are. */
function openOwn(frame: RadioFrame, header: TransportHeader, payload: Uint8Array): Uint8Array | undefined {
  if ((header.securityMode & RESERVED_BIT) === 0) return undefined;
  const real = openRealData(frame, header.config);
  if (real !== undefined || makerRow(frame.sender, 'payload') !== undefined) return real ?? payload;
  const isClean = diehlAddress(frame, SHORT_HEADER_CI, header.config) && decodeRecords(payload).fault === undefined;
  return isClean ? payload : undefined;
}

const SHORT_HEADER_CI = 0x7a;
/** LVAR stands before the data. */
const VARIABLE = 0x0d;

function plainRefused(): WireError {
  return new WireError('wmbus.downgrade', 'The meter has a key, and this telegram is in plain.');
}

function withData(
  frame: RadioFrame,
  peel: Peel,
  transport: Transport,
  opened: Opened,
  memory: RadioMemory,
  findKey: FindKey,
): RadioTelegram | WireError {
  const { payload } = opened;
  const plain = (bytes: Uint8Array, data: DataBody | undefined, driver?: string) =>
    telegram(frame, peel, transport, opened, bytes, data, driver);
  const maker = (where: Where, bytes: Uint8Array) => {
    const row = makerRow(frame.sender, where);
    if (row === undefined) return undefined;
    const records = readMaker(row, bytes, { frame, key: findKey(meterOf(frame, peel, transport)) });
    return plain(payload, bodyOf(records), row.driver);
  };
  switch (transport.content) {
    case 'records':
      return maker('payload', payload) ?? withRecords(opened, frame, memory, plain);
    case 'maker':
      return maker('maker', payload) ?? plain(payload, undefined);
    case 'compact': {
      const full = expandCompact(payload, memory.layouts, opened.wasEncrypted);
      if (full instanceof WireError) return full;
      const data = decodeRecords(full);
      return plain(full, { ...data, records: withMeanings(data.records, frame.sender.manufacturer) });
    }
    case 'format': {
      const layout = decodeFormat(payload);
      if (layout instanceof WireError) return layout;
      memory.layouts.learn(layout, opened.wasEncrypted);
      return plain(payload, undefined);
    }
    default:
      return plain(payload, undefined);
  }
}

function bodyOf(records: readonly MeterRecord[] | WireError): DataBody {
  if (records instanceof WireError) return { records: [], hasMore: false, fault: records };
  return { records, hasMore: false, fault: undefined };
}

/** Records, and what a maker's table reads out of the bytes that the standard leaves to the maker. */
function withRecords(
  { payload, wasEncrypted }: Opened,
  frame: RadioFrame,
  memory: RadioMemory,
  plain: (bytes: Uint8Array, data: DataBody, driver?: string) => RadioTelegram,
): RadioTelegram {
  const data = decodeRecords(payload);
  if (data.fault === undefined && data.records.length > 0)
    memory.layouts.learn(layoutOf(payload, data.records), wasEncrypted);
  let driver: string | undefined;
  let { fault } = data;
  const records = withMeanings(data.records, frame.sender.manufacturer).flatMap((record) => {
    const row = rowFor(record, frame);
    if (row === undefined) return [record];
    const isVariable = ((payload[record.at] ?? 0) & 0x0f) === VARIABLE;
    const bytes = payload.subarray(record.dataAt + (isVariable ? 1 : 0), record.end);
    const more = readMaker(row, bytes, { frame, key: undefined });
    driver = row.driver;
    if (!(more instanceof WireError)) return [record, ...more];
    fault ??= more;
    return [record];
  });
  return plain(payload, { ...data, records, fault }, driver);
}

function rowFor(record: MeterRecord, frame: RadioFrame): MakerRow | undefined {
  if (record.function === 'manufacturer') return makerRow(frame.sender, 'data');
  if (record.makerBytes === undefined) return undefined;
  const row = makerRow(frame.sender, 'register');
  const isIt = row?.vifes?.every((vife, index) => record.makerBytes?.[index] === vife);
  return isIt ? row : undefined;
}

/** The innermost address that is given; some makers give their own in their own order. */
function meterOf(frame: RadioFrame, peel: Peel, transport: Transport | undefined): MeterAddress {
  const given = transport?.header?.meter ?? peel.ell?.destination;
  if (given !== undefined) return given;
  const own = transport && diehlAddress(frame, transport.ci, transport.header?.config ?? 0);
  return own ?? frame.sender;
}

function telegram(
  frame: RadioFrame,
  peel: Peel,
  transport: Transport | undefined,
  opened: Opened,
  payload: Uint8Array,
  data: DataBody | undefined,
  driver?: string,
): RadioTelegram {
  return {
    frame,
    layers: peel.layers,
    ell: peel.ell,
    authentication: peel.authentication,
    transport,
    meter: meterOf(frame, peel, transport),
    wasEncrypted: opened.wasEncrypted,
    isSealed: opened.isSealed,
    isEllSealed: peel.opened.isSealed,
    isPlainMarked: opened.isPlainMarked,
    isFragment: false,
    payload,
    data,
    driver,
  };
}
