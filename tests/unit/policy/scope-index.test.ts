/** Stories of a small town: who sees what, and when. The random worlds are in scope-model.test.ts. */

import { createScopeIndex, EVER, type Grant, type Scope, type ScopeIndex, type TiedEntity } from '@contor/policy';
import { beforeEach, describe, expect, it } from '@jest/globals';

const SPRING = Date.UTC(2026, 2, 1);
const SUMMER = Date.UTC(2026, 5, 1);
const AUTUMN = Date.UTC(2026, 8, 1);
const iso = (ms: number) => new Date(ms).toISOString();

type Dates = { readonly from?: number; readonly to?: number };
const id = (type: string, name: string) => `urn:ngsi-ld:${type}:${name}`;
const tie = (object: string | readonly string[], { from, to }: Dates = {}) => ({
  type: 'Relationship',
  object,
  ...(from !== undefined && { validFrom: { type: 'Property', value: iso(from) } }),
  ...(to !== undefined && { validTo: { type: 'Property', value: { '@type': 'DateTime', '@value': iso(to) } } }),
});
const value = (said: unknown) => ({ type: 'Property', value: said });
const make = (type: string, name: string, attributes: Readonly<Record<string, unknown>> = {}): TiedEntity => ({
  id: id(type, name),
  type,
  ...attributes,
});

const SITE = id('Site', 'a');
const OTHER_SITE = id('Site', 'b');
const POINT = id('ConsumptionPoint', 'p');
const OTHER_POINT = id('ConsumptionPoint', 'q');
const ANA = id('Customer', 'ana');
const BOB = id('Customer', 'bob');
const METER = id('Device', 'm');
const SERIES = id('IntervalReading', 'm');
const LIVE = id('ACMeasurement', 'm');
const GROUP = id('MeterGroup', 'g');

const grants = (...to: readonly (string | Grant)[]): Scope => ({
  kind: 'grants',
  grants: to.map((one) => (typeof one === 'string' ? { to: one } : one)),
});
const span = (fromMs: number, toMs: number) => [{ fromMs, toMs }];
const ever = [EVER];

let index: ScopeIndex;
const spans = (scope: Scope, entity: string) => index.spansOf(scope, entity);

beforeEach(() => {
  index = createScopeIndex();
  const town = [
    make('Site', 'a'),
    make('Site', 'b'),
    make('Customer', 'ana'),
    make('Customer', 'bob'),
    make('ConsumptionPoint', 'p', {
      refSite: tie(SITE),
      refCustomer: [tie(ANA, { to: SUMMER }), { ...tie(BOB, { from: SUMMER }), datasetId: 'urn:contor:period:2' }],
    }),
    make('ConsumptionPoint', 'q', { refSite: tie(OTHER_SITE) }),
    make('Device', 'm'),
    make('MeterInstallation', 'p-1', {
      refDevice: tie(METER),
      refPoint: tie(POINT),
      validFrom: value(iso(SPRING)),
      validTo: value(iso(AUTUMN)),
    }),
    make('MeterInstallation', 'q-1', {
      refDevice: tie(METER),
      refPoint: tie(OTHER_POINT),
      validFrom: value(iso(AUTUMN)),
    }),
    make('ACMeasurement', 'm', { refDevice: tie(METER), refPoint: tie(OTHER_POINT) }),
    { id: SERIES, type: 'IntervalReading', refDevice: METER },
  ];
  for (const entity of town) index.apply(entity);
});

