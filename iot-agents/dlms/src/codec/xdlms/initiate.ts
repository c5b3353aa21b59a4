/** What two sides agree on before they talk: IEC 62056-5-3, clause 8, InitiateRequest, InitiateResponse and Conformance. */

import { WireError } from '@contor/kit';
import {
  bool,
  type Field,
  integer8,
  octets,
  optional,
  sequence,
  unsigned8,
  unsigned16,
  withDefault,
} from '../axdr/fields.js';

/** Bit n of the BIT STRING is the n-th from the left; a row a bit that has a meaning. */
export const CONFORMANCE_BITS = [
  { bit: 1, name: 'general-protection' },
  { bit: 2, name: 'general-block-transfer' },
  { bit: 3, name: 'read' },
  { bit: 4, name: 'write' },
  { bit: 5, name: 'unconfirmed-write' },
  { bit: 6, name: 'delta-value-encoding' },
  { bit: 8, name: 'attribute0-supported-with-set' },
  { bit: 9, name: 'priority-mgmt-supported' },
  { bit: 10, name: 'attribute0-supported-with-get' },
  { bit: 11, name: 'block-transfer-with-get-or-read' },
  { bit: 12, name: 'block-transfer-with-set-or-write' },
  { bit: 13, name: 'block-transfer-with-action' },
  { bit: 14, name: 'multiple-references' },
  { bit: 15, name: 'information-report' },
  { bit: 16, name: 'data-notification' },
  { bit: 17, name: 'access' },
  { bit: 18, name: 'parameterized-access' },
  { bit: 19, name: 'get' },
  { bit: 20, name: 'set' },
  { bit: 21, name: 'selective-access' },
  { bit: 22, name: 'event-notification' },
  { bit: 23, name: 'action' },
] as const;

export type ConformanceName = (typeof CONFORMANCE_BITS)[number]['name'];

/** [APPLICATION 31] IMPLICIT BIT STRING (24), in BER: 5F 1F 04 00 and three bytes. */
const CONFORMANCE_TAG = 0x5f;
const CONFORMANCE_NUMBER = 0x1f;

/** The 24 bits as a number. Old meters leave the second byte of the tag out. */
export const conformance: Field<number> = {
  read: (from) => {
    const start = from.offset;
    if (from.u8() !== CONFORMANCE_TAG) throw wrongTag(start);
    if (from.peek() === CONFORMANCE_NUMBER) from.skip(1);
    if (from.u8() !== 4 || from.u8() !== 0) throw wrongTag(start);
    return from.u8() * 0x10000 + from.u16();
  },
  write: (to, value) =>
    void to
      .u8(CONFORMANCE_TAG)
      .u8(CONFORMANCE_NUMBER)
      .u8(4)
      .u8(0)
      .u8(value >>> 16)
      .u16(value & 0xffff),
};

export function conformanceNames(bits: number): readonly ConformanceName[] {
  return CONFORMANCE_BITS.filter(({ bit }) => bits & (1 << (23 - bit))).map(({ name }) => name);
}

export function conformanceOf(names: readonly ConformanceName[]): number {
  return CONFORMANCE_BITS.reduce((bits, { bit, name }) => (names.includes(name) ? bits | (1 << (23 - bit)) : bits), 0);
}

export const initiateRequest = sequence({
  dedicatedKey: optional(octets),
  isResponseAllowed: withDefault(bool, true),
  proposedQualityOfService: optional(integer8),
  proposedDlmsVersion: unsigned8,
  proposedConformance: conformance,
  clientMaxReceivePduSize: unsigned16,
});

export const initiateResponse = sequence({
  negotiatedQualityOfService: optional(integer8),
  negotiatedDlmsVersion: unsigned8,
  negotiatedConformance: conformance,
  serverMaxReceivePduSize: unsigned16,
  vaaName: unsigned16,
});

function wrongTag(offset: number): WireError {
  return new WireError('xdlms.conformance', 'The conformance block does not begin with 5F 1F 04 00.', { offset });
}
