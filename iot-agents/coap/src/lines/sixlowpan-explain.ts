/** The fields of a 6LoWPAN payload one by one, for the eyes (RFC 6282, 3 and 4). */

import { type ExplainedRow, toHex } from '@contor/kit';
import { formatAddress } from '../codec/ipv6/address.js';
import { dispatchOf } from '../codec/sixlowpan/frame.js';
import { EXTENSION_IDS } from '../codec/sixlowpan/iphc.js';
import { Cutter } from './cutter.js';

/** Bytes inline by TF, and by mode of the addresses (RFC 6282, 3.1.1). */
const TRAFFIC_BYTES = [4, 3, 1, 0] as const;
const ADDRESS_BYTES = {
  linkLocal: [16, 8, 2, 0],
  context: [0, 8, 2, 0],
  multicast: [16, 6, 4, 1],
  multicastContext: [6, 0, 0, 0],
} as const;
const PORT_BYTES = [4, 3, 3, 1] as const;
const HOP_LIMITS = ['inline', '1', '64', '255'] as const;
/** Rows are for eyes: a chain longer than this is shown as what is left. */
const MAX_HEADERS = 20;

export function explainPayload(payload: Uint8Array): readonly ExplainedRow[] {
  const cutter = new Cutter(payload);
  const dispatch = dispatchOf(payload[0]);
  if (dispatch === 'iphc') explainHeaders(cutter);
  else if (dispatch === 'ipv6') {
    cutter.take(1, 'dispatch', () => 'IPv6, uncompressed');
    cutter.take(
      40,
      'IPv6 header',
      (bytes) => `${formatAddress(bytes.subarray(8, 24))} to ${formatAddress(bytes.subarray(24))}`,
    );
  } else cutter.take(1, 'dispatch', () => dispatch ?? 'unknown');
  cutter.rest('payload');
  return cutter.rows;
}

/** From an IPHC base on, through what is compressed behind it; a packet within begins with another base. */
function explainHeaders(cutter: Cutter): void {
  let isCompressed = explainIphc(cutter);
  for (let header = 0; isCompressed && header < MAX_HEADERS && cutter.remaining > 0; header += 1) {
    const first = cutter.peek();
    const id = EXTENSION_IDS.find((row) => row.id === ((first >> 1) & 7));
    if ((first & 0xf8) === 0xf0) {
      explainUdp(cutter, first);
      return;
    }
    if ((first & 0xf0) !== 0xe0 || id === undefined) return;
    cutter.take(1, 'next header', () => (id.id === 7 ? 'another IPv6 packet' : `extension header ${id.protocol}`));
    isCompressed = id.id === 7 ? explainIphc(cutter) : explainExtension(cutter, first, id.id);
  }
}

function explainIphc(cutter: Cutter): boolean {
  const base = (cutter.peek() << 8) | cutter.peek(1);
  const isNextCompressed = (base & 0x400) !== 0;
  const hopForm = (base >> 8) & 3;
  const contexts = [(base & 0x40) !== 0, (base & 4) !== 0] as const;
  cutter.take(2, 'IPHC', () =>
    [
      `TF ${(base >> 11) & 3}, next header ${isNextCompressed ? 'compressed' : 'inline'}, hop limit ${HOP_LIMITS[hopForm]}`,
      `source ${contexts[0] ? 'by context' : 'link-local or whole'}, mode ${(base >> 4) & 3}`,
      `destination ${(base & 8) === 0 ? '' : 'multicast '}${contexts[1] ? 'by context' : 'link-local or whole'}, mode ${base & 3}`,
    ].join('; '),
  );
  cutter.take((base & 0x80) === 0 ? 0 : 1, 'contexts', ([ids = 0]) => `source ${ids >> 4}, destination ${ids & 15}`);
  cutter.take(TRAFFIC_BYTES[(base >> 11) & 3] ?? 0, 'traffic class, flow label', toHex);
  cutter.take(isNextCompressed ? 0 : 1, 'next header', ([protocol]) => `protocol ${protocol}`);
  cutter.take(hopForm === 0 ? 1 : 0, 'hop limit', ([hops]) => String(hops));
  const sourceForm = contexts[0] ? ADDRESS_BYTES.context : ADDRESS_BYTES.linkLocal;
  cutter.take(sourceForm[(base >> 4) & 3] ?? 0, 'source', sayAddress);
  const unicast = contexts[1] ? ADDRESS_BYTES.context : ADDRESS_BYTES.linkLocal;
  const multicast = contexts[1] ? ADDRESS_BYTES.multicastContext : ADDRESS_BYTES.multicast;
  cutter.take(((base & 8) === 0 ? unicast : multicast)[base & 3] ?? 0, 'destination', sayAddress);
  return isNextCompressed;
}

function explainExtension(cutter: Cutter, first: number, id: number): boolean {
  const isNextCompressed = (first & 1) !== 0;
  cutter.take(isNextCompressed ? 0 : 1, 'next header', ([protocol]) => `protocol ${protocol}`);
  const length = id === 2 ? 6 : cutter.peek();
  cutter.take(1, id === 2 ? 'reserved' : 'length', ([bytes]) => `${bytes} bytes`);
  cutter.take(length, 'extension header', toHex);
  return isNextCompressed;
}

function explainUdp(cutter: Cutter, first: number): void {
  const isElided = (first & 4) !== 0;
  cutter.take(1, 'next header', () => `UDP, checksum ${isElided ? 'elided' : 'inline'}`);
  cutter.take(PORT_BYTES[first & 3] ?? 0, 'ports', toHex);
  cutter.take(isElided ? 0 : 2, 'checksum', toHex);
}

function sayAddress(bytes: Uint8Array): string {
  return bytes.length === 16 ? formatAddress(bytes) : `${bytes.length} bytes of it`;
}
