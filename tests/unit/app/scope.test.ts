import { draftFault, draftOf, grantOf, periodState, toGrants } from '@contor/app/logic/scope';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const ZONE = 'Europe/Bucharest';
const SITE = 'urn:ngsi-ld:Site:tulip-street';

describe('a grant in a form', () => {
  it('has the last day inside, and the end after it', () => {
    const grant = grantOf({ to: SITE, fromDay: '2026-03-01', untilDay: '2026-03-29' }, ZONE);
    // 29 March has 23 hours: it ends at 21:00 UTC.
    expect(grant).toEqual({ to: SITE, fromMs: Date.UTC(2026, 1, 28, 22), toMs: Date.UTC(2026, 2, 29, 21) });
  });
  it('without days is without ends', () =>
    expect(grantOf({ to: SITE, fromDay: '', untilDay: '' }, ZONE)).toEqual({ to: SITE }));
  it('comes back as it went, any day of any year', () =>
    fc.assert(
      fc.property(
        fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
        fc.constantFrom(ZONE, 'UTC', 'America/St_Johns', 'Australia/Lord_Howe', 'Pacific/Apia'),
        (date, zone) => {
          const day = date.toISOString().slice(0, 10);
          // Apia had no 30 December 2011: such a day is refused, not moved.
          const grant = grantOf({ to: SITE, fromDay: day, untilDay: day }, zone);
          const draft = draftOf(grant, zone);
          return draft.fromDay === '' || (draft.fromDay === day && draft.untilDay === day);
        },
      ),
    ));
  it.each([
    [{ to: SITE, fromDay: '', untilDay: '' }, undefined],
    [{ to: SITE, fromDay: '2026-03-02', untilDay: '2026-03-02' }, undefined],
    [{ to: SITE, fromDay: '2026-03-02', untilDay: '2026-03-01' }, 'order'],
    [{ to: 'urn:ngsi-ld:Device:e350-0001', fromDay: '', untilDay: '' }, 'target'],
    [{ to: 'Tulip Street', fromDay: '', untilDay: '' }, 'target'],
  ])('%j: %s', (draft, fault) => expect(draftFault(draft)).toBe(fault));
  it.each([
    [50, 'future'],
    [100, 'current'],
    [199, 'current'],
    [200, 'past'],
  ])('at %i it is %s', (nowMs, state) => expect(periodState({ to: SITE, fromMs: 100, toMs: 200 }, nowMs)).toBe(state));
});

describe('grants from the gateway', () => {
  it('are read', () =>
    expect(toGrants([{ to: SITE, fromMs: 1_000 }])).toEqual([{ to: SITE, fromMs: 1_000, toMs: undefined }]));
  it('find no date in an identifier that ends in a number', () =>
    expect(toGrants([{ to: 'urn:ngsi-ld:ConsumptionPoint:tulip-street-12' }])[0]?.toMs).toBeUndefined());
  it.each([undefined, 'everything', [7, null, {}]])('%j gives none', (value) => expect(toGrants(value)).toEqual([]));
});
