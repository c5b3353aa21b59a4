/** Transport layer header (EN 13757-7, 7): access number, status, and the configuration that names the security mode. */

import { WireError } from '@contor/kit';
import { ADDRESS_LENGTH, addressOfHeader, type MeterAddress } from '../header/address.js';
import { CI_FIELDS, type ContentKind } from './ci.js';

export interface TransportHeader {
  readonly accessNumber: number;
  readonly status: number;
  readonly config: number;
  readonly securityMode: number;
  /** Long header only. */
  readonly meter: MeterAddress | undefined;
  /** Modes 7 and 13. */
  readonly configExtension: number | undefined;
}

export interface Transport {
  readonly ci: number;
  readonly content: ContentKind;
  /** Undefined for a CI without a header. */
  readonly header: TransportHeader | undefined;
  readonly payload: Uint8Array;
}

const SHORT = 4;
/** 7.7: the modes whose configuration goes on for a byte. */
const EXTENDED_MODES = new Set([7, 10, 13]);

export function decodeTransport(data: Uint8Array): Transport | WireError {
  const ci = data[0] ?? 0;
  const row = CI_FIELDS[ci];
  if (row === undefined)
    return new WireError('wmbus.ci', 'No transport layer begins with this CI field.', { actual: ci });
  if (row.header === 'none') return { ci, content: row.content, header: undefined, payload: data.subarray(1) };
  const at = 1 + (row.header === 'long' ? ADDRESS_LENGTH : 0);
  if (data.length < at + SHORT)
    return new WireError('wmbus.tpl.short', 'The bytes end within the transport header.', { actual: data.length });
  const config = (data[at + 2] ?? 0) | ((data[at + 3] ?? 0) << 8);
  const securityMode = (config >> 8) & 0x1f;
  const isExtended = EXTENDED_MODES.has(securityMode);
  const header: TransportHeader = {
    accessNumber: data[at] ?? 0,
    status: data[at + 1] ?? 0,
    config,
    securityMode,
    meter: row.header === 'long' ? addressOfHeader(data, 1) : undefined,
    configExtension: isExtended ? data[at + SHORT] : undefined,
  };
  return { ci, content: row.content, header, payload: data.subarray(at + SHORT + (isExtended ? 1 : 0)) };
}
