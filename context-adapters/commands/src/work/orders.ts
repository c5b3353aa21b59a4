/**
 * Orders go out and outcomes come back. An order is in the journal as `sending` before it is sent, it is sent once, and what came of it is
 * read from what the meter shows. After a crash nothing is sent again (trust T22, P16).
 */

import { createHash } from 'node:crypto';
import { COMMANDS, type OrderStatement } from '@contor/policy';
import { HOUR_MS } from '../core/caps.js';
import { outcomeOf } from '../core/outcome.js';
import { paceOf } from '../core/plan.js';
import type { Asked, Sending } from '../core/ports.js';
import { isSettled, type RequestRecord, type TargetRecord } from '../core/records.js';
import type { Inbox } from './inbox.js';
import { type CapsOfNow, type Parts, raise } from './parts.js';

/** At a time: a meter that does not answer must not hold up the others. */
const MOST_IN_FLIGHT = 8;
/** What is not known is looked at again so often, for as long as the journal keeps it. */
const UNKNOWN_EVERY_MS = 30_000;

/** One change of the journal after the other; only the sending itself goes beside. */
export type Serially = <T>(work: () => Promise<T>) => Promise<T>;

export class Orders {
  readonly #parts: Parts;
  readonly #inbox: Inbox;
  readonly #caps: CapsOfNow;
  readonly #serially: Serially;
  readonly #inFlight = new Map<string, Promise<void>>();
  #unknownLookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts, inbox: Inbox, caps: CapsOfNow, serially: Serially) {
    this.#serially = serially;
    this.#parts = parts;
    this.#inbox = inbox;
    this.#caps = caps;
  }

  /** Whatever was on its way has been answered. */
  async landed(): Promise<void> {
    await Promise.all(this.#inFlight.values());
  }

  /** Those whose moment has come, each on its way when this resolves. */
  async sendDue(): Promise<void> {
    const { journal, clock, log } = this.#parts;
    const due = journal.unfinished().filter((one) => one.status === 'waiting' && (one.dueAtMs ?? 0) <= clock.nowMs());
    for (const target of due) {
      if (this.#inFlight.size >= MOST_IN_FLIGHT) return;
      const request = journal.request(target.request);
      const isOver = clock.nowMs() > (target.expiresAtMs ?? 0);
      if (request === undefined || (this.#isHalted(request) && !isOver)) continue;
      if (this.#inFlight.has(keyOf(target))) continue;
      const order = await this.#prepare(target);
      if (order === undefined) continue;
      const flight = this.#send(order.target, order.signed)
        .catch((error: unknown) => log.error({ error }, 'What became of an order could not be kept.'))
        .finally(() => this.#inFlight.delete(keyOf(target)));
      this.#inFlight.set(keyOf(target), flight);
    }
  }

  /** Everything that speaks against it is looked at now, and then it is in the journal as sent; or it is not sent. */
  async #prepare(due: TargetRecord): Promise<{ readonly target: TargetRecord; readonly signed: string } | undefined> {
    const { journal, context, clock } = this.#parts;
    if (clock.nowMs() > (due.expiresAtMs ?? 0)) {
      await this.#settle(due, { status: 'expired', text: 'It could not be sent in time.' });
      return undefined;
    }
    await this.#inbox.hearControl(await context.control());
    const told = await context.request(due.request);
    if (told !== undefined) await this.#inbox.hear(told);
    const request = journal.request(due.request);
    const target = journal.targets(due.request).find(({ device }) => device === due.device);
    if (request?.status !== 'approved' || target?.status !== 'waiting' || (await this.#isHeldBack(request)))
      return undefined;
    const facts = (await context.devices([target.device])).get(target.device);
    const isProtected = facts?.protection !== undefined && COMMANDS[request.command].isRestricted;
    if (
      facts === undefined ||
      facts.serialNumber === undefined ||
      facts.serialNumber !== target.serialNumber ||
      isProtected
    ) {
      await this.#settle(target, { status: 'refused', text: 'The meter is another one now, or it is protected.' });
      return undefined;
    }
    return this.#sign(request, target, facts.serialNumber);
  }

  async #sign(request: RequestRecord, target: TargetRecord, serialNumber: string) {
    const { journal, signer, settings, clock, touched } = this.#parts;
    const issuedAtMs = clock.nowMs();
    const order: OrderStatement = {
      ...{ kind: 'order', id: orderIdOf(target), tenant: settings.tenant, device: target.device, serialNumber },
      ...{ command: request.command, parameters: request.parameters },
      ...{ issuedAtMs, notAfterMs: issuedAtMs + settings.orderValidMs },
      ...(request.needsApproval && !request.needsSecondFactor ? { onlyIfSimulated: true } : {}),
    };
    const signed = await signer.sign(order);
    const sending: TargetRecord = {
      ...target,
      ...{ status: 'sending', text: 'Was sent; waits for the meter.', atMs: issuedAtMs },
      ...{ orderId: order.id, sentAtMs: issuedAtMs, notAfterMs: order.notAfterMs },
    };
    // The switch may have been pressed while we were looking.
    if (this.#isHalted(request)) return undefined;
    await journal.keepTarget(sending);
    touched.add(request.id);
    if (!this.#isHalted(request)) return { target: sending, signed };
    await this.#settle(sending, { status: 'stopped', text: 'Commands are stopped.' });
    return undefined;
  }

  async #send(target: TargetRecord, signed: string): Promise<void> {
    const request = this.#parts.journal.request(target.request);
    if (request === undefined) return;
    const answer: Sending = await this.#parts.context.send(target.device, request.command, signed);
    if (answer.kind === 'refused') {
      const text = `It was refused, and nothing was done: ${answer.reason}`;
      await this.#serially(() => this.#settle(target, { status: 'failed', text }));
    }
    if (answer.kind === 'unclear')
      this.#parts.log.warn(
        { device: target.device, reason: answer.reason },
        'It is not clear whether an order arrived.',
      );
  }

  #isHalted({ needsApproval }: RequestRecord): boolean {
    const { stop, freeze } = this.#parts.journal.control;
    return stop !== undefined || (freeze !== undefined && needsApproval);
  }

  /** Stopped, frozen, or too close to the last one of the same person: a second look, should the plan have been wrong. */
  async #isHeldBack(request: RequestRecord): Promise<boolean> {
    if (this.#isHalted(request)) return true;
    if (!request.needsApproval) return false;
    const { journal, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const caps = await this.#caps.get();
    const sent = journal
      .requests()
      .flatMap((one) =>
        one.needsApproval
          ? journal
              .targets(one.id)
              .flatMap(({ sentAtMs }) => (sentAtMs === undefined ? [] : [{ by: one.by, sentAtMs }]))
          : [],
      );
    const inHour = sent.filter(({ sentAtMs }) => nowMs - sentAtMs < HOUR_MS);
    const own = inHour.filter(({ by }) => by === request.by);
    const isTooSoon = own.some(({ sentAtMs }) => nowMs - sentAtMs < paceOf(request.command));
    return isTooSoon || inHour.length >= caps.tenantPerHour || own.length >= caps.personPerHour;
  }

  /** What the meters show by now. */
  async look(): Promise<void> {
    const { journal, context, clock } = this.#parts;
    const isTimeForUnknown = clock.monotonicMs() - this.#unknownLookedAtMs >= UNKNOWN_EVERY_MS;
    const open = journal
      .unfinished()
      .filter(({ status }) => status === 'sending' || (status === 'unknown' && isTimeForUnknown));
    if (open.length === 0) return;
    if (isTimeForUnknown) this.#unknownLookedAtMs = clock.monotonicMs();
    const asked = open.flatMap((target): Asked[] => {
      const command = journal.request(target.request)?.command;
      return command === undefined || target.orderId === undefined
        ? []
        : [{ device: target.device, command, orderId: target.orderId }];
    });
    const shown = await context.shown(asked);
    for (const target of open) {
      const request = journal.request(target.request);
      const seen = shown.get(target.orderId ?? '');
      if (request === undefined || seen === undefined) continue;
      const outcome = outcomeOf({ ...request, target }, seen, clock.nowMs());
      if (outcome !== undefined) await this.#settle(target, outcome);
    }
  }

  async #settle(target: TargetRecord, outcome: Pick<TargetRecord, 'status' | 'text' | 'result'>): Promise<void> {
    const { journal, clock, touched } = this.#parts;
    const atMs = clock.nowMs();
    await journal.keepTarget({ ...target, ...outcome, atMs });
    touched.add(target.request);
    if (outcome.status === 'unknown')
      await raise(this.#parts, {
        ...{ kind: 'unknown', text: outcome.text, key: target.orderId ?? keyOf(target), atMs, device: target.device },
      });
    const request = journal.request(target.request);
    if (request?.command === 'read') await this.#endUnknown(target, outcome.result);
    const isOver = journal.targets(target.request).every(({ status }) => isSettled(status));
    if (isOver && request !== undefined) await journal.keepRequest({ ...request, finishedAtMs: atMs });
  }

  /** Somebody has read the meter: what was not known is what it says. */
  async #endUnknown({ device, sentAtMs = 0 }: TargetRecord, result: TargetRecord['result']): Promise<void> {
    const { journal } = this.#parts;
    const breakerState = result?.breakerState;
    if (typeof breakerState !== 'string') return;
    const shown = { answer: undefined, limit: undefined, breaker: { value: breakerState, observedMs: sentAtMs } };
    for (const target of journal.unfinished()) {
      const request = journal.request(target.request);
      if (target.status !== 'unknown' || target.device !== device || request === undefined) continue;
      const outcome = outcomeOf({ ...request, target }, shown, sentAtMs);
      if (outcome !== undefined) await this.#settle(target, outcome);
    }
  }
}

/** Of the request and the device, so that even a journal that was set back to a backup names the same order again. */
function orderIdOf({ request, device }: TargetRecord): string {
  const uuid = request.slice(request.lastIndexOf(':') + 1);
  return `${uuid}.${createHash('sha256').update(device).digest('hex').slice(0, 16)}`;
}

function keyOf({ request, device }: TargetRecord): string {
  return `${request} ${device}`;
}
