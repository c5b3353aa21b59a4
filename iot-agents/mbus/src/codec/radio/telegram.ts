/**
 * A radio telegram from link to records: ELL, AFL, TPL and application layer peeled in turn (EN 13757-4, -7 and -3). What
 * it takes beyond the bytes, keys and layouts and fragments heard before, is handed in.
 */

import { WireError } from '@contor/kit';
import type { MeterAddress } from '../header/address.js';
import { decodeFormat, expandCompact, type LayoutBook, layoutBook, layoutOf } from '../record/layout.js';
import { type DataBody, decodeRecords } from '../record/record.js';
import { AFL_CI, type AuthenticationLayer, decodeAfl } from './afl.js';
import { decodeEll, type ExtendedLink, ellEncryption } from './ell.js';
import { type Fragments, fragmentBook } from './fragments.js';
import type { FindKey } from './keyring.js';
import { KNOWN_LAYOUTS } from './known-layouts.js';
import type { RadioFrame } from './link.js';
import { type Opened, openEll, openTransport } from './security.js';
import { decodeTransport, type Transport } from './tpl.js';

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
  return withData(frame, peel, transport, opened, memory);
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
  const opened =
    encryption === 0
      ? { ...UNTOUCHED, payload: ell.payload.subarray(2) }
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
  const meter = header?.meter ?? peel.ell?.destination ?? frame.sender;
  // What came through the encrypted ELL is authentic as far as the ELL is; a maker's own payload has a maker's own key.
  if (peel.opened.wasEncrypted || transport.content === 'maker') return { ...peel.opened, payload };
  if (peel.opened.isPlainMarked) return { ...peel.opened, payload };
  const key = findKey(meter);
  if (header !== undefined) {
    return openTransport(payload, { header, meter, authentication: peel.authentication, message: peel.data }, key);
  }
  if (key !== undefined) return new WireError('wmbus.downgrade', 'The meter has a key, and this telegram is in plain.');
  return { ...UNTOUCHED, payload };
}

function withData(
  frame: RadioFrame,
  peel: Peel,
  transport: Transport,
  opened: Opened,
  memory: RadioMemory,
): RadioTelegram | WireError {
  switch (transport.content) {
    case 'records': {
      const data = decodeRecords(opened.payload);
      if (data.fault !== undefined) return data.fault;
      if (data.records.length > 0) memory.layouts.learn(layoutOf(opened.payload, data.records));
      return telegram(frame, peel, transport, opened, opened.payload, data);
    }
    case 'compact': {
      const full = expandCompact(opened.payload, memory.layouts);
      if (full instanceof WireError) return full;
      const data = decodeRecords(full);
      return data.fault ?? telegram(frame, peel, transport, opened, full, data);
    }
    case 'format': {
      const layout = decodeFormat(opened.payload);
      if (layout instanceof WireError) return layout;
      memory.layouts.learn(layout);
      return telegram(frame, peel, transport, opened, opened.payload, undefined);
    }
    default:
      return telegram(frame, peel, transport, opened, opened.payload, undefined);
  }
}

function telegram(
  frame: RadioFrame,
  peel: Peel,
  transport: Transport | undefined,
  opened: Opened,
  payload: Uint8Array,
  data: DataBody | undefined,
): RadioTelegram {
  return {
    frame,
    layers: peel.layers,
    ell: peel.ell,
    authentication: peel.authentication,
    transport,
    meter: transport?.header?.meter ?? peel.ell?.destination ?? frame.sender,
    wasEncrypted: opened.wasEncrypted,
    isSealed: opened.isSealed,
    isEllSealed: peel.opened.isSealed,
    isPlainMarked: opened.isPlainMarked,
    isFragment: false,
    payload,
    data,
  };
}
