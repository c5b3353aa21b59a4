/**
 * A client of one meter: it opens the link, associates with whatever passes the mechanism asks for, asks, and releases. Bytes and
 * the time go in, effects come out; the line, the timer and who wants the answers are elsewhere.
 */

import { ProtocolError } from '@contor/kit';
import { type AcseApdu, decodeAcse, encodeAcse, isAcseTag } from '../codec/acse/apdu.js';
import { decodeWholeApdu, encodeApdu } from '../codec/xdlms/apdu.js';
import type { Apdu, ApduOf } from '../codec/xdlms/apdus.js';
import { type Association, newAssociation, step } from './association.js';
import { beginExchange, type Exchange, hearInExchange, type Outcome, type Request } from './exchange.js';
import { type GeneralBlocks, hearGeneralBlock, NO_GENERAL_BLOCKS } from './general-blocks.js';
import { answerPass, checkPass, HLS_METHOD, type Pass } from './high-level.js';
import type { ClientLink } from './link/client-link.js';
import type { LinkEffect } from './link/station.js';
import { type Accepted, buildAarq, judgeAare, type Proposal, refusedProposal } from './opening.js';
import type { Protection } from './protection.js';
import type { Message } from './table.js';

export interface ClientSettings {
  readonly proposal: Proposal;
  /** Absent: nothing is ciphered, and nothing ciphered is understood. */
  readonly protection?: Protection;
  /** The keys of mechanism 5, also where the association itself is not ciphered. */
  readonly pass: Pick<Pass, 'keys' | 'suite'>;
  readonly nextCounter: () => number | undefined;
}

export type Notification = ApduOf<'DataNotification' | 'EventNotificationRequest' | 'InformationReportRequest'>;

export type ClientEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'associated'; readonly accepted: Accepted }
  | { readonly kind: 'outcome'; readonly outcome: Outcome }
  /** The request failed, the association stands. */
  | { readonly kind: 'refused'; readonly error: ProtocolError }
  | { readonly kind: 'notification'; readonly apdu: Notification }
  | { readonly kind: 'closed' }
  /** The association is over; the line is to be closed. */
  | { readonly kind: 'fail'; readonly error: ProtocolError };

const NOTIFICATIONS: readonly string[] = ['DataNotification', 'EventNotificationRequest', 'InformationReportRequest'];
/** Four bits, and each request another: a late answer is known by it (IEC 62056-5-3, 7.3.2). */
const INVOKE_IDS = 16;
/** Security header, tag, length, and the title of the general form. */
const CIPHERING_ROOM = 40;
/** Where the meter names no limit; the wrapper's length field has none higher. */
const MOST_PDU = 0xffff;
const LEAST_PDU = 64;

export class DlmsClient {
  readonly #settings: ClientSettings;
  readonly #link: ClientLink;
  #association: Association;
  #accepted: Accepted | undefined;
  #exchange: Exchange | undefined;
  #general: GeneralBlocks = NO_GENERAL_BLOCKS;
  #invokeId = 0;
  #effects: ClientEffect[] = [];

  constructor(link: ClientLink, settings: ClientSettings) {
    this.#link = link;
    this.#settings = settings;
    this.#association = newAssociation('client');
  }

  /** When `wake` is to be called, if nothing was heard before. */
  get deadlineMs(): number | undefined {
    const times = [this.#association.deadlineMs, this.#link.deadlineMs].filter((time) => time !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get isAssociated(): boolean {
    return this.#association.state === 'associated';
  }

  open(nowMs: number): readonly ClientEffect[] {
    return this.#collect(() => {
      const refused = refusedProposal(this.#settings.proposal);
      if (refused !== undefined) return this.#fail(refused);
      this.#guard('say', { kind: 'link', name: 'SNRM' }, nowMs);
      this.#carry(this.#link.open(nowMs), nowMs);
    });
  }

