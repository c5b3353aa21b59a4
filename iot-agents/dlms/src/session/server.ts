/**
 * The meter's side of one association: what a client says goes in, the meter's answer comes out. It obeys the same table as the
 * client, asks for the mechanism that its configuration says, and shows its objects to nobody who has not passed it.
 */

import type { Random, WireError } from '@contor/kit';
import { type AcseApdu, decodeAcse, encodeAcse, isAcseTag } from '../codec/acse/apdu.js';
import type { AcseFields } from '../codec/acse/fields.js';
import { type CipherKeys, cipherKeys } from '../codec/security/gcm.js';
import { isAnswer } from '../codec/security/hls.js';
import { decodeWholeApdu, encodeApdu } from '../codec/xdlms/apdu.js';
import type { Apdu, ApduOf } from '../codec/xdlms/apdus.js';
import { type Association, newAssociation, step } from './association.js';
import { type GeneralBlocks, hearGeneralBlock, NO_GENERAL_BLOCKS, sayInBlocks } from './general-blocks.js';
import { answerPass, checkPass, HLS_METHOD, type Pass } from './high-level.js';
import {
  AUTHENTICATION_UNIT,
  CHALLENGE_SIZE,
  CIPHERED_CONTEXT,
  DLMS_VERSION,
  FIRST_HIGH_LEVEL,
  LEAST_CHALLENGE,
  LOW_LEVEL,
  PLAIN_CONTEXT,
} from './opening.js';
import { isTitle, type Policy, Protection } from './protection.js';
import { exception, invokeOf, type ServedObjects, serve, type Transfer } from './services.js';
import type { Message } from './table.js';

/** How one kind of client is let in. */
export interface AdmissionRow {
  /** 16 is the public client. */
  readonly client: number;
  readonly mechanism: number;
  readonly secret?: Uint8Array;
  readonly policy?: Policy;
}

/** What outlives an association of the meter: its title, its keys, the counters of both directions. */
export interface MeterSecurity {
  readonly title: Uint8Array;
  readonly suite: number;
  readonly keys: CipherKeys;
  nextCounter(): number | undefined;
  /** Of each client title: the highest counter taken. */
  readonly received: Map<string, number>;
}

export interface MeterSettings {
  readonly admission: AdmissionRow;
  readonly security: MeterSecurity;
  readonly objects: ServedObjects;
  readonly conformance: number;
  readonly maxPduSize: number;
  readonly random: Random;
  /** Long answers by general block transfer, where the client can. */
  readonly prefersGeneralBlocks?: boolean;
}

const GENERAL_BLOCK_TRANSFER = 1 << (23 - 2);
const CIPHERING_ROOM = 40;
const GENERAL_HEAD = 16;
const LEAST_PDU = 64;
const MOST_PDU = 0xffff;
/** A meter knows its heads; who sends titles by the thousand is none of them. */
const MOST_TITLES = 16;
const VAA_NAME = 7;
const ACCEPTED = 0;
const REJECTED = 1;
const DIAGNOSTICS = {
  context: 2,
  mechanism: 11,
  mechanismRequired: 12,
  failure: 13,
  required: 14,
  noReason: 1,
} as const;

interface Opened {
  readonly protection: Protection | undefined;
  readonly clientTitle: Uint8Array | undefined;
  readonly clientChallenge: Uint8Array;
  readonly ownChallenge: Uint8Array;
  readonly conformance: number;
  readonly room: number;
}

export class MeterSession {
  readonly #settings: MeterSettings;
  #association: Association;
  #opened: Opened | undefined;
  #transfer: Transfer | undefined;
  #general: GeneralBlocks = NO_GENERAL_BLOCKS;

  constructor(settings: MeterSettings) {
    this.#settings = settings;
    this.#association = newAssociation('server', 'connected');
  }

  get isAssociated(): boolean {
    return this.#association.state === 'associated';
  }

  /** The link was opened anew, or closed: what was agreed is over. */
  reset(): void {
    this.#association = newAssociation('server', 'connected');
    this.#opened = undefined;
    this.#transfer = undefined;
    this.#general = NO_GENERAL_BLOCKS;
  }

  /** What the meter says of its own while the association stands, protected as agreed. */
  protect(apdu: Uint8Array): Uint8Array {
    return this.#opened?.protection?.seal(apdu) ?? apdu;
  }

