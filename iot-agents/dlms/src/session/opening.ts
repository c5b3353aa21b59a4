/**
 * Opening an association as a client: IEC 62056-5-3, 5.3.4 and 7.2. What is proposed, and what of the answer is taken: an answer
 * that is weaker than the proposal (another context, another mechanism, no challenge, in plain) is a downgrade and is refused.
 */

import { ProtocolError } from '@contor/kit';
import type { AcseApdu } from '../codec/acse/apdu.js';
import type { AcseFields } from '../codec/acse/fields.js';
import { ASSOCIATION_RESULTS, PROVIDER_DIAGNOSTICS, USER_DIAGNOSTICS } from '../codec/acse/names.js';
import { decodeWholeApdu, encodeApdu } from '../codec/xdlms/apdu.js';
import { conformanceOf } from '../codec/xdlms/initiate.js';
import { isTitle, type Protection } from './protection.js';

export interface Authentication {
  /** 0 none, 1 LLS, 3 to 6 HLS; see acse/names.ts. */
  readonly mechanism: number;
  /** The password, or the secret of mechanisms 3, 4 and 6; mechanism 5 takes the keys. */
  readonly secret?: Uint8Array;
  /** MD5 and SHA-1 are for meters that can do no better, and said for each of them. */
  readonly isOldHlsAllowed?: boolean;
}

export interface Proposal {
  readonly authentication: Authentication;
  readonly ownTitle?: Uint8Array;
  readonly challenge: Uint8Array;
  readonly isCiphered: boolean;
  readonly dedicatedKey?: Uint8Array;
  readonly conformance: number;
  readonly maxPduSize: number;
}

export interface Accepted {
  readonly conformance: number;
  /** What the meter takes in one APDU; 0 is no limit. */
  readonly maxPduSize: number;
  /** Of the meter, when it wants ours answered. */
  readonly challenge?: Uint8Array;
  readonly peerTitle?: Uint8Array;
}

export const PLAIN_CONTEXT = 1;
export const CIPHERED_CONTEXT = 3;
export const DLMS_VERSION = 6;
export const CHALLENGE_SIZE = 16;
/** IEC 62056-5-3, 5.3.4.3: a challenge has 8 to 64 bytes. */
export const LEAST_CHALLENGE = 8;
export const MOST_CHALLENGE = 64;
/** sender-acse-requirements: the authentication functional unit. */
export const AUTHENTICATION_UNIT = Uint8Array.of(0x07, 0x80);
export const LOW_LEVEL = 1;
export const FIRST_HIGH_LEVEL = 2;
const OLD_MECHANISMS: readonly number[] = [3, 4];
const AUTHENTICATION_REQUIRED = 14;

/** What a client of long names can use. */
export const CLIENT_CONFORMANCE = conformanceOf([
  'general-protection',
  'general-block-transfer',
  'priority-mgmt-supported',
  'block-transfer-with-get-or-read',
  'block-transfer-with-set-or-write',
  'block-transfer-with-action',
  'multiple-references',
  'data-notification',
  'get',
  'set',
  'selective-access',
  'event-notification',
  'action',
]);

/** Why this proposal is not made at all; undefined when it may be. */
export function refusedProposal({ authentication, ownTitle }: Proposal): ProtocolError | undefined {
  const { mechanism, secret, isOldHlsAllowed = false } = authentication;
  if (mechanism === 2) return refusal('dlms.mechanism', "HLS 2 is the maker's own and not known here.");
  if (mechanism < 0 || mechanism > 6) return refusal('dlms.mechanism', 'There is no such mechanism here.');
  if (OLD_MECHANISMS.includes(mechanism) && !isOldHlsAllowed)
    return refusal('dlms.mechanism', 'MD5 and SHA-1 are refused unless the device says that it needs them.');
  if (mechanism > 0 && mechanism !== 5 && secret === undefined)
    return refusal('security.no-key', 'The mechanism needs a secret.');
  if (mechanism >= 5 && ownTitle === undefined) return refusal('security.no-key', 'The mechanism needs a title.');
  return undefined;
}

export function buildAarq(proposal: Proposal, protection: Protection | undefined): AcseApdu {
  const { authentication, ownTitle, challenge, isCiphered, dedicatedKey, conformance, maxPduSize } = proposal;
  const { mechanism, secret } = authentication;
  const initiate = encodeApdu({
    apdu: 'InitiateRequest',
    body: {
      dedicatedKey,
      isResponseAllowed: true,
      proposedQualityOfService: undefined,
      proposedDlmsVersion: DLMS_VERSION,
      proposedConformance: conformance,
      clientMaxReceivePduSize: maxPduSize,
    },
  });
  const value = mechanism >= FIRST_HIGH_LEVEL ? challenge : secret;
  return {
    apdu: 'AARQ',
    fields: {
      applicationContext: isCiphered ? CIPHERED_CONTEXT : PLAIN_CONTEXT,
      ...(ownTitle !== undefined && { systemTitle: ownTitle }),
      ...(mechanism > 0 && {
        acseRequirements: AUTHENTICATION_UNIT,
        mechanism,
        ...(value !== undefined && { authenticationValue: value }),
      }),
      userInformation: isCiphered && protection !== undefined ? protection.seal(initiate, true) : initiate,
    },
  };
}

