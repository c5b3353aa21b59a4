/** The alerts of DTLS 1.2 (RFC 5246, 7.2; RFC 4279, 6): a level and a description. */

import { type Decoded, WireError } from '@contor/kit';
import { garbage } from '../garbage.js';

/** RFC 5246, 7.2; those of certificates have no name here and are read as their number. */
export const ALERTS = [
  { value: 0, name: 'closeNotify' },
  { value: 10, name: 'unexpectedMessage' },
  { value: 20, name: 'badRecordMac' },
  { value: 40, name: 'handshakeFailure' },
  { value: 47, name: 'illegalParameter' },
  { value: 50, name: 'decodeError' },
  { value: 51, name: 'decryptError' },
  { value: 70, name: 'protocolVersion' },
  { value: 80, name: 'internalError' },
  { value: 90, name: 'userCanceled' },
  { value: 100, name: 'noRenegotiation' },
  { value: 115, name: 'unknownPskIdentity' },
] as const satisfies readonly { readonly value: number; readonly name: string }[];

export type AlertName = (typeof ALERTS)[number]['name'];

export interface Alert {
  readonly isFatal: boolean;
  readonly description: AlertName | number;
}

const WARNING = 1;
const FATAL = 2;

export function decodeAlert(bytes: Uint8Array): Decoded<Alert> {
  const [level, value] = bytes;
  if (bytes.length !== 2 || value === undefined || (level !== WARNING && level !== FATAL))
    return garbage('dtls.alert', 'An alert is a level of one or two and a description.', bytes.length);
  const description = ALERTS.find((row) => row.value === value)?.name ?? value;
  return { kind: 'value', value: { isFatal: level === FATAL, description }, used: 2 };
}

export function encodeAlert({ isFatal, description }: Alert): Uint8Array {
  const value = typeof description === 'number' ? description : ALERTS.find(({ name }) => name === description)?.value;
  if (value === undefined || value < 0 || value > 0xff)
    throw new WireError('wire.range', 'The description of an alert is one byte.', { description });
  return Uint8Array.of(isFatal ? FATAL : WARNING, value);
}
