/**
 * Any ciphered APDU → what is inside: which octets are the service, whose title makes the IV, and what more is authenticated
 * (IEC 62056-5-3, 5.7.2.4 and table of the AAD of general-ciphering).
 */

import { ByteWriter, type Decoded, WireError } from '@contor/kit';
import { writeOctets } from '../axdr/write-data.js';
import { MAX_LENGTH } from '../cursor.js';
import type { Apdu } from '../xdlms/apdus.js';
import { type CipherKeys, type OpenedService, openService, readSecurityHeader, type SecurityHeader } from './gcm.js';

export interface CipheredService {
  readonly service: Uint8Array;
  /** As the message says it; the service-specific ones do not. */
  readonly systemTitle?: Uint8Array;
  readonly associated?: Uint8Array;
}

/** Undefined of an APDU that is not ciphered. */
export function cipheredServiceOf(apdu: Apdu): CipheredService | undefined {
  if (apdu.apdu === 'GeneralCiphering') {
    const { transactionId, originatorSystemTitle, recipientSystemTitle, dateTime, otherInformation } = apdu.body;
    const to = new ByteWriter(MAX_LENGTH);
    for (const part of [transactionId, originatorSystemTitle, recipientSystemTitle, dateTime, otherInformation])
      writeOctets(to, part);
    return { service: apdu.body.cipheredService, systemTitle: originatorSystemTitle, associated: to.finish() };
  }
  if (apdu.apdu === 'GeneralGloCiphering' || apdu.apdu === 'GeneralDedCiphering') {
    const { systemTitle, cipheredService } = apdu.body;
    // An empty title: the one of the association goes on.
    return { service: cipheredService, ...(systemTitle.length > 0 && { systemTitle }) };
  }
  const body = apdu.body as { readonly cipheredService?: Uint8Array };
  return body.cipheredService === undefined ? undefined : { service: body.cipheredService };
}

export function headerOf({ service }: CipheredService): Decoded<SecurityHeader> {
  return readSecurityHeader(service);
}

/** `systemTitle` is the title of the peer where the message does not say one. */
export function openApdu(
  ciphered: CipheredService,
  keys: CipherKeys,
  systemTitle: Uint8Array | undefined,
): Decoded<OpenedService> {
  const title = ciphered.systemTitle ?? systemTitle;
  if (title !== undefined) return openService(ciphered.service, title, keys, ciphered.associated);
  const error = new WireError('security.title', 'The message needs the system title of who sent it.', {});
  return { kind: 'garbage', error, used: 1 };
}
