import {
  commandsFor,
  parametersAreGood,
  parametersOf,
  RUNNING,
  statusTone,
  toCommand,
  toCommands,
  toControl,
} from '@contor/app/logic/commands';
import { describe, expect, it } from '@jest/globals';

/** As docs/commands.md shows them. */
const COMMAND = {
  id: 'urn:ngsi-ld:CommandRequest:6f1c',
  command: 'limit',
  parameters: { watts: 3_500 },
  reason: 'Contract ended on 1 November',
  status: 'requested',
  requestedBy: { id: 'subject', name: 'Ana' },
  requestedAt: '2026-11-20T09:00:00.000Z',
  requestHash: 'hash',
  needsApproval: true,
  count: 1,
  targets: [
    { device: 'urn:ngsi-ld:Device:e350-0003', status: 'waiting', result: { breakerState: 'disconnected' } },
    { status: 'waiting' },
  ],
  may: { approve: false, reject: true, withdraw: false, because: 'sign-in.stale' },
};

describe('a command', () => {
  it('is read whole', () =>
    expect(toCommand(COMMAND)).toMatchObject({
      id: COMMAND.id,
      command: 'limit',
      watts: 3_500,
      requestedAtMs: Date.UTC(2026, 10, 20, 9),
      decidedBy: undefined,
      targets: [
        { device: 'urn:ngsi-ld:Device:e350-0003', status: 'waiting', result: [['breakerState', 'disconnected']] },
      ],
      may: { approve: false, reject: true, because: 'sign-in.stale' },
    }));
  it('that this page does not know is not shown as another one', () => {
    expect(toCommand({ ...COMMAND, command: 'explode' })).toBeUndefined();
    expect(toCommands({ commands: [COMMAND, { ...COMMAND, command: 'explode' }] })).toHaveLength(1);
  });
  it('in a state that this page does not know is in doubt', () =>
    expect(toCommand({ ...COMMAND, status: 'levitating' })?.status).toBe('unknown'));
  it('offers nothing that the gateway has not said', () =>
    expect(toCommand({ ...COMMAND, may: { approve: 'yes' } })?.may).toEqual({
      approve: false,
      reject: false,
      withdraw: false,
      because: undefined,
    }));
  it('is asked for by whoever holds its function', () => {
    expect(commandsFor(['meter.read'])).toEqual(['read']);
    expect(commandsFor(['supply.request'])).toEqual(['disconnect', 'limit', 'reconnect']);
    expect(commandsFor(['supply.approve'])).toEqual([]);
  });
  it.each([
    ['disconnect', '', {}, true],
    ['limit', '3500', { watts: 3_500 }, true],
    ['limit', '', { watts: Number.NaN }, false],
    ['limit', '-1', { watts: Number.NaN }, false],
    ['limit', '999999', { watts: 999_999 }, false],
    ['read', '', {}, true],
  ] as const)('%s with "%s" W is sent as %j: %s', (command, watts, parameters, isGood) => {
    expect(parametersOf(command, { watts, isStored: false })).toEqual(parameters);
    expect(parametersAreGood(command, parameters)).toBe(isGood);
  });
  it('of a read keeps what was read only when that is wished for', () =>
    expect(parametersOf('read', { watts: '', isStored: true })).toEqual({ store: true }));
  it.each(RUNNING)('%s moves', (status) => expect(statusTone(status)).toBe('moving'));
});

describe('control', () => {
  it('runs when nothing is said', () =>
    expect(toControl({})).toMatchObject({
      state: 'running',
      stopped: undefined,
      frozen: undefined,
      caps: undefined,
      may: { stop: false, resume: false, unfreeze: false },
    }));
  it('is read whole', () =>
    expect(
      toControl({
        state: 'stopped',
        stopped: { by: { id: 's', name: 'Ana' }, at: '2026-11-20T09:03:00.000Z', reason: 'Wrong list' },
        voices: { resume: [{ by: { id: 'd', name: 'Dan' }, at: '2026-11-20T09:05:00.000Z' }], unfreeze: [] },
        voicesNeeded: 2,
        caps: { personPerHour: 20, personUsed: 0, tenantPerHour: 5, tenantUsed: 3 },
        may: { stop: true, resume: true, unfreeze: true },
      }),
    ).toMatchObject({
      state: 'stopped',
      stopped: { by: { name: 'Ana' }, reason: 'Wrong list' },
      voices: { resume: [{ id: 'd', name: 'Dan' }] },
      caps: { tenantPerHour: 5, tenantUsed: 3 },
    }));
});
