/** The association of either side: every cell of its table, conversations of both, silence and hostile order. */

import type { AcseApdu } from '@contor/dlms/codec/acse/apdu.js';
import type { Data } from '@contor/dlms/codec/axdr/data.js';
import type { Apdu } from '@contor/dlms/codec/xdlms/apdus.js';
import { type Association, type Effect, newAssociation, step } from '@contor/dlms/session/association.js';
import {
  ASSOCIATION,
  EVENTS,
  type EventName,
  eventOf,
  type Message,
  nextState,
  type State,
} from '@contor/dlms/session/table.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const STATES = Object.keys(ASSOCIATION) as State[];
const NAMES = Object.keys(EVENTS) as EventName[];
const invokeIdAndPriority = { invokeId: 1, isConfirmed: true, isHighPriority: false };
const attribute = { classId: 3, instanceId: Uint8Array.of(1, 0, 1, 8, 0, 255), attributeId: 2 };
const answer: Data = { type: 'double-long-unsigned', value: 5009 };

const xdlms = (apdu: Apdu): Message => ({ kind: 'xdlms', apdu });
const link = (name: 'SNRM' | 'UA' | 'DM' | 'DISC'): Message => ({ kind: 'link', name });
const acse = (apdu: AcseApdu['apdu'], fields: AcseApdu['fields'] = {}): Message => ({
  kind: 'acse',
  apdu: { apdu, fields },
});
const get = (invokeId = 1) =>
  xdlms({
    apdu: 'GetRequestNormal',
    body: { invokeIdAndPriority: { ...invokeIdAndPriority, invokeId }, attribute, access: undefined },
  });
const got = (invokeId = 1) =>
  xdlms({
    apdu: 'GetResponseNormal',
    body: { invokeIdAndPriority: { ...invokeIdAndPriority, invokeId }, result: { is: 'data', value: answer } },
  });
const block = (blockNumber: number, isLastBlock: boolean, rawData: Uint8Array = Uint8Array.of(0)) =>
  xdlms({
    apdu: 'GetResponseWithDatablock',
    body: { invokeIdAndPriority, block: { isLastBlock, blockNumber, result: { is: 'raw-data', value: rawData } } },
  });
const acted = (result: 'success' | 'other-reason') =>
  xdlms({
    apdu: 'ActionResponseNormal',
    body: { invokeIdAndPriority, response: { result, returnParameters: undefined } },
  });

/** A message that is the event in some state. */
const MESSAGES: Readonly<Record<EventName, Message>> = {
  connect: link('SNRM'),
  connected: link('UA'),
  refused: link('DM'),
  associate: acse('AARQ', { applicationContext: 1 }),
  accepted: acse('AARE', { result: 0, diagnostic: { source: 'acse-service-user', code: 0 } }),
  challenged: acse('AARE', { result: 0, diagnostic: { source: 'acse-service-user', code: 14 } }),
  rejected: acse('AARE', { result: 1, diagnostic: { source: 'acse-service-user', code: 13 } }),
  authenticated: acted('success'),
  request: get(),
  response: got(),
  block: block(1, false),
  next: xdlms({ apdu: 'GetRequestNext', body: { invokeIdAndPriority, blockNumber: 1 } }),
  notify: xdlms({
    apdu: 'DataNotification',
    body: {
      longInvokeIdAndPriority: 1,
      dateTime: new Uint8Array(0),
      isDateTimeTagged: false,
      notificationBody: answer,
    },
  }),
  release: acse('RLRQ', { releaseRequestReason: 0 }),
  released: acse('RLRE', { releaseResponseReason: 0 }),
  disconnect: link('DISC'),
  disconnected: link('UA'),
};

describe.each(STATES)('in state %s', (state) => {
  it.each(NAMES)('%s moves as the table says, or is refused and changes nothing', (name) => {
    const message = MESSAGES[name];
    const event = eventOf(message, state);
    const next = event === undefined ? undefined : nextState(state, event);
    for (const role of ['client', 'server'] as const) {
      const kind = event !== undefined && EVENTS[event] === role ? 'say' : 'hear';
      const before: Association = { ...newAssociation(role), state };
      const { association, effects } = step(before, { kind, message }, 0);
      if (next === undefined) {
        expect(association).toBe(before);
        expect(effects).toMatchObject([{ kind: 'fail', error: { code: 'dlms.state' } }]);
      } else expect(association.state).toBe(next);
      // The same words from the wrong mouth.
      const wrong = step(before, { kind: kind === 'say' ? 'hear' : 'say', message }, 0);
      expect(wrong.association).toBe(before);
      expect(wrong.effects).toMatchObject([{ kind: 'fail' }]);
    }
  });
});

it('has a way out of every state, and every state can be reached', () => {
  const reached = new Set<string>(['idle']);
  for (const from of reached) for (const to of Object.values(ASSOCIATION[from as State])) reached.add(to);
  expect([...reached].sort()).toEqual([...STATES].sort());
});