  answer(payload: Uint8Array, nowMs: number): Uint8Array | undefined {
    if (isAcseTag(payload[0] ?? 0)) return this.#answerAcse(payload, nowMs);
    const decoded = decodeWholeApdu(payload);
    if (decoded.kind !== 'value') return encodeApdu(exception('other-reason'));
    const outer = decoded.value;
    if (outer.apdu === 'GeneralBlockTransfer') return this.#answerBlock(outer, nowMs);
    const protection = this.#opened?.protection;
    if (protection === undefined) return this.#answerPlain(outer, nowMs);
    const before = protection.highestReceived;
    const opened = protection.open(outer);
    if (opened.kind !== 'value') return encodeApdu(this.#refusal(opened, before));
    this.#remember(protection);
    const inner = decodeWholeApdu(opened.value);
    return inner.kind === 'value' ? this.#answerPlain(inner.value, nowMs) : encodeApdu(exception('other-reason'));
  }

  #answerPlain(apdu: Apdu, nowMs: number): Uint8Array | undefined {
    if (this.#opened === undefined) return encodeApdu(exception('operation-not-possible'));
    const isVerifying = this.#association.state === 'authenticating';
    if (!this.#guard('hear', { kind: 'xdlms', apdu }, nowMs)) return encodeApdu(exception('operation-not-possible'));
    const answer = isVerifying ? this.#verify(apdu) : this.#serve(apdu);
    if (answer === undefined || invokeOf(apdu)?.isConfirmed === false) return undefined;
    this.#guard('say', { kind: 'xdlms', apdu: answer }, nowMs);
    const said = this.#say(answer);
    if (this.#association.state === 'connected') this.reset();
    return said;
  }

  #serve(apdu: Apdu): Apdu | undefined {
    const { objects, prefersGeneralBlocks = false } = this.#settings;
    const { room = LEAST_PDU, conformance = 0 } = this.#opened ?? {};
    const isGeneral = prefersGeneralBlocks && (conformance & GENERAL_BLOCK_TRANSFER) !== 0;
    const { answer, transfer } = serve(apdu, objects, this.#transfer, isGeneral ? Number.POSITIVE_INFINITY : room);
    this.#transfer = transfer;
    return answer;
  }

  #say(answer: Apdu): Uint8Array {
    const plain = encodeApdu(answer);
    const protection = this.#opened?.protection;
    // That something was not understood is said in plain (IEC 62056-5-3, 7.2.6).
    const payload = protection === undefined || answer.apdu === 'ExceptionResponse' ? plain : protection.seal(plain);
    const room = (this.#opened?.room ?? MOST_PDU) + CIPHERING_ROOM;
    if (payload.length <= room) return payload;
    const { blocks, first } = sayInBlocks(payload, room - GENERAL_HEAD);
    this.#general = blocks;
    return encodeApdu(first);
  }

  #answerBlock(apdu: ApduOf<'GeneralBlockTransfer'>, nowMs: number): Uint8Array | undefined {
    const { blocks, heard, reply } = hearGeneralBlock(this.#general, apdu);
    this.#general = blocks;
    if (heard.kind === 'garbage') return encodeApdu(exception('operation-not-possible'));
    if (heard.kind === 'value') return this.answer(heard.value, nowMs);
    return reply === undefined ? undefined : encodeApdu(reply);
  }

  #answerAcse(payload: Uint8Array, nowMs: number): Uint8Array | undefined {
    const decoded = decodeAcse(payload);
    if (decoded.kind !== 'value') return undefined;
    const apdu = decoded.value;
    // A client that lost its answer, or its memory, begins again.
    if (apdu.apdu === 'AARQ' && this.#association.state !== 'connected') this.reset();
    if (!this.#guard('hear', { kind: 'acse', apdu }, nowMs)) return undefined;
    if (apdu.apdu === 'AARQ') return this.#sayAcse(this.#admit(apdu.fields), nowMs);
    const said = this.#sayAcse({ apdu: 'RLRE', fields: { releaseResponseReason: 0 } }, nowMs);
    this.reset();
    return said;
  }

  #admit(fields: AcseFields): AcseApdu {
    const { admission, security, random } = this.#settings;
    const isCiphered = admission.policy !== undefined;
    if (fields.applicationContext !== (isCiphered ? CIPHERED_CONTEXT : PLAIN_CONTEXT))
      return this.#reject(DIAGNOSTICS.context);
    const { mechanism } = admission;
    if ((fields.mechanism ?? 0) !== mechanism)
      return this.#reject(fields.mechanism === undefined ? DIAGNOSTICS.mechanismRequired : DIAGNOSTICS.mechanism);
    const value = fields.authenticationValue;
    if (mechanism === LOW_LEVEL && !(value !== undefined && isSecret(admission.secret, value)))
      return this.#reject(DIAGNOSTICS.failure);
    const isHighLevel = mechanism >= FIRST_HIGH_LEVEL;
    if (isHighLevel && (value?.length ?? 0) < LEAST_CHALLENGE) return this.#reject(DIAGNOSTICS.failure);
    if (fields.systemTitle !== undefined && isTitle(fields.systemTitle, security.title))
      return this.#reject(DIAGNOSTICS.failure);
    let protection = isCiphered ? this.#protection(fields.systemTitle) : undefined;
    if (isCiphered && protection === undefined) return this.#reject(DIAGNOSTICS.failure);
    const initiate = readInitiate(fields.userInformation, protection);
    if (initiate === undefined) return this.#reject(DIAGNOSTICS.noReason);
    if (protection !== undefined) {
      this.#remember(protection);
      const { dedicatedKey } = initiate;
      if (dedicatedKey !== undefined && dedicatedKey.length !== security.keys.keySize)
        return this.#reject(DIAGNOSTICS.noReason);
      if (dedicatedKey !== undefined) protection = this.#protection(fields.systemTitle, dedicatedKey);
    }
    const pdu = initiate.clientMaxReceivePduSize;
    const conformance = initiate.proposedConformance & this.#settings.conformance;
    this.#opened = {
      protection,
      conformance,
      clientTitle: fields.systemTitle,
      clientChallenge: value ?? new Uint8Array(0),
      ownChallenge: random.bytes(CHALLENGE_SIZE),
      room: Math.max(LEAST_PDU, (pdu === 0 ? MOST_PDU : pdu) - CIPHERING_ROOM),
    };
    const answer = this.#initiateResponse(conformance);
    return {
      apdu: 'AARE',
      fields: {
        applicationContext: isCiphered ? CIPHERED_CONTEXT : PLAIN_CONTEXT,
        result: ACCEPTED,
        diagnostic: { source: 'acse-service-user', code: isHighLevel ? DIAGNOSTICS.required : 0 },
        ...((isCiphered || mechanism >= 5) && { systemTitle: security.title }),
        ...(isHighLevel && {
          acseRequirements: AUTHENTICATION_UNIT,
          mechanism,
          authenticationValue: this.#opened.ownChallenge,
        }),
        userInformation: protection === undefined ? answer : protection.seal(answer, true),
      },
    };
  }

  #initiateResponse(negotiatedConformance: number): Uint8Array {
    return encodeApdu({
      apdu: 'InitiateResponse',
      body: {
        negotiatedQualityOfService: undefined,
        negotiatedDlmsVersion: DLMS_VERSION,
        negotiatedConformance,
        serverMaxReceivePduSize: this.#settings.maxPduSize,
        vaaName: VAA_NAME,
      },
    });
  }

  #reject(code: number): AcseApdu {
    const { policy } = this.#settings.admission;
    return {
      apdu: 'AARE',
      fields: {
        applicationContext: policy === undefined ? PLAIN_CONTEXT : CIPHERED_CONTEXT,
        result: REJECTED,
        diagnostic: { source: 'acse-service-user', code },
        userInformation: encodeApdu({
          apdu: 'ConfirmedServiceError',
          body: { is: 'initiateError', value: { is: 'initiate', value: 'other' } },
        }),
      },
    };
  }