describe('a customer', () => {
  it('sees the meter while the point was theirs and the meter was there', () => {
    for (const one of [METER, LIVE, SERIES]) {
      expect(spans(grants(ANA), one)).toEqual(span(SPRING, SUMMER));
      expect(spans(grants(BOB), one)).toEqual(span(SUMMER, AUTUMN));
      expect(spans(grants(ANA, BOB), one)).toEqual(span(SPRING, AUTUMN));
    }
  });
  it('sees the point before the meter came, and never what was theirs after the grant', () => {
    expect(spans(grants(ANA), POINT)).toEqual(span(Number.NEGATIVE_INFINITY, SUMMER));
    expect(spans(grants({ to: ANA, toMs: SPRING }), METER)).toEqual([]);
    expect(spans(grants({ to: ANA, fromMs: SPRING + 5, toMs: SUMMER - 5 }), METER)).toEqual(
      span(SPRING + 5, SUMMER - 5),
    );
  });
  it('is seen by the site while they are there, and not by another customer of the same point', () => {
    expect(spans(grants(SITE), ANA)).toEqual(span(Number.NEGATIVE_INFINITY, SUMMER));
    expect(spans(grants(POINT), BOB)).toEqual(span(SUMMER, Number.POSITIVE_INFINITY));
    index.apply(make('ConsumptionPoint', 'p', { refSite: tie(SITE), refCustomer: [tie(ANA), tie(BOB)] }));
    expect(spans(grants(ANA), BOB)).toEqual([]);
    expect(spans(grants(ANA), METER)).toEqual(span(SPRING, AUTUMN));
  });
  it('sees where the point is, as long as it is theirs, and nothing else of that site', () => {
    expect(spans(grants(ANA), SITE)).toEqual(span(Number.NEGATIVE_INFINITY, SUMMER));
    index.apply(make('ConsumptionPoint', 'r', { refSite: tie(SITE) }));
    expect(spans(grants(ANA), id('ConsumptionPoint', 'r'))).toEqual([]);
    expect(index.idsOf(grants(ANA), ['Site', 'ConsumptionPoint'], 'ever')).toEqual([POINT, SITE]);
  });
  it('may name its points itself', () => {
    index.apply(make('Customer', 'ana', { refPoint: tie(OTHER_POINT, { from: AUTUMN }) }));
    expect(spans(grants(ANA), SERIES)).toEqual([
      { fromMs: SPRING, toMs: SUMMER },
      { fromMs: AUTUMN, toMs: Number.POSITIVE_INFINITY },
    ]);
  });
  it('who is also named without dates is there only in the dates', () => {
    index.apply(make('Customer', 'ana', { refPoint: tie(POINT) }));
    expect(spans(grants(ANA), POINT)).toEqual(span(Number.NEGATIVE_INFINITY, SUMMER));
  });
  it('cannot be made the owner of a site by a mistyped relationship', () => {
    index.apply(make('Customer', 'ana', { refPoint: tie(SITE) }));
    index.apply(make('Site', 'b', { refSite: tie(SITE) }));
    index.apply(make('MeterGroup', 'g', { hasMember: tie([SITE, BOB]) }));
    expect(spans(grants(ANA), OTHER_POINT)).toEqual([]);
    expect(spans(grants(SITE), OTHER_SITE)).toEqual([]);
    expect(spans(grants(GROUP), POINT)).toEqual([]);
  });
});

describe('a meter', () => {
  it('is of the site it was installed at, not of the one somebody noted on it', () => {
    index.apply(make('Device', 'm', { refSite: tie(SITE) }));
    expect(spans(grants(SITE), METER)).toEqual(span(SPRING, AUTUMN));
    index.remove(id('MeterInstallation', 'p-1'));
    expect(spans(grants(SITE), METER)).toEqual([]);
    index.remove(id('MeterInstallation', 'q-1'));
    expect(spans(grants(SITE), METER)).toEqual(ever);
  });
  it('takes its readings along: what they say of a point counts only for those without a meter', () => {
    expect(spans(grants(OTHER_SITE), LIVE)).toEqual(span(AUTUMN, Number.POSITIVE_INFINITY));
    index.apply({ id: id('ValidatedReading', 'q'), type: 'ValidatedReading', refPoint: OTHER_POINT });
    expect(spans(grants(OTHER_SITE), id('ValidatedReading', 'q'))).toEqual(ever);
  });
  it.each([
    ['no date', 'yesterday'],
    ['no text', 17],
    ['a day that is none', '2026-13-45'],
  ])('is nowhere by an installation whose end is %s', (_what, end) => {
    index.apply(make('MeterInstallation', 'p-1', { refDevice: tie(METER), refPoint: tie(POINT), validTo: value(end) }));
    expect(spans(grants(SITE), METER)).toEqual([]);
    expect(spans(grants(SITE), id('MeterInstallation', 'p-1'))).toEqual([]);
  });
  it('keeps its installations with those who were there with it', () => {
    expect(spans(grants(ANA), id('MeterInstallation', 'p-1'))).toEqual(span(Number.NEGATIVE_INFINITY, SUMMER));
    expect(spans(grants(ANA), id('MeterInstallation', 'q-1'))).toEqual([]);
    index.apply(
      make('MeterInstallation', 'p-0', { refDevice: tie(METER), refPoint: tie(POINT), validTo: value(iso(SPRING)) }),
    );
    expect(spans(grants(BOB), id('MeterInstallation', 'p-0'))).toEqual([]);
  });
});