export function judgeAare(
  fields: AcseFields,
  proposal: Proposal,
  protection: Protection | undefined,
): Accepted | ProtocolError {
  const { mechanism } = proposal.authentication;
  const isHighLevel = mechanism >= FIRST_HIGH_LEVEL;
  if (fields.result !== 0) return rejected(fields);
  const expected = proposal.isCiphered ? CIPHERED_CONTEXT : PLAIN_CONTEXT;
  if (fields.applicationContext !== expected) return downgrade('The meter answers with another application context.');
  if (fields.mechanism !== undefined && fields.mechanism !== mechanism && mechanism > 0)
    return downgrade('The meter answers with another mechanism.');
  const isChallenged = fields.diagnostic?.code === AUTHENTICATION_REQUIRED;
  if (isHighLevel !== isChallenged) return downgrade('The meter does not prove who it is.');
  const titleFault = takeTitle(fields.systemTitle, proposal, protection);
  if (titleFault !== undefined) return titleFault;
  const challenge = fields.authenticationValue;
  if (isHighLevel) {
    if (challenge === undefined || challenge.length < LEAST_CHALLENGE || challenge.length > MOST_CHALLENGE)
      return refusal('dlms.challenge', 'The challenge of the meter is not of the right length.');
    // IEC 62056-5-3, 5.3.4.3: our own challenge come back would have us compute the answer we are asked for.
    if (isTitle(challenge, proposal.challenge))
      return refusal('dlms.reflection', 'The challenge of the meter is our own.');
  }
  const initiate = readInitiate(fields.userInformation, proposal, protection);
  if ('code' in initiate) return initiate;
  return {
    ...initiate,
    ...(isHighLevel && challenge !== undefined && { challenge }),
    ...(fields.systemTitle !== undefined && { peerTitle: fields.systemTitle }),
  };
}

function takeTitle(
  title: Uint8Array | undefined,
  { ownTitle, isCiphered, authentication }: Proposal,
  protection: Protection | undefined,
): ProtocolError | undefined {
  if (title === undefined)
    return (isCiphered || authentication.mechanism >= 5) && protection?.peerTitle === undefined
      ? refusal('security.title', 'The meter does not say its system title.')
      : undefined;
  if (ownTitle !== undefined && isTitle(title, ownTitle))
    return refusal('dlms.reflection', 'The system title of the meter is our own.');
  if (protection === undefined) return undefined;
  if (protection.peerTitle !== undefined && !isTitle(title, protection.peerTitle))
    return refusal('security.title', 'Another meter answers than the one that is registered.');
  protection.peerTitle = title;
  return undefined;
}

function readInitiate(
  information: Uint8Array | undefined,
  { isCiphered }: Proposal,
  protection: Protection | undefined,
): Pick<Accepted, 'conformance' | 'maxPduSize'> | ProtocolError {
  if (information === undefined) return refusal('dlms.initiate', 'The meter does not say what it can do.');
  const outer = decodeWholeApdu(information);
  if (outer.kind !== 'value') return refusal('dlms.initiate', 'What the meter says that it can do cannot be read.');
  let apdu = outer.value;
  if (isCiphered && protection !== undefined) {
    const opened = protection.open(apdu);
    if (opened.kind === 'garbage') return new ProtocolError(opened.error.code, opened.error.message, {}, opened.error);
    const inner = opened.kind === 'value' ? decodeWholeApdu(opened.value) : opened;
    if (inner.kind !== 'value') return refusal('dlms.initiate', 'What the meter says that it can do cannot be read.');
    apdu = inner.value;
  }
  if (apdu.apdu !== 'InitiateResponse') return refusal('dlms.initiate', 'The meter does not say what it can do.');
  return { conformance: apdu.body.negotiatedConformance, maxPduSize: apdu.body.serverMaxReceivePduSize };
}

function rejected({ result = 1, diagnostic }: AcseFields): ProtocolError {
  const names: Readonly<Record<number, string>> =
    diagnostic?.source === 'acse-service-provider' ? PROVIDER_DIAGNOSTICS : USER_DIAGNOSTICS;
  const results: Readonly<Record<number, string>> = ASSOCIATION_RESULTS;
  return new ProtocolError('dlms.rejected', 'The meter rejects the association.', {
    result: results[result] ?? result,
    diagnostic: names[diagnostic?.code ?? 0] ?? diagnostic?.code,
  });
}

function downgrade(message: string): ProtocolError {
  return refusal('dlms.downgrade', message);
}

function refusal(code: string, message: string): ProtocolError {
  return new ProtocolError(code, message, {});
}