  #protection(clientTitle: Uint8Array | undefined, dedicatedKey?: Uint8Array): Protection | undefined {
    const { security, admission } = this.#settings;
    if (clientTitle === undefined || admission.policy === undefined) return undefined;
    const { suite, keys, title: ownTitle, received } = security;
    const dedicated = dedicatedKey === undefined ? undefined : cipherKeys(dedicatedKey, keys.authenticationKey);
    const settings = {
      suite,
      ownTitle,
      keys,
      policy: admission.policy,
      form: 'service',
      nextCounter: () => security.nextCounter(),
      highestReceived: received.get(toKey(clientTitle)) ?? -1,
      ...(dedicated !== undefined && { dedicated }),
    } as const;
    return new Protection(settings, clientTitle);
  }

  #remember(protection: Protection): void {
    const { received } = this.#settings.security;
    const { peerTitle, highestReceived } = protection;
    if (peerTitle === undefined) return;
    const key = toKey(peerTitle);
    if (received.has(key) || received.size < MOST_TITLES) received.set(key, highestReceived);
  }

  /** Pass three, and our own answer as pass four. */
  #verify(apdu: Apdu): Apdu {
    const opened = this.#opened;
    if (apdu.apdu !== 'ActionRequestNormal' || opened === undefined) return exception('operation-not-possible');
    const { invokeIdAndPriority, method, parameters } = apdu.body;
    const respond = (response: ApduOf<'ActionResponseNormal'>['body']['response']): Apdu => ({
      apdu: 'ActionResponseNormal',
      body: { invokeIdAndPriority, response },
    });
    const isMethod = method.classId === HLS_METHOD.classId && isTitle(method.instanceId, HLS_METHOD.instanceId);
    const isProof =
      isMethod &&
      method.methodId === HLS_METHOD.methodId &&
      parameters?.type === 'octet-string' &&
      this.#check(this.#pass(opened, false), parameters.value);
    if (!isProof) return respond({ result: 'read-write-denied', returnParameters: undefined });
    const pass = this.#pass(opened, true);
    const counter = pass.mechanism === 5 ? this.#settings.security.nextCounter() : undefined;
    const value = answerPass(pass, counter);
    return respond({
      result: 'success',
      returnParameters: { is: 'data', value: { type: 'octet-string', value } },
    });
  }

  #check(pass: Pass, answer: Uint8Array): boolean {
    const { isRight, counter } = checkPass(pass, answer);
    if (isRight && counter !== undefined) this.#opened?.protection?.accept(counter);
    return isRight;
  }

  #pass({ clientTitle, clientChallenge, ownChallenge }: Opened, isOurs: boolean): Pass {
    const { admission, security } = this.#settings;
    const [answererTitle, askerTitle] = isOurs ? [security.title, clientTitle] : [clientTitle, security.title];
    return {
      mechanism: admission.mechanism,
      keys: security.keys,
      suite: security.suite,
      challenge: isOurs ? clientChallenge : ownChallenge,
      answererChallenge: isOurs ? ownChallenge : clientChallenge,
      ...(admission.secret !== undefined && { secret: admission.secret }),
      ...(answererTitle !== undefined && { answererTitle }),
      ...(askerTitle !== undefined && { askerTitle }),
    };
  }

  /** IEC 62056-5-3, Exception-Response: the counter that would be taken is said, so that a client that lost its own can go on. */
  #refusal(opened: { kind: 'garbage'; error: WireError } | { kind: 'pending' }, highest: number): Apdu {
    if (opened.kind === 'pending' || opened.error.code !== 'security.replay') return exception('deciphering-error');
    const value = Math.min(highest + 1, 0xffff_ffff);
    return {
      apdu: 'ExceptionResponse',
      body: { stateError: 'service-not-allowed', serviceError: { is: 'invocation-counter-error', value } },
    };
  }

  #sayAcse(apdu: AcseApdu, nowMs: number): Uint8Array {
    this.#guard('say', { kind: 'acse', apdu }, nowMs);
    return encodeAcse(apdu);
  }

  #guard(kind: 'say' | 'hear', message: Message, nowMs: number): boolean {
    const { association, effects } = step(this.#association, { kind, message }, nowMs);
    this.#association = association;
    return !effects.some((effect) => effect.kind === 'fail');
  }
}

function readInitiate(
  information: Uint8Array | undefined,
  protection: Protection | undefined,
): ApduOf<'InitiateRequest'>['body'] | undefined {
  const outer = information === undefined ? undefined : decodeWholeApdu(information);
  if (outer?.kind !== 'value') return undefined;
  const opened = protection?.open(outer.value);
  if (opened !== undefined && opened.kind !== 'value') return undefined;
  const inner = opened === undefined ? outer : decodeWholeApdu(opened.value);
  return inner.kind === 'value' && inner.value.apdu === 'InitiateRequest' ? inner.value.body : undefined;
}

function isSecret(secret: Uint8Array | undefined, value: Uint8Array): boolean {
  return secret !== undefined && isAnswer(secret, value);
}

function toKey(title: Uint8Array): string {
  return Buffer.from(title).toString('hex');
}