describe('a record', () => {
  const alert = (atMs: number) => make('Alert', 'x', { refDevice: tie(METER), dateObserved: value(iso(atMs)) });
  it('belongs for good to those who were there', () => {
    index.apply(alert(SPRING + 1));
    expect(spans(grants(ANA), id('Alert', 'x'))).toEqual(ever);
    expect(spans(grants(BOB), id('Alert', 'x'))).toEqual([]);
    index.apply(alert(SUMMER));
    expect(spans(grants(ANA), id('Alert', 'x'))).toEqual([]);
    expect(spans(grants(BOB), id('Alert', 'x'))).toEqual(ever);
  });
  it('of a time nobody knows is seen by those only who see all of it', () => {
    index.apply(make('Alert', 'x', { refDevice: tie(METER) }));
    expect(spans(grants(SITE), id('Alert', 'x'))).toEqual([]);
    index.apply(make('Alert', 'x', { refSite: tie(SITE) }));
    expect(spans(grants(SITE), id('Alert', 'x'))).toEqual(ever);
  });
  it('of a period that two customers share is seen by neither, but by the site', () => {
    const window = { windowStart: value(iso(SUMMER - 5)), windowEnd: value(iso(SUMMER + 5)) };
    index.apply(make('Acquisition', 'x', { refDevice: tie(METER), ...window }));
    expect(spans(grants(ANA), id('Acquisition', 'x'))).toEqual([]);
    expect(spans(grants(BOB), id('Acquisition', 'x'))).toEqual([]);
    expect(spans(grants(SITE), id('Acquisition', 'x'))).toEqual(ever);
  });
  it('that is a bill is for its customer and the site, not for the next or the other customer', () => {
    const bill = (from: number, to: number) =>
      make('Bill', 'x', {
        refCustomer: tie(ANA),
        refPoint: tie(POINT),
        periodStart: value(iso(from)),
        periodEnd: value(iso(to)),
      });
    index.apply(bill(SPRING, SUMMER));
    expect(spans(grants(ANA), id('Bill', 'x'))).toEqual(ever);
    expect(spans(grants(SITE), id('Bill', 'x'))).toEqual(ever);
    expect(spans(grants(BOB), id('Bill', 'x'))).toEqual([]);
    index.apply(bill(SUMMER, AUTUMN));
    expect(spans(grants(BOB), id('Bill', 'x'))).toEqual([]);
    expect(spans(grants({ to: POINT, fromMs: AUTUMN }), id('Bill', 'x'))).toEqual([]);
  });
});

