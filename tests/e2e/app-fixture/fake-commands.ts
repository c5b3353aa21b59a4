/** Commands to meters as the pages see them: two people, a fresh sign-in, a switch, and meters that obey after a moment. */
import { type FakeCall, type FakePart, type FakePerson, type FakeReply, guarded, ok, refusal } from './fake-call.js';

interface FakeCommand {
  readonly id: string;
  readonly command: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reason: string;
  status: string;
  readonly requestedBy: FakePerson;
  readonly requestedAtMs: number;
  decidedBy?: FakePerson;
  decidedAtMs?: number;
  readonly targets: readonly string[];
}

export interface FakeCommands {
  readonly answer: FakePart;
  /** What the breaker of a meter shows: as the stream would say it. */
  breakerOf(device: string): string;
  freeze(reason: string): void;
}

const NEEDS: Readonly<Record<string, string>> = {
  disconnect: 'supply.request',
  limit: 'supply.request',
  reconnect: 'supply.request',
  read: 'meter.read',
  setClock: 'meter.clock',
};
const READERS = ['supply.request', 'supply.approve', 'supply.stop', 'supply.resume', 'meter.read', 'meter.clock'];
/** A decided command is on its way so long. */
const SENT_AFTER_MS = 1_500;
const DONE_AFTER_MS = 3_000;

export function createFakeCommands(entryOf: (username: string) => FakePerson): FakeCommands {
  const nowMs = Date.now();
  let commands: FakeCommand[] = seed(nowMs, entryOf);
  let stopped: { by: FakePerson; atMs: number; reason: string } | undefined;
  let frozen: { atMs: number; reason: string } | undefined;
  let voices: FakePerson[] = [];

  const advance = (): void => {
    for (const command of commands) {
      const sinceMs = Date.now() - (command.decidedAtMs ?? Date.now());
      if (command.status === 'waiting' && sinceMs > SENT_AFTER_MS) command.status = 'sending';
      if (command.status === 'sending' && sinceMs > DONE_AFTER_MS) command.status = 'done';
    }
  };
  const breakerOf = (device: string): string => {
    advance();
    const last = commands.find(({ targets, status }) => status === 'done' && targets.includes(device));
    return last?.command === 'disconnect' ? 'disconnected' : 'connected';
  };
  const shown = (command: FakeCommand, call: FakeCall, isWhole: boolean) => {
    const isMine = command.requestedBy.subject === call.person.subject;
    const isOpen = command.status === 'requested';
    const mayDecide = isOpen && call.functions.includes('supply.approve');
    const because = !mayDecide
      ? undefined
      : isMine
        ? 'commands.same-person'
        : call.isFresh
          ? undefined
          : 'sign-in.stale';
    return {
      id: command.id,
      command: command.command,
      parameters: command.parameters,
      reason: command.reason,
      status: command.status,
      statusText: isOpen ? 'Waits for a second person.' : undefined,
      requestedBy: someone(command.requestedBy),
      requestedAt: new Date(command.requestedAtMs).toISOString(),
      decidedBy: command.decidedBy && someone(command.decidedBy),
      decidedAt: command.decidedAtMs === undefined ? undefined : new Date(command.decidedAtMs).toISOString(),
      requestHash: `hash-of-${command.id}`,
      needsApproval: command.command === 'disconnect' || command.command === 'limit',
      needsSecondFactor: false,
      count: command.targets.length,
      ...(isWhole && { targets: command.targets.map((device) => target(device, command)) }),
      may: {
        approve: mayDecide && because === undefined,
        reject: mayDecide && !isMine,
        withdraw: isOpen && isMine,
        because,
      },
    };
  };
  const target = (device: string, { command, status, decidedAtMs }: FakeCommand) => ({
    device,
    name: `Meter ${device.split(':').at(-1)}`,
    serialNumber: `LGZ350${device.slice(-4)}`,
    status,
    text: status === 'waiting' ? 'Is sent within fifteen minutes.' : undefined,
    at: decidedAtMs === undefined ? undefined : new Date(decidedAtMs).toISOString(),
    ...(status === 'done' && { result: { breakerState: command === 'disconnect' ? 'disconnected' : 'connected' } }),
  });
  const control = (call: FakeCall) => ({
    state: stopped ? 'stopped' : frozen ? 'frozen' : 'running',
    stopped: stopped && { by: someone(stopped.by), at: new Date(stopped.atMs).toISOString(), reason: stopped.reason },
    frozen: frozen && { at: new Date(frozen.atMs).toISOString(), reason: frozen.reason },
    voices: {
      resume: stopped ? voices.map((by) => ({ by: someone(by), at: new Date().toISOString() })) : [],
      unfreeze: !stopped && frozen ? voices.map((by) => ({ by: someone(by), at: new Date().toISOString() })) : [],
    },
    voicesNeeded: 2,
    caps: { personPerMinute: 1, personPerHour: 20, personUsed: 3, tenantPerHour: 50, tenantUsed: 11 },
    may: {
      stop: stopped === undefined && call.functions.includes('supply.stop'),
      resume: stopped !== undefined && call.functions.includes('supply.resume'),
      unfreeze: frozen !== undefined && call.functions.includes('supply.resume'),
    },
  });
  const speak = (call: FakeCall): FakeReply => {
    if (!voices.some(({ subject }) => subject === call.person.subject)) voices = [...voices, call.person];
    if (voices.length >= 2) {
      if (stopped) stopped = undefined;
      else frozen = undefined;
      voices = [];
    }
    return ok(control(call));
  };

  function make(call: FakeCall): FakeReply {
    const { command, targets, parameters = {}, reason } = call.body as unknown as FakeCommand;
    return guarded(call, NEEDS[command] ?? 'nothing', () => {
      const made: FakeCommand = {
        id: `urn:ngsi-ld:CommandRequest:made-${commands.length + 1}`,
        command,
        parameters,
        reason,
        targets,
        requestedBy: call.person,
        requestedAtMs: Date.now(),
        status: 'requested',
      };
      if (command !== 'disconnect' && command !== 'limit')
        Object.assign(made, { status: 'waiting', decidedAtMs: Date.now() });
      commands = [made, ...commands];
      return { status: 201, body: shown(made, call, true) };
    });
  }

  function decide(call: FakeCall, command: FakeCommand, verb: string): FakeReply {
    if (command.status !== 'requested') return refusal(409, 'commands.decided');
    if (verb === 'withdraw') {
      if (command.requestedBy.subject !== call.person.subject) return refusal(403, 'commands.same-person');
      command.status = 'withdrawn';
      return ok(shown(command, call, true));
    }
    const act = (): FakeReply => {
      if (command.requestedBy.subject === call.person.subject) return refusal(403, 'commands.same-person');
      if (call.body.requestHash !== `hash-of-${command.id}`) return refusal(409, 'commands.other-request');
      command.status = verb === 'approve' ? 'waiting' : 'rejected';
      command.decidedBy = call.person;
      command.decidedAtMs = Date.now();
      return ok(shown(command, call, true));
    };
    return guarded(call, 'supply.approve', act, { fresh: verb === 'approve' });
  }

  const answer: FakePart = (call) => {
    const [first, id, verb] = call.path.split('/').slice(2);
    if (first !== 'commands') return undefined;
    advance();
    if (!call.functions.includes('live.view') || !READERS.some((name) => call.functions.includes(name)))
      return refusal(403, 'function.missing');
    if (id === 'stop')
      return guarded(call, 'supply.stop', () => {
        stopped = { by: call.person, atMs: Date.now(), reason: String(call.body.reason) };
        voices = [];
        for (const command of commands) if (['waiting', 'sending'].includes(command.status)) command.status = 'stopped';
        return ok(control(call));
      });
    if (id === 'resume' || id === 'unfreeze') return guarded(call, 'supply.resume', () => speak(call), { fresh: true });
    if (id === 'control') return ok(control(call));
    if (id === undefined && call.method === 'POST') return make(call);
    if (id === undefined) {
      const wanted = call.query.get('status')?.split(',');
      const found = commands.filter(({ status }) => wanted === undefined || wanted.includes(status));
      return ok({ commands: found.map((command) => shown(command, call, false)) });
    }
    const command = commands.find((candidate) => candidate.id === decodeURIComponent(id));
    if (command === undefined) return refusal(404, 'commands.unknown');
    return verb === undefined ? ok(shown(command, call, true)) : decide(call, command, verb);
  };
  return {
    answer,
    breakerOf,
    freeze: (reason) => {
      frozen = { atMs: Date.now(), reason };
    },
  };
}