  ask(request: Request, nowMs: number): readonly ClientEffect[] {
    return this.#collect(() => {
      if (!this.isAssociated || this.#accepted === undefined)
        return this.#fail(new ProtocolError('dlms.state', 'There is no association to ask on.', {}));
      this.#ask(request, nowMs);
    });
  }

  /** RLRQ where the association is ciphered or the link stays; then the link is closed. */
  release(nowMs: number): readonly ClientEffect[] {
    return this.#collect(() => {
      if (!this.isAssociated) return this.#closeLink(nowMs);
      const { protection, proposal } = this.#settings;
      const again = buildAarq(proposal, protection).fields.userInformation;
      const fields = { releaseRequestReason: 0, ...(proposal.isCiphered && again && { userInformation: again }) };
      this.#sayAcse({ apdu: 'RLRQ', fields }, nowMs);
    });
  }

  hear(chunk: Uint8Array, nowMs: number): readonly ClientEffect[] {
    return this.#collect(() => this.#carry(this.#link.hear(chunk, nowMs), nowMs));
  }

  wake(nowMs: number): readonly ClientEffect[] {
    return this.#collect(() => {
      this.#carry(this.#link.wake(nowMs), nowMs);
      const { association, effects } = step(this.#association, { kind: 'woken' }, nowMs);
      this.#association = association;
      for (const effect of effects) if (effect.kind === 'fail') this.#fail(effect.error);
    });
  }

  #collect(work: () => void): readonly ClientEffect[] {
    this.#effects = [];
    try {
      work();
    } catch (error) {
      // No counter is left: nothing more can be said on this association.
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail(error);
    }
    return this.#effects;
  }

  #carry(effects: readonly LinkEffect[], nowMs: number): undefined {
    for (const effect of effects) {
      if (effect.kind === 'send') this.#effects.push(effect);
      else if (effect.kind === 'fail') this.#fail(effect.error);
      else if (effect.kind === 'opened') this.#associate(nowMs);
      else if (effect.kind === 'closed') this.#closed(nowMs);
      else this.#hearPayload(effect.payload, nowMs);
    }
  }

  #associate(nowMs: number): undefined {
    if (!this.#guard('hear', { kind: 'link', name: 'UA' }, nowMs)) return;
    this.#sayAcse(buildAarq(this.#settings.proposal, this.#settings.protection), nowMs);
  }

  #hearPayload(payload: Uint8Array, nowMs: number): undefined {
    if (isAcseTag(payload[0] ?? 0)) return this.#hearAcse(payload, nowMs);
    const decoded = decodeWholeApdu(payload);
    if (decoded.kind !== 'value') return this.#fail(unread(decoded.kind === 'garbage' ? decoded.error : undefined));
    const outer = decoded.value;
    if (outer.apdu === 'GeneralBlockTransfer') return this.#hearBlock(outer, nowMs);
    const { protection, proposal } = this.#settings;
    if (protection === undefined || !proposal.isCiphered || isPlainFault(outer)) return this.#hearApdu(outer, nowMs);
    const opened = protection.open(outer);
    const inner = opened.kind === 'value' ? decodeWholeApdu(opened.value) : opened;
    if (inner.kind === 'value') return this.#hearApdu(inner.value, nowMs);
    this.#fail(unread(inner.kind === 'garbage' ? inner.error : undefined));
  }

  #hearBlock(apdu: ApduOf<'GeneralBlockTransfer'>, nowMs: number): undefined {
    const { blocks, heard, reply } = hearGeneralBlock(this.#general, apdu);
    this.#general = blocks;
    if (heard.kind === 'garbage') return this.#fail(unread(heard.error));
    if (heard.kind === 'value') return this.#hearPayload(heard.value, nowMs);
    if (reply !== undefined) this.#carry(this.#link.say(encodeApdu(reply), nowMs), nowMs);
  }

  #hearAcse(payload: Uint8Array, nowMs: number): undefined {
    const decoded = decodeAcse(payload);
    if (decoded.kind !== 'value') return this.#fail(unread(decoded.kind === 'garbage' ? decoded.error : undefined));
    const before = this.#association.state;
    if (!this.#guard('hear', { kind: 'acse', apdu: decoded.value }, nowMs)) return;
    if (before === 'releasing') return this.#closeLink(nowMs);
    const { proposal, protection } = this.#settings;
    const accepted = judgeAare(decoded.value.fields, proposal, protection);
    if ('code' in accepted) return this.#fail(accepted);
    this.#accepted = accepted;
    if (accepted.challenge === undefined) this.#effects.push({ kind: 'associated', accepted });
    else this.#prove(accepted.challenge, nowMs);
  }

  #prove(challenge: Uint8Array, nowMs: number): undefined {
    const pass = this.#pass(challenge, true);
    const counter = pass.mechanism === 5 ? this.#takeCounter() : undefined;
    const value = answerPass(pass, counter);
    this.#ask({ kind: 'action', method: HLS_METHOD, parameters: { type: 'octet-string', value } }, nowMs);
  }

  /** The answer that we give, or the one that the meter owes us. */
  #pass(challenge: Uint8Array, isOurs: boolean): Pass {
    const { proposal, pass } = this.#settings;
    const { mechanism, secret } = proposal.authentication;
    const [own, peer] = [proposal.ownTitle, this.#accepted?.peerTitle ?? this.#settings.protection?.peerTitle];
    const [answererTitle, askerTitle] = isOurs ? [own, peer] : [peer, own];
    return {
      ...pass,
      mechanism,
      challenge: isOurs ? challenge : proposal.challenge,
      answererChallenge: isOurs ? proposal.challenge : challenge,
      ...(secret !== undefined && { secret }),
      ...(answererTitle !== undefined && { answererTitle }),
      ...(askerTitle !== undefined && { askerTitle }),
    };
  }

  #ask(request: Request, nowMs: number): undefined {
    this.#invokeId = (this.#invokeId + 1) % INVOKE_IDS;
    const invoke = { invokeId: this.#invokeId, isConfirmed: true, isHighPriority: true };
    const pdu = this.#accepted?.maxPduSize ?? 0;
    const room = Math.max(LEAST_PDU, (pdu === 0 ? MOST_PDU : pdu) - CIPHERING_ROOM);
    const { exchange, apdu } = beginExchange(request, invoke, room);
    this.#exchange = exchange;
    this.#sayApdu(apdu, nowMs);
  }

  #sayApdu(apdu: Apdu, nowMs: number): undefined {
    if (!this.#guard('say', { kind: 'xdlms', apdu }, nowMs)) return;
    this.#general = NO_GENERAL_BLOCKS;
    const plain = encodeApdu(apdu);
    const { protection, proposal } = this.#settings;
    const payload = protection !== undefined && proposal.isCiphered ? protection.seal(plain) : plain;
    this.#carry(this.#link.say(payload, nowMs), nowMs);
  }

  #sayAcse(apdu: AcseApdu, nowMs: number): undefined {
    if (this.#guard('say', { kind: 'acse', apdu }, nowMs)) this.#carry(this.#link.say(encodeAcse(apdu), nowMs), nowMs);
  }

  #hearApdu(apdu: Apdu, nowMs: number): undefined {
    if (isNotification(apdu)) {
      this.#effects.push({ kind: 'notification', apdu });
      return;
    }
    const before = this.#association.state;
    if (!this.#guard('hear', { kind: 'xdlms', apdu }, nowMs)) return;
    if (isPlainFault(apdu)) return this.#hearFault(apdu, before === 'verifying');
    if (this.#exchange === undefined) return;
    const next = hearInExchange(this.#exchange, apdu);
    if (next.kind === 'say') {
      this.#exchange = next.exchange;
      return this.#sayApdu(next.apdu, nowMs);
    }
    this.#exchange = undefined;
    if (next.kind === 'fail') this.#giveUp(next.error, before === 'verifying');
    else if (before === 'verifying') this.#verify(next.outcome);
    else this.#effects.push({ kind: 'outcome', outcome: next.outcome });
  }

  /** Pass four: the meter proves that it is who it says. */
  #verify(outcome: Outcome): undefined {
    const accepted = this.#accepted;
    const returned = outcome.kind === 'action' && outcome.result === 'success' ? outcome.returned : undefined;
    if (accepted?.challenge === undefined || returned?.is !== 'data' || returned.value.type !== 'octet-string')
      return this.#fail(new ProtocolError('dlms.authentication', 'The meter does not accept our answer.', {}));
    const { isRight, counter } = checkPass(this.#pass(accepted.challenge, false), returned.value.value);
    if (!isRight)
      return this.#fail(new ProtocolError('dlms.authentication', 'The meter does not know the secret.', {}));
    if (counter !== undefined) this.#settings.protection?.accept(counter);
    this.#effects.push({ kind: 'associated', accepted });
  }

  #hearFault(apdu: PlainFault, isOpening: boolean): undefined {
    this.#exchange = undefined;
    const said = apdu.apdu === 'ExceptionResponse' ? apdu.body : { service: apdu.body };
    this.#giveUp(new ProtocolError('dlms.exception', 'The meter refuses the service.', said), isOpening);
  }

  #giveUp(error: ProtocolError, isOpening: boolean): undefined {
    if (isOpening) return this.#fail(error);
    // A transfer that was broken off in the middle: the next request begins another.
    this.#association = { role: 'client', state: 'associated' };
    this.#effects.push({ kind: 'refused', error });
  }

  #closeLink(nowMs: number): undefined {
    if (this.#association.state === 'idle') {
      this.#effects.push({ kind: 'closed' });
      return;
    }
    if (this.#guard('say', { kind: 'link', name: 'DISC' }, nowMs)) this.#carry(this.#link.close(nowMs), nowMs);
  }

  #closed(nowMs: number): undefined {
    this.#guard('hear', { kind: 'link', name: 'UA' }, nowMs);
    this.#effects.push({ kind: 'closed' });
  }

  /** Whether the table has a cell for it; where it has none, the conversation is over. */
  #guard(kind: 'say' | 'hear', message: Message, nowMs: number): boolean {
    const { association, effects } = step(this.#association, { kind, message }, nowMs);
    this.#association = association;
    const fault = effects.find((effect) => effect.kind === 'fail');
    if (fault?.kind === 'fail') this.#fail(fault.error);
    return fault === undefined;
  }

  #takeCounter(): number {
    const counter = this.#settings.nextCounter();
    if (counter === undefined) throw new ProtocolError('security.counter', 'No invocation counter is left.', {});
    return counter;
  }

  #fail(error: ProtocolError): undefined {
    this.#association = newAssociation('client');
    this.#exchange = undefined;
    this.#effects.push({ kind: 'fail', error });
  }
}

type PlainFault = ApduOf<'ExceptionResponse' | 'ConfirmedServiceError'>;

/** What a meter says in plain even where all else is ciphered: that it does not understand. */
function isPlainFault(apdu: Apdu): apdu is PlainFault {
  return apdu.apdu === 'ExceptionResponse' || apdu.apdu === 'ConfirmedServiceError';
}

function isNotification(apdu: Apdu): apdu is Notification {
  return NOTIFICATIONS.includes(apdu.apdu);
}

function unread(cause: (Error & { code?: string }) | undefined): ProtocolError {
  return new ProtocolError(cause?.code ?? 'wire.short', 'What the meter says cannot be read.', {}, cause);
}