describe('a group', () => {
  const sum = id('AggregatedReading', 'g');
  beforeEach(() => {
    index.apply(
      make('MeterGroup', 'g', {
        hasMember: [tie(METER, { from: SUMMER }), tie(OTHER_POINT)],
        ownerName: value('mia'),
        refSite: tie(OTHER_SITE),
      }),
    );
    index.apply(make('AggregatedReading', 'g', { refGroup: tie(GROUP) }));
  });
  const mia = (...to: readonly string[]): Scope => ({ ...grants(...to), username: 'mia' }) as Scope;

  it('gives its members, in their dates, and its sums', () => {
    expect(spans(grants(GROUP), SERIES)).toEqual(span(SUMMER, Number.POSITIVE_INFINITY));
    expect(spans(grants(GROUP), OTHER_POINT)).toEqual(ever);
    expect(spans(grants(GROUP), sum)).toEqual(ever);
  });
  it('is seen with its site, and so are its sums, but not its members of elsewhere', () => {
    expect(spans(grants(OTHER_SITE), sum)).toEqual(ever);
    index.apply(make('ConsumptionPoint', 'r', { refSite: tie(SITE) }));
    index.apply(make('MeterGroup', 'g', { hasMember: tie(id('ConsumptionPoint', 'r')), refSite: tie(OTHER_SITE) }));
    expect(spans(grants(OTHER_SITE), id('ConsumptionPoint', 'r'))).toEqual([]);
  });
  it('is its owner’s, who sees its sums only while all members are theirs to see', () => {
    expect(spans(mia(), GROUP)).toEqual(ever);
    expect(spans(mia(), METER)).toEqual([]);
    expect(spans(mia(), sum)).toEqual([]);
    expect(spans(mia(ANA, OTHER_POINT), sum)).toEqual([
      { fromMs: Number.NEGATIVE_INFINITY, toMs: SUMMER },
      { fromMs: AUTUMN, toMs: Number.POSITIVE_INFINITY },
    ]);
  });
  it('that is shared is seen by those who see every member', () => {
    const shared = { hasMember: tie([POINT, METER]), isShared: value(true) };
    expect(spans(grants(ANA), GROUP)).toEqual([]);
    index.apply(make('MeterGroup', 'g', shared));
    expect(spans(grants(ANA), GROUP)).toEqual(span(SPRING, SUMMER));
    expect(spans(grants(ANA), sum)).toEqual(span(SPRING, SUMMER));
    index.apply(
      make('MeterGroup', 'g', { ...shared, hasMember: [...[tie(POINT)], { ...tie(METER), validTo: 'soon' }] }),
    );
    expect(spans(grants(ANA), sum)).toEqual([]);
  });
  it('forgets what it lent when a member moves that nothing else depends on', () => {
    const alone = id('Device', 'alone');
    index.apply(make('MeterGroup', 'g', { hasMember: tie(alone), isShared: value(true) }));
    index.apply(make('Device', 'alone', { refSite: tie(SITE) }));
    expect(spans(grants(SITE), sum)).toEqual(ever);
    index.apply(make('Device', 'alone', { refSite: tie(OTHER_SITE) }));
    expect(spans(grants(SITE), sum)).toEqual([]);
    expect(spans(grants(OTHER_SITE), GROUP)).toEqual(ever);
  });
  it('may be in another, and a circle ends', () => {
    index.apply(make('MeterGroup', 'h', { hasMember: tie(GROUP) }));
    expect(spans(grants(id('MeterGroup', 'h')), SERIES)).toEqual(span(SUMMER, Number.POSITIVE_INFINITY));
    index.apply(make('MeterGroup', 'g', { hasMember: tie([id('MeterGroup', 'h'), METER, GROUP]) }));
    for (const one of [GROUP, id('MeterGroup', 'h')]) expect(spans(grants(one), SERIES)).toEqual(ever);
    expect(spans(grants(SITE), GROUP)).toEqual([]);
  });
});

describe('a circle of groups', () => {
  it('is seen from whichever group one comes in, and asks first', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => id('MeterGroup', name)) as [string, string, string];
    index.apply(make('MeterGroup', 'a', { hasMember: tie(b) }));
    index.apply(make('MeterGroup', 'b', { hasMember: tie(a) }));
    index.apply(make('MeterGroup', 'c', { hasMember: tie(b, { from: SPRING }) }));
    expect([b, a].map((one) => spans(grants(c), one))).toEqual(Array(2).fill(span(SPRING, Number.POSITIVE_INFINITY)));
    expect([a, b].map((one) => spans(grants(a), one))).toEqual([ever, ever]);
  });
});

describe('a site that goes and comes back', () => {
  it('takes its groups and their sums along', () => {
    index.apply(make('MeterGroup', 'g', { refSite: tie(OTHER_SITE) }));
    index.apply(make('AggregatedReading', 'g', { refGroup: tie(GROUP) }));
    const sum = id('AggregatedReading', 'g');
    expect(spans(grants(OTHER_SITE), sum)).toEqual(ever);
    index.remove(OTHER_SITE);
    expect(spans(grants(OTHER_SITE), sum)).toEqual([]);
    index.apply(make('Site', 'b'));
    expect(spans(grants(OTHER_SITE), sum)).toEqual(ever);
  });
});