function someone({ subject, fullName }: FakePerson) {
  return { id: subject, name: fullName };
}

function seed(nowMs: number, entryOf: (username: string) => FakePerson): FakeCommand[] {
  const device = (number: number): string => `urn:ngsi-ld:Device:e350-${String(number).padStart(4, '0')}`;
  const ioana = entryOf('ioana');
  const dan = entryOf('dan');
  return [
    {
      id: 'urn:ngsi-ld:CommandRequest:one',
      command: 'disconnect',
      parameters: {},
      reason: 'Contract ended on 1 November, keys handed back',
      status: 'requested',
      requestedBy: ioana,
      requestedAtMs: nowMs - 7 * 60_000,
      targets: [device(8)],
    },
    {
      id: 'urn:ngsi-ld:CommandRequest:many',
      command: 'limit',
      parameters: { watts: 3_500 },
      reason: 'Feeder 4 is being repaired until Friday evening',
      status: 'requested',
      requestedBy: ioana,
      requestedAtMs: nowMs - 50 * 60_000,
      targets: Array.from({ length: 16 }, (_, index) => device(index + 1)),
    },
    {
      id: 'urn:ngsi-ld:CommandRequest:sent',
      command: 'disconnect',
      parameters: {},
      reason: 'House is empty',
      status: 'unknown',
      requestedBy: ioana,
      requestedAtMs: nowMs - 26 * 3_600_000,
      decidedBy: dan,
      decidedAtMs: nowMs - 26 * 3_600_000 + 120_000,
      targets: [device(9)],
    },
    {
      id: 'urn:ngsi-ld:CommandRequest:old',
      command: 'setClock',
      parameters: {},
      reason: 'Clock was two minutes late',
      status: 'done',
      requestedBy: ioana,
      requestedAtMs: nowMs - 49 * 3_600_000,
      targets: [device(2)],
    },
  ];
}
