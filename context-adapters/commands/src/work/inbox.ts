/**
 * What the gateway has signed comes in: requests, decisions about them, the switch. Every step is in the journal before the next, and
 * each can be taken again after a crash without being taken twice.
 */

import type { ControlStatement, DecisionStatement, RequestStatement } from '@contor/policy';
import { COMMANDS, isCommand, statementHash } from '@contor/policy';
import { brokenCap, usageOf } from '../core/caps.js';
import { frozen, withStatement } from '../core/control.js';
import { decisionFault, requestFault } from '../core/judge.js';
import { paceOf, plan, rateFault } from '../core/plan.js';
import type { DeviceFacts, TellingEntity } from '../core/ports.js';
import type { RequestRecord, Status, TargetRecord } from '../core/records.js';
import type { Verified } from '../intake/statements.js';
import { type CapsOfNow, type Parts, raise } from './parts.js';

/** What ends a request goes before what begins it. */
const DECISIONS = ['withdrawal', 'rejection', 'approval'] as const;
const FORGERS_REMEMBERED = 1_000;
/** Requests of one person that nobody has decided: a shift's worth, and no flood. */
const MOST_WAITING = 50;
const UNKNOWN_BARS_MS = 86_400_000;
/** Views of what was over before are as they were. */
const TOLD_AGAIN_MS = 86_400_000;

export class Inbox {
  readonly #parts: Parts;
  readonly #caps: CapsOfNow;
  readonly #forged = new Set<string>();

  constructor(parts: Parts, caps: CapsOfNow) {
    this.#parts = parts;
    this.#caps = caps;
  }

  async hear({ id, statements }: TellingEntity): Promise<void> {
    const { verified, forged } = await this.#parts.reader.read(statements);
    const request = this.#parts.journal.request(id) ?? (await this.#begin(id, verified));
    if (request === undefined || forged > 0) await this.#alarmForged(id);
    if (request === undefined) return;
    for (const kind of DECISIONS)
      for (const { statement } of verified)
        if (statement.kind === kind) await this.#decide(request.id, statement as DecisionStatement);
  }