/** Client and meter over a line that loses nothing; what either sends, the other hears. */
function converse(messages: readonly Message[], reply: (heard: Message) => Message | undefined) {
  let client = newAssociation('client');
  let server = newAssociation('server');
  const delivered: Effect[] = [];
  const pass = (message: Message, to: 'client' | 'server'): void => {
    const taken = step(to === 'client' ? client : server, { kind: 'hear', message }, 0);
    if (to === 'client') client = taken.association;
    else server = taken.association;
    for (const effect of taken.effects) {
      if (effect.kind === 'send') pass(effect.message, to === 'client' ? 'server' : 'client');
      else if (to === 'client') delivered.push(effect);
      else if (effect.kind === 'deliver') say('server', reply(effect.message));
    }
  };
  const say = (from: 'client' | 'server', message: Message | undefined): void => {
    if (message === undefined) return;
    const said = step(from === 'client' ? client : server, { kind: 'say', message }, 0);
    if (from === 'client') client = said.association;
    else server = said.association;
    for (const effect of said.effects) {
      if (effect.kind === 'send') pass(effect.message, from === 'client' ? 'server' : 'client');
      else if (effect.kind === 'fail') throw effect.error;
    }
  };
  for (const message of messages) say('client', message);
  return { client, server, delivered };
}

function meter(heard: Message): Message | undefined {
  const event = eventOf(heard, 'connected');
  if (event === 'connect') return MESSAGES.connected;
  if (event === 'associate') return MESSAGES.accepted;
  if (event === 'release') return MESSAGES.released;
  if (event === 'disconnect') return MESSAGES.disconnected;
  return got();
}

const WHOLE = [link('SNRM'), MESSAGES.associate, get(), MESSAGES.release, link('DISC')];

describe('a conversation', () => {
  it('opens, reads, releases and closes, both sides in step', () => {
    const { client, server, delivered } = converse(WHOLE, meter);
    expect([client.state, server.state]).toEqual(['idle', 'idle']);
    expect(delivered).toContainEqual({ kind: 'deliver', message: got() });
  });

  it('refuses the answer to another request', () => {
    const asked = step({ ...newAssociation('client'), state: 'associated' }, { kind: 'say', message: get(2) }, 0);
    const other = step(asked.association, { kind: 'hear', message: got(1) }, 0);
    expect(other.association).toBe(asked.association);
    expect(other.effects).toMatchObject([{ kind: 'fail', error: { code: 'dlms.invoke-id' } }]);
  });

  it('opens by high level security only when the meter is convinced', () => {
    for (const [result, state] of [
      ['success', 'associated'],
      ['other-reason', 'connected'],
    ] as const) {
      const before: Association = { ...newAssociation('client'), state: 'verifying' };
      expect(step(before, { kind: 'hear', message: acted(result) }, 0).association.state).toBe(state);
    }
  });
});

describe('silence', () => {
  const asked = step({ ...newAssociation('client'), state: 'associated' }, { kind: 'say', message: get() }, 1000);

  it('ends the association at its deadline, not before', () => {
    expect(asked.effects).toContainEqual({ kind: 'wakeAt', atMs: 31_000 });
    expect(step(asked.association, { kind: 'woken' }, 30_999)).toEqual({ association: asked.association, effects: [] });
    const ended = step(asked.association, { kind: 'woken' }, 31_000);
    expect(ended.association).toEqual(newAssociation('client'));
    expect(ended.effects).toMatchObject([{ kind: 'fail', error: { code: 'dlms.silence' } }]);
  });

  it('is not broken by a notification', () => {
    const heard = step(asked.association, { kind: 'hear', message: MESSAGES.notify }, 20_000);
    expect(heard.association.deadlineMs).toBe(31_000);
  });

  it('is over when the answer is there', () => {
    const answered = step(asked.association, { kind: 'hear', message: got() }, 2000);
    expect(step(answered.association, { kind: 'woken' }, 40_000).effects).toEqual([]);
  });
});

it('forgets everything when the line is lost', () => {
  const before: Association = { ...newAssociation('server'), state: 'answering', invokeId: 1 };
  expect(step(before, { kind: 'lineLost' }, 0)).toEqual({ association: newAssociation('server'), effects: [] });
});

it('takes any order of messages without throwing', () => {
  const input = fc.record({ kind: fc.constantFrom('say' as const, 'hear' as const), name: fc.constantFrom(...NAMES) });
  fc.assert(
    fc.property(fc.constantFrom('client' as const, 'server' as const), fc.array(input), (role, inputs) => {
      let association = newAssociation(role);
      for (const { kind, name } of inputs)
        association = step(association, { kind, message: MESSAGES[name] }, 0).association;
      expect(STATES).toContain(association.state);
    }),
  );
});
