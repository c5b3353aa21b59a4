import {
  pageParameters,
  parametersOf,
  queryOf,
  searchFrom,
  toAnchors,
  toAuditPage,
  valueText,
} from '@contor/app/logic/audit';
import { describe, expect, it } from '@jest/globals';

const ZONE = 'Europe/Bucharest';
const NOW = Date.UTC(2026, 10, 20, 9);
/** As docs/audit.md shows it. */
const RECORD = {
  sequence: 1_042,
  at: '2026-03-01T10:15:00.123Z',
  log: 'parametrisation',
  actor: { id: '0b6c', kind: 'person', name: 'ana' },
  page: 'tariffs',
  operation: 'context.write',
  targets: ['urn:ngsi-ld:Tariff:night'],
  before: { price: 12 },
  after: { price: 13 },
  address: '192.0.2.7',
  correlation: '6f0c',
  outcome: 'done',
};

describe('a page of the trail', () => {
  it('is read whole', () =>
    expect(toAuditPage({ records: [RECORD], next: 1_042 })).toMatchObject({
      next: 1_042,
      records: [
        { sequence: 1_042, atMs: Date.parse(RECORD.at), actor: { name: 'ana', kind: 'person' }, before: { price: 12 } },
      ],
    }));
  it('is the last one when it says so', () => expect(toAuditPage({ records: [], next: null }).next).toBeUndefined());
  it('has no records of another form', () =>
    expect(toAuditPage({ records: [{ ...RECORD, log: 'secret' }, { ...RECORD, at: 'yesterday' }, 7] }).records).toEqual(
      [],
    ));
  it('does not call done what it does not know', () =>
    expect(toAuditPage({ records: [{ ...RECORD, outcome: 'perhaps' }] }).records[0]?.outcome).toBe('begun'));
  it.each([
    [{ price: 12, currency: 'EUR' }, 'price 12, currency EUR'],
    [{ roles: ['viewer', 'operator'] }, 'roles viewer, operator'],
    [false, 'false'],
    [undefined, ''],
    ['as it was', 'as it was'],
  ])('%j reads "%s"', (value, text) => expect(valueText(value)).toBe(text));
});

describe('what is searched for', () => {
  it('is the last seven days of the application log by itself', () => {
    const search = searchFrom({}, NOW, ZONE);
    expect(search).toMatchObject({ log: 'application', fromDay: '2026-11-14', untilDay: '', actor: '' });
    expect(queryOf(search, NOW, ZONE)).toEqual({});
  });
  it('stands in the address and comes back from it', () => {
    const query = { log: 'communication', from: '2026-10-24', until: '2026-10-25', actor: 'ana', target: 'urn:x' };
    expect(queryOf(searchFrom(query, NOW, ZONE), NOW, ZONE)).toEqual(query);
  });
  it('without a first day is everything, also after it has been in the address', () => {
    const search = { ...searchFrom({}, NOW, ZONE), fromDay: '' };
    expect(searchFrom(queryOf(search, NOW, ZONE), NOW, ZONE).fromDay).toBe('');
  });
  it('takes no log, day or text that is none', () =>
    expect(searchFrom({ log: 'all', from: 'yesterday', actor: ['ana'] }, NOW, ZONE)).toMatchObject({
      log: 'application',
      fromDay: '',
      actor: '',
    }));
  it('asks the gateway for whole local days, the last one with its 25 hours', () => {
    const search = searchFrom({ from: '2026-10-24', until: '2026-10-25', page: 'roles' }, NOW, ZONE);
    expect(Object.fromEntries(parametersOf(search, ZONE))).toEqual({
      log: 'application',
      from: '2026-10-23T21:00:00.000Z',
      to: '2026-10-25T22:00:00.000Z',
      page: 'roles',
    });
    expect(pageParameters(search, ZONE, 7).get('before')).toBe('7');
  });
});

describe('anchors', () => {
  it('are read with the head', () =>
    expect(
      toAnchors({
        head: { sequence: 1_042, at: '2026-03-01T10:15:01.000Z' },
        anchors: [{ day: '2026-02-28', sequence: 1_007, count: 211, hash: '60ba' }, { day: '2026-02-27' }],
      }),
    ).toEqual({
      head: { sequence: 1_042, atMs: Date.UTC(2026, 2, 1, 10, 15, 1) },
      days: [{ day: '2026-02-28', sequence: 1_007, count: 211, hash: '60ba' }],
    }));
  it('are none before the first day is over', () =>
    expect(toAnchors({ head: undefined, anchors: [] }).days).toEqual([]));
});