describe('a town that moves as a whole', () => {
  it('is forgotten as a whole', () => {
    const house = id('Building', 'h');
    const flats = Array.from({ length: 2_500 }, (_, at) =>
      make('ConsumptionPoint', `flat-${at}`, { refBuilding: tie(house) }),
    );
    for (const flat of flats) index.apply(flat);
    index.apply(make('Building', 'h', { refSite: tie(SITE) }));
    expect(index.idsOf(grants(SITE), ['ConsumptionPoint'], 'ever')).toHaveLength(flats.length + 1);
    index.apply(make('Building', 'h', { refSite: tie(OTHER_SITE) }));
    expect(index.idsOf(grants(SITE), ['ConsumptionPoint'], 'ever')).toEqual([POINT]);
    expect(index.idsOf(grants(OTHER_SITE), ['ConsumptionPoint'], 'ever')).toHaveLength(flats.length + 1);
    index.remove(house);
    expect(index.idsOf(grants(OTHER_SITE), ['ConsumptionPoint'], 'ever')).toEqual([OTHER_POINT]);
  });
});

describe('things of one’s own, of everybody and of nobody', () => {
  const mia: Scope = { kind: 'grants', grants: [], username: 'mia' };
  it.each([
    ['a report of one’s own', make('ReportDefinition', 'x', { ownerName: value('mia') }), ever],
    ['a report of another', make('ReportDefinition', 'x', { ownerName: value('eve') }), []],
    ['a shared report', make('ReportDefinition', 'x', { ownerName: value('eve'), isShared: value(true) }), ever],
    ['a report that says it is "true"', make('ReportDefinition', 'x', { isShared: value('true') }), []],
    ['an export one asked for', make('ExportJob', 'x', { requestedBy: value('mia') }), ever],
    ['a calendar', make('Calendar', 'x'), ever],
    ['a tariff nobody showed', make('Tariff', 'x'), []],
    ['the audit trail', make('AuditRecord', 'x', { actor: value('mia'), refTarget: tie(SITE) }), []],
    ['a type nobody knows', make('Spaceship', 'x', { refSite: tie(SITE), ownerName: value('mia') }), []],
    ['a type of the prototype', make('constructor', 'x'), []],
  ])('%s', (_what, entity, expected) => {
    index.apply(entity);
    expect(spans(mia, entity.id)).toEqual(expected);
    expect(index.idsOf(mia, [], 'ever')).toEqual(expected.length > 0 ? [entity.id] : []);
    expect(spans({ kind: 'everything' }, entity.id)).toEqual(ever);
  });
  it('a tariff is shown by the contract', () => {
    index.apply(make('Tariff', 't'));
    index.apply(make('Contract', 'c', { refCustomer: tie(ANA), refTariff: tie(id('Tariff', 't')) }));
    expect(spans(grants(ANA), id('Tariff', 't'))).toEqual(ever);
    expect(spans(grants(BOB), id('Tariff', 't'))).toEqual([]);
    index.remove(id('Contract', 'c'));
    expect(spans(grants(ANA), id('Tariff', 't'))).toEqual([]);
  });
  it('a command is seen by those who see every target', () => {
    const request = (targets: readonly string[]) =>
      make('CommandRequest', 'x', { refDevice: tie(targets), requestedAt: value(iso(SPRING)) });
    index.apply(request([METER]));
    expect(spans(grants(ANA), id('CommandRequest', 'x'))).toEqual(ever);
    index.apply(request([METER, OTHER_POINT]));
    expect(spans(grants(ANA), id('CommandRequest', 'x'))).toEqual([]);
    index.apply(request([]));
    expect(spans(grants(ANA), id('CommandRequest', 'x'))).toEqual([]);
  });
});