  async hearControl(statements: readonly string[]): Promise<void> {
    const { journal, reader, clock } = this.#parts;
    const { verified, forged } = await reader.read(statements);
    if (forged > 0) await this.#alarmForged('control');
    const inOrder = verified
      .flatMap(({ statement }) => (isControl(statement) ? [statement] : []))
      .filter(({ tenant }) => tenant === this.#parts.settings.tenant)
      .sort((a, b) => a.atMs - b.atMs);
    for (const statement of inOrder) {
      const before = journal.control;
      const after = withStatement(before, statement, clock.nowMs());
      if (after === before || JSON.stringify(after) === JSON.stringify(before)) continue;
      await journal.keepControl(after);
      await this.#afterControl(before.stop === undefined, after.stop === undefined, statement);
    }
    if (journal.control.stop !== undefined) await this.#stopPending();
  }

  /** What a crash left half done. */
  async resume(): Promise<void> {
    const { clock, touched } = this.#parts;
    for (const request of this.#parts.journal.requests()) {
      if (clock.nowMs() - (request.finishedAtMs ?? clock.nowMs()) < TOLD_AGAIN_MS) touched.add(request.id);
      if (request.status === 'approved') await this.#plan(request);
    }
    if (this.#parts.journal.control.stop !== undefined) await this.#stopPending();
  }

  /** Requests that nobody decided in time. */
  async expire(lastsMs: number): Promise<void> {
    const { journal, clock } = this.#parts;
    for (const request of journal.requests())
      if (request.status === 'requested' && clock.nowMs() - request.requestedAtMs > lastsMs)
        await this.#close(request, 'expired', 'Nobody decided about it in time.');
  }

  async #begin(id: string, verified: readonly Verified[]): Promise<RequestRecord | undefined> {
    const { settings, clock, journal, context } = this.#parts;
    const signed = verified.find(({ statement }) => statement.kind === 'request' && statement.id === id);
    if (signed === undefined) return undefined;
    const statement = signed.statement as RequestStatement;
    const nowMs = clock.nowMs();
    const { command, parameters = {}, by, atMs, targets } = statement;
    if (!isCommand(command)) return undefined;
    const needsApproval = COMMANDS[command].isRestricted;
    const request: RequestRecord = {
      ...{ id, hash: await statementHash(signed.compact), command, parameters, by, requestedAtMs: atMs },
      ...{ needsApproval, needsSecondFactor: needsApproval, status: 'requested', text: 'Waits for a second person.' },
      targetCount: targets.length,
    };
    const fault =
      requestFault(statement, { id, tenant: settings.tenant, nowMs }) ??
      (await this.#refusalOf(statement, needsApproval));
    if (fault !== undefined) return this.#close(request, 'refused', fault);
    const facts = await context.devices(targets);
    const records = targets.map((device) => this.#targetOf(statement, device, facts.get(device)));
    for (const { device, status, text } of records)
      if (status === 'refused' && facts.get(device)?.protection !== undefined)
        await raise(this.#parts, { kind: 'protected', text, key: `${id}:${device}`, atMs: nowMs, device });
    const isAllSimulated = records.every(({ device, serialNumber }) => this.#isSimulated(device, serialNumber));
    await journal.keepTargets(records);
    if (records.every(({ status }) => status === 'refused'))
      return this.#close(request, 'refused', refusalOfAll(records));
    if (needsApproval) return this.#keep({ ...request, needsSecondFactor: !isAllSimulated });
    const approved = await this.#keep({ ...request, status: 'approved', text: '', decidedBy: by, decidedAtMs: nowMs });
    await this.#plan(approved);
    return approved;
  }

  /** Reasons that lie in how much is asked for. Those that smell of abuse raise an alarm. */
  async #refusalOf(
    { by, command, targets, id, atMs }: RequestStatement,
    needsApproval: boolean,
  ): Promise<string | undefined> {
    const { journal, clock } = this.#parts;
    if (journal.control.stop !== undefined) return 'Commands are stopped.';
    const requests = journal.requests();
    if (!needsApproval && isCommand(command))
      return rateFault(requests, { by, command, count: targets.length, nowMs: clock.nowMs() });
    const waiting = requests.filter((one) => one.status === 'requested' && one.by === by).length;
    if (waiting >= MOST_WAITING) return `${MOST_WAITING} requests of this person wait already.`;
    const caps = await this.#caps.get();
    const most = Math.min(caps.personPerHour, caps.tenantPerHour);
    if (targets.length <= most) return undefined;
    const text = `It would take away ${targets.length} supplies; more than ${most} an hour are never taken away.`;
    await raise(this.#parts, { kind: 'overCap', text: `${by}: ${text}`, key: id, atMs });
    return text;
  }

  #targetOf({ id, command }: RequestStatement, device: string, facts: DeviceFacts | undefined): TargetRecord {
    const atMs = this.#parts.clock.nowMs();
    const name = facts?.name;
    const serialNumber = facts?.serialNumber;
    const refusal = this.#deviceFault(command, device, facts);
    return {
      ...{ request: id, device, atMs },
      ...(name === undefined ? {} : { name }),
      ...(serialNumber === undefined ? {} : { serialNumber }),
      ...(refusal === undefined ? { status: 'requested', text: '' } : { status: 'refused', text: refusal }),
    };
  }

  #deviceFault(command: string, device: string, facts: DeviceFacts | undefined): string | undefined {
    if (facts === undefined) return 'There is no such meter.';
    if (facts.serialNumber === undefined) return 'The meter has no serial number, so an order cannot name it.';
    if (!isCommand(command) || !COMMANDS[command].isRestricted) return undefined;
    if (facts.protection !== undefined) return `The supply is protected: ${facts.protection}.`;
    const { journal, clock } = this.#parts;
    const other = journal.unfinished().find((one) => one.device === device && this.#takesAway(one));
    if (other === undefined) return undefined;
    // Whoever asks for it again a day later, and whoever approves that, has had the time to go and look.
    if (other.status === 'unknown' && clock.nowMs() - other.atMs > UNKNOWN_BARS_MS) return undefined;
    return other.status === 'unknown'
      ? 'It is not known what became of the last command. Read the meter first.'
      : 'Another command to this meter is not over.';
  }

  #takesAway({ request }: TargetRecord): boolean {
    return this.#parts.journal.request(request)?.needsApproval === true;
  }

  #isSimulated(device: string, serialNumber: string | undefined): boolean {
    const known = this.#parts.settings.simulated.get(device);
    return known !== undefined && known === serialNumber;
  }

  async #decide(id: string, decision: DecisionStatement): Promise<void> {
    const { journal, clock, settings } = this.#parts;
    const request = journal.request(id);
    if (request === undefined) return;
    const isOpen = request.status === 'requested' || (request.status === 'approved' && decision.kind !== 'approval');
    if (!isOpen) return;
    const fault = decisionFault(decision, { request, tenant: settings.tenant, nowMs: clock.nowMs() });
    if (fault !== undefined) {
      if (request.text !== fault && request.status === 'requested') await this.#keep({ ...request, text: fault });
      return;
    }
    if (decision.kind === 'approval') return this.#approve(request, decision);
    const [status, text] =
      decision.kind === 'rejection'
        ? (['rejected', 'It was rejected.'] as const)
        : (['withdrawn', 'It was withdrawn.'] as const);
    if (request.status === 'approved') return this.#endWaiting(request, 'withdrawn', text);
    await this.#close({ ...request, decidedBy: decision.by, decidedAtMs: decision.atMs }, status, text);
  }

  async #approve(request: RequestRecord, { by }: DecisionStatement): Promise<void> {
    const { journal, clock } = this.#parts;
    const nowMs = clock.nowMs();
    if (journal.control.stop !== undefined)
      return void (await this.#close(request, 'stopped', 'Commands are stopped.'));
    const caps = await this.#caps.get();
    const usage = usageOf(journal.requests(), nowMs);
    const broken = brokenCap(caps, usage, [request.by, by], request.targetCount);
    if (broken !== undefined) return this.#freeze(request, broken);
    const decided = { decidedBy: by, decidedAtMs: nowMs };
    await this.#plan(await this.#keep({ ...request, ...decided, status: 'approved', text: '' }));
  }

  /** Nothing of what broke the cap is carried out, and nothing that waits, until two people have looked. */
  async #freeze(request: RequestRecord, reason: string): Promise<void> {
    const { journal, clock } = this.#parts;
    if (journal.control.freeze === undefined) {
      await journal.keepControl(frozen(journal.control, clock.nowMs(), reason));
      await raise(this.#parts, { kind: 'frozen', text: reason, key: request.id, atMs: clock.nowMs() });
    }
    await this.#close(request, 'refused', `${reason} Commands are frozen.`);
  }

  /** Gives each meter that has no time yet its own. Can be done again. */
  async #plan(request: RequestRecord): Promise<void> {
    const { journal, clock, random, settings, touched } = this.#parts;
    const open = journal.targets(request.id).filter(({ status }) => status === 'requested');
    if (open.length === 0) return;
    const spacingMs = paceOf(request.command);
    const planned = plan({
      ...{ count: open.length, nowMs: clock.nowMs(), random, spacingMs },
      longestDelayMs: request.needsApproval ? settings.longestDelayMs : 0,
      takenUntilMs: this.#takenUntilMs(request),
    });
    const text = request.needsApproval ? 'Waits for its moment.' : 'Is sent.';
    await journal.keepTargets(
      open.map((target, at) => ({ ...target, ...planned[at], status: 'waiting', text, atMs: clock.nowMs() })),
    );
    touched.add(request.id);
  }

