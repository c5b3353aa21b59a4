import { eventsOf } from '@contor/app/logic/alerts';
import { faultOf, isWorthRetrying, refusalOf } from '@contor/app/logic/fault';
import { arrived, failed, heldValue, LOADING } from '@contor/app/logic/remote';
import { describe, expect, it } from '@jest/globals';

describe('a remote value', () => {
  const fault = faultOf(503);
  it('is ready or empty when it arrives', () => {
    expect(arrived(5, 1, false)).toEqual({ kind: 'ready', value: 5, atMs: 1 });
    expect(arrived(5, 1, true)).toEqual({ kind: 'empty', atMs: 1 });
  });
  it('grows old instead of going away', () => {
    const stale = failed(arrived(5, 1, false), fault);
    expect(stale).toEqual({ kind: 'stale', value: 5, atMs: 1, fault });
    expect(heldValue(failed(stale, fault))).toBe(5);
  });
  it.each([401, 403, 404])('is taken away by a %i: whoever may no longer see it does not', (status) => {
    const gone = faultOf(status);
    expect(failed(arrived(5, 1, false), gone)).toEqual({ kind: 'failed', fault: gone });
  });
  it('fails when there was nothing', () => expect(failed(LOADING, fault)).toEqual({ kind: 'failed', fault }));
});

describe('a fault', () => {
  it.each([
    [0, 'offline', true],
    [400, 'refused', false],
    [409, 'conflict', false],
    [412, 'conflict', false],
    [401, 'signed-out', false],
    [403, 'forbidden', false],
    [404, 'not-found', false],
    [429, 'busy', true],
    [502, 'unavailable', true],
    [503, 'unavailable', true],
    [500, 'unexpected', true],
    [418, 'unexpected', true],
  ])('%i is %s', (status, code, retry) => {
    const fault = faultOf(status);
    expect(fault.code).toBe(code);
    expect(isWorthRetrying(fault)).toBe(retry);
  });
  it('knows a sign-in that is too old', () =>
    expect(faultOf(403, { error: 'sign-in.stale' })).toEqual({
      code: 'sign-in-stale',
      status: 403,
      error: 'sign-in.stale',
    }));
  it.each([
    [409, 'entry.exists', 'refused', 'entry.exists'],
    [409, 'role.in-use', 'refused', 'role.in-use'],
    [409, 'commands.decided', 'conflict', 'commands.decided'],
    [412, 'entry.changed', 'conflict', undefined],
    [403, 'rights.higher', 'refused', 'rights.higher'],
    [503, 'scope.unknown', 'unavailable', 'scope.unknown'],
    [403, 'function.missing', 'forbidden', undefined],
  ])('%i %s is %s', (status, error, code, refusal) => {
    const fault = faultOf(status, { error });
    expect([fault.code, refusalOf(fault)]).toEqual([code, refusal]);
  });
  it('takes no word of the server for a key of its own', () =>
    expect(faultOf(403, { error: 'constructor' }).code).toBe('forbidden'));
  it('keeps the words of the server', () => {
    expect(faultOf(500, { title: 'Oops', detail: 'The disk is full' }).detail).toBe('The disk is full');
    expect(faultOf(500, { title: 'Oops' }).detail).toBe('Oops');
    expect(faultOf(500, 'text').detail).toBeUndefined();
  });
});

describe('events of a meter', () => {
  const alert = (id: string, rest: object) => ({ id: `urn:ngsi-ld:Alert:${id}`, type: 'Alert', ...rest });
  const text = (value: string) => ({ type: 'Property', value });
  it('are its own, newest first, with a severity we know', () =>
    expect(
      eventsOf(
        [
          alert('e350-0001:powerUp:1', { dateIssued: text('2026-11-20T06:00:00Z'), severity: text('terrible') }),
          alert('e350-0001:voltageSag:2', { dateIssued: text('2026-11-20T07:00:00Z'), severity: text('low') }),
          alert('e350-0002:powerUp:1', {}),
          alert('other', { refDevice: { type: 'Relationship', object: 'urn:ngsi-ld:Device:e350-0001' } }),
        ],
        'e350-0001',
      ).map(({ code, severity }) => [code, severity]),
    ).toEqual([
      ['voltageSag', 'low'],
      ['powerUp', 'informational'],
      ['event', 'informational'],
    ]));
});