describe('a grant', () => {
  it.each([METER, SERIES, id('MeterInstallation', 'p-1'), id('Site', 'gone'), 'constructor'])(
    'to %s gives nothing: it is no site, customer, point or group that is there',
    (to) => {
      index.apply(make('ConsumptionPoint', 'z', { refSite: tie(id('Site', 'gone')) }));
      expect(index.idsOf(grants(to), [], 'ever')).toEqual([]);
    },
  );
  it('counts again when its target comes back', () => {
    index.remove(SITE);
    expect(spans(grants(SITE), METER)).toEqual([]);
    index.apply(make('Site', 'a'));
    expect(spans(grants(SITE), METER)).toEqual(span(SPRING, AUTUMN));
  });
});

describe('lists', () => {
  it('tell ids and types, at a moment and ever', () => {
    expect(index.idsOf(grants(ANA), ['Device', 'IntervalReading'], 'ever')).toEqual([METER, SERIES]);
    expect(index.idsOf(grants(ANA), ['Device'], SUMMER)).toEqual([]);
    expect(index.typesOf(grants(ANA), SUMMER)).toEqual(['Customer']);
    expect(index.typesOf(grants(ANA), SPRING)).toEqual([
      'ACMeasurement',
      'ConsumptionPoint',
      'Customer',
      'Device',
      'IntervalReading',
      'MeterInstallation',
      'Site',
    ]);
    expect(index.idsOf({ kind: 'everything' }, ['Site'], 'ever')).toEqual([SITE, OTHER_SITE]);
  });

  it('are prepared in pieces, whatever changes between two of them', () => {
    const flats = Array.from({ length: 2_500 }, (_, at) => id('ConsumptionPoint', `flat-${at}`));
    for (const flat of flats) index.apply({ id: flat, type: 'ConsumptionPoint', refSite: tie(SITE) });
    const work = index.prepare(grants(SITE), ['ConsumptionPoint']);
    work.next();
    work.next();
    index.remove(flats[0] ?? '');
    index.apply(make('ConsumptionPoint', 'late', { refSite: tie(SITE) }));
    expect([...work].length).toBeGreaterThan(1);
    expect([...index.prepare(grants(SITE), ['ConsumptionPoint'])]).toHaveLength(0);
    const expected = [...flats.slice(1), POINT, id('ConsumptionPoint', 'late')].sort();
    expect(index.idsOf(grants(SITE), ['ConsumptionPoint'], 'ever')).toEqual(expected);
  });

  it('are prepared anew when all was forgotten meanwhile', () => {
    const house = id('Building', 'h');
    for (let at = 0; at < 2_500; at += 1)
      index.apply(make('ConsumptionPoint', `flat-${at}`, { refBuilding: tie(house) }));
    index.apply(make('Building', 'h', { refSite: tie(SITE) }));
    const work = index.prepare(grants(SITE), ['ConsumptionPoint']);
    work.next();
    index.apply(make('Building', 'h', { refSite: tie(OTHER_SITE) }));
    expect([...work].length).toBeGreaterThan(0);
    expect([...index.prepare(grants(SITE), ['ConsumptionPoint'])]).toHaveLength(0);
    expect(index.idsOf(grants(SITE), ['ConsumptionPoint'], 'ever')).toEqual([POINT]);
  });

  it('of everything need no preparation', () => expect([...index.prepare({ kind: 'everything' }, [])]).toHaveLength(0));
});

describe('the version', () => {
  it('stays when an entity says nothing new about belonging', () => {
    const before = index.version;
    index.apply(
      make('ACMeasurement', 'm', { refDevice: tie(METER), refPoint: tie(POINT), totalActivePower: value(5) }),
    );
    index.remove('urn:nobody');
    expect(index.version).toBe(before);
  });
  it('changes with every tie', () => {
    const before = index.version;
    index.apply(make('ACMeasurement', 'm'));
    expect(index.version).toBeGreaterThan(before);
    expect(spans(grants(SITE), LIVE)).toEqual([]);
  });
  it('counts entities, not what they point to', () => {
    const before = index.size;
    index.apply(make('Alert', 'x', { refSite: tie(id('Site', 'gone')) }));
    expect(index.size).toBe(before + 1);
    expect(index.has(id('Site', 'gone'))).toBe(false);
    index.remove(id('Alert', 'x'));
    expect(index.size).toBe(before);
  });
});
