/** An APDU of either kind → the members of an answer, opened when it is ciphered and the key is there. */

import { type Decoded, WireError } from '@contor/kit';
import { type AcseApdu, decodeAcse, isAcseTag } from '../codec/acse/apdu.js';
import {
  APPLICATION_CONTEXTS,
  ASSOCIATION_RESULTS,
  MECHANISMS,
  PROVIDER_DIAGNOSTICS,
  RELEASE_REQUEST_REASONS,
  RELEASE_RESPONSE_REASONS,
  USER_DIAGNOSTICS,
} from '../codec/acse/names.js';
import { cipheredServiceOf, headerOf, openApdu } from '../codec/security/open.js';
import { decodeWholeApdu } from '../codec/xdlms/apdu.js';
import type { Apdu } from '../codec/xdlms/apdus.js';
import { presentApdu } from './present.js';
import { presentReadings } from './readings.js';
import type { DlmsRequest } from './request.js';

type Answer = Readonly<Record<string, unknown>>;
type Secrets = Pick<DlmsRequest, 'keys' | 'systemTitle'>;

/** A ciphered message may hold one for another party, and that one again; nobody nests deeper. */
const MAX_NESTING = 3;

/** Throws a WireError where the bytes are no whole APDU or do not open. */
export function answerApdu(bytes: Uint8Array, secrets: Secrets, depth = 0): Answer {
  if (isAcseTag(bytes[0] ?? 0)) return answerAcse(demand(decodeAcse(bytes)), secrets);
  const apdu = demand(decodeWholeApdu(bytes));
  const readings =
    apdu.apdu === 'DataNotification' ? presentReadings(apdu.body.notificationBody, apdu.body.dateTime) : {};
  return {
    ...presentApdu(apdu),
    ...readings,
    ...answerCiphered(apdu, secrets, depth),
    ...answerSigned(apdu, secrets, depth),
  };
}

export function demand<T>(decoded: Decoded<T>): T {
  if (decoded.kind === 'value') return decoded.value;
  if (decoded.kind === 'garbage') throw decoded.error;
  throw new WireError('wire.short', 'The bytes end before the message does.', {});
}

function answerCiphered(apdu: Apdu, secrets: Secrets, depth: number): Answer {
  const ciphered = cipheredServiceOf(apdu);
  if (ciphered === undefined) return {};
  const header = demand(headerOf(ciphered));
  if (secrets.keys === undefined) return { ...header };
  const title = ciphered.systemTitle ?? secrets.systemTitle;
  const opened = demand(openApdu(ciphered, secrets.keys, title));
  return {
    ...header,
    isAuthentic: opened.isAuthentic,
    plain: opened.plain,
    ...answerInside(opened.plain, secrets, depth),
  };
}

/** The signature is shown, not verified: no certificate of the signer is known here. */
function answerSigned(apdu: Apdu, secrets: Secrets, depth: number): Answer {
  return apdu.apdu === 'GeneralSigning' ? answerInside(apdu.body.content, secrets, depth) : {};
}

/** Without a tag a wrong key shows only in a message that makes no sense. */
function answerInside(plain: Uint8Array, secrets: Secrets, depth: number): Answer {
  if (depth >= MAX_NESTING) throw new WireError('security.nested', 'Ciphered messages nest too deep.', {});
  try {
    const { apdu, ...rest } = answerApdu(plain, secrets, depth + 1);
    return { plainApdu: apdu, ...rest };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError('security.plain', 'What the key opens is no message: another key?', {}, error);
  }
}

function answerAcse({ apdu, fields }: AcseApdu, secrets: Secrets): Answer {
  const { applicationContext, mechanism, authenticationValue, result, diagnostic, userInformation } = fields;
  const { releaseRequestReason, releaseResponseReason, systemTitle, certificate } = fields;
  return {
    apdu,
    ...(applicationContext !== undefined && { context: nameOf(APPLICATION_CONTEXTS, applicationContext) }),
    ...(result !== undefined && { result: wordOf(ASSOCIATION_RESULTS, result) }),
    ...(diagnostic !== undefined && {
      diagnosticSource: diagnostic.source,
      diagnostic: wordOf(
        diagnostic.source === 'acse-service-user' ? USER_DIAGNOSTICS : PROVIDER_DIAGNOSTICS,
        diagnostic.code,
      ),
    }),
    ...(mechanism !== undefined && { mechanism, mechanismName: nameOf(MECHANISMS, mechanism) }),
    ...(authenticationValue !== undefined && answerAuthentication(mechanism, authenticationValue)),
    ...(systemTitle !== undefined && { systemTitle }),
    ...(certificate !== undefined && { certificate }),
    ...(releaseRequestReason !== undefined && { reason: wordOf(RELEASE_REQUEST_REASONS, releaseRequestReason) }),
    ...(releaseResponseReason !== undefined && { reason: wordOf(RELEASE_RESPONSE_REASONS, releaseResponseReason) }),
    ...(userInformation !== undefined && answerUserInformation(userInformation, secrets, systemTitle)),
  };
}

function answerAuthentication(mechanism: number | undefined, value: Uint8Array): Answer {
  if (mechanism !== 1) return { challenge: value };
  const isText = value.every((byte) => byte >= 0x20 && byte < 0x7f);
  return { password: isText ? Buffer.from(value).toString('latin1') : value };
}

function answerUserInformation(bytes: Uint8Array, secrets: Secrets, systemTitle: Uint8Array | undefined): Answer {
  const title = secrets.systemTitle ?? systemTitle;
  const { apdu, ...rest } = answerApdu(
    bytes,
    { keys: title === undefined ? undefined : secrets.keys, systemTitle: title },
    1,
  );
  return { userInformation: apdu, ...rest };
}

function nameOf(rows: readonly { readonly id: number; readonly name: string }[], id: number): string | number {
  return rows.find((row) => row.id === id)?.name ?? id;
}

function wordOf(words: Readonly<Record<number, string>>, code: number): string | number {
  return words[code] ?? code;
}