  /** The last moment taken by an order of the same kind and person. */
  #takenUntilMs({ by, command }: RequestRecord): number | undefined {
    const { journal } = this.#parts;
    const own = journal.requests().filter((one) => one.by === by && paceOf(one.command) === paceOf(command));
    const taken = own.flatMap(({ id }) => journal.targets(id).flatMap(({ dueAtMs }) => dueAtMs ?? []));
    return taken.length === 0 ? undefined : taken.reduce((latest, at) => Math.max(latest, at));
  }

  async #afterControl(ranBefore: boolean, runsNow: boolean, statement: ControlStatement): Promise<void> {
    const { by, atMs, reason = '' } = statement;
    if (ranBefore && !runsNow)
      await raise(this.#parts, { kind: 'stopped', text: `${by}: ${reason}`, key: String(atMs), atMs });
    if (!ranBefore && runsNow)
      await raise(this.#parts, {
        kind: 'resumed',
        text: 'Two people let commands run again.',
        key: String(atMs),
        atMs,
      });
  }

  /** What has its moment goes first; all of it shares a few commits of the journal. */
  async #stopPending(): Promise<void> {
    const requests = this.#parts.journal.requests();
    const text = 'Commands are stopped.';
    const approved = requests.filter(({ status }) => status === 'approved');
    await Promise.all(approved.map((request) => this.#endWaiting(request, 'stopped', text)));
    const undecided = requests.filter(({ status }) => status === 'requested');
    await Promise.all(undecided.map((request) => this.#close(request, 'stopped', text)));
  }

  async #endWaiting(request: RequestRecord, status: Status, text: string): Promise<void> {
    const { journal, clock, touched } = this.#parts;
    const waiting = journal.targets(request.id).filter((one) => one.status === 'waiting' || one.status === 'requested');
    if (waiting.length === 0) return;
    await journal.keepTargets(waiting.map((target) => ({ ...target, status, text, atMs: clock.nowMs() })));
    touched.add(request.id);
  }

  async #close(request: RequestRecord, status: Status, text: string): Promise<RequestRecord> {
    const { journal, clock } = this.#parts;
    const atMs = clock.nowMs();
    const open = journal.targets(request.id).filter((one) => one.status === 'requested');
    await journal.keepTargets(open.map((target) => ({ ...target, status, text, atMs })));
    return this.#keep({ ...request, status, text, finishedAtMs: atMs });
  }

  async #keep(request: RequestRecord): Promise<RequestRecord> {
    await this.#parts.journal.keepRequest(request);
    this.#parts.touched.add(request.id);
    return request;
  }

  /** Once for each name: a flood of forgeries is a few alarms, not a flood of alarms. */
  async #alarmForged(id: string): Promise<void> {
    if (this.#forged.has(id) || this.#forged.size >= FORGERS_REMEMBERED) return;
    this.#forged.add(id);
    const text = `${id} holds a statement that the gateway has not signed. It has no effect.`;
    await raise(this.#parts, { kind: 'forged', text, key: id, atMs: this.#parts.clock.nowMs() });
  }
}

function isControl(statement: Verified['statement']): statement is ControlStatement {
  return statement.kind === 'stop' || statement.kind === 'resume' || statement.kind === 'unfreeze';
}

function refusalOfAll(records: readonly TargetRecord[]): string {
  const [only] = records;
  return records.length === 1 && only !== undefined ? only.text : 'None of the meters may be told this.';
}
