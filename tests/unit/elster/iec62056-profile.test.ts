import { type DataSet, parseDataSets } from '@contor/elster/codec/iec62056/data-set.js';
import {
  formatProfile,
  type ProfileBlock,
  parseLogEntry,
  parseProfile,
} from '@contor/elster/codec/iec62056/profile.js';
import { subMetersIn } from '@contor/elster/codec/iec62056/sub-meters.js';
import { summaryOf } from '@contor/elster/codec/iec62056/summary.js';
import { formatStamp, parseTime } from '@contor/elster/codec/iec62056/time.js';
import { WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

function setsOf(text: string): readonly DataSet[] {
  const parsed = parseDataSets(text);
  if (parsed instanceof WireError) throw parsed;
  return parsed.sets;
}

function first(text: string): DataSet {
  return setsOf(text)[0] ?? { address: '', values: [] };
}

describe('load profiles (VDEW 2.0, 5.4)', () => {
  const digits = fc.stringMatching(/^[0-9]{1,3}\.[0-9]{1,5}$/);
  const profile: fc.Arbitrary<ProfileBlock> = fc.integer({ min: 1, max: 12 }).chain((n) =>
    fc.record({
      address: fc.constantFrom('P.01', 'P.02', '1-0:P.01'),
      season: fc.constantFrom(0, 1, 2),
      start: fc.constantFrom('220823161500', '2208231615'),
      status: fc.constantFrom('00000000', '08', '########'),
      intervalMinutes: fc.constantFrom(1, 5, 15, 60),
      channels: fc.array(fc.record({ address: fc.constantFrom('1.5', '1-1:1.29'), unit: fc.constantFrom('kW', '') }), {
        minLength: n,
        maxLength: n,
      }),
      rows: fc.array(fc.array(digits, { minLength: n, maxLength: n }), { maxLength: 5 }),
    }),
  );

  it('comes back for every block', () => {
    fc.assert(fc.property(profile, (block) => expect(parseProfile(formatProfile(block))).toEqual(block)));
  });

  it('starts a new block where the status changes', () => {
    const header = '(15)(1)(1.5)(kW)\r\n';
    const sets = setsOf(`P.01(0220823161500)(00)${header}(1)\r\n(2)\r\nP.01(0220823164500)(80)${header}(3)\r\n`);
    expect(sets.map(parseProfile)).toMatchObject([
      { start: '220823161500', status: '00', rows: [['1'], ['2']] },
      { start: '220823164500', status: '80', rows: [['3']] },
    ]);
  });

  it.each([
    ['P.01(ERROR)', 'iec62056.profile-header'],
    ['P.01(0220823161500)(00)(15)(2)(1.5)(kW)', 'iec62056.profile-header'],
    ['P.01(0220823161500)(00)(15)(99)(1.5)(kW)', 'iec62056.profile-header'],
    ['P.01(0220823161500)(00)(15)(0)', 'iec62056.profile-header'],
    ['P.01(0220823161500)(00)(15)(2)(1.5)(kW)(2.5)(kW)(1)', 'iec62056.profile-row'],
  ])('refuses %j', (text, code) => expect(parseProfile(first(text))).toMatchObject({ code }));

  it('reads an event with its elements', () => {
    expect(parseLogEntry(first('P.98(1220826235646)(00008020)()(2)(0.9.1)()(0.9.2)()(1235703)(1220826)'))).toEqual({
      address: 'P.98',
      season: 1,
      at: '220826235646',
      status: '00008020',
      elements: [
        { address: '0.9.1', unit: '', value: '1235703' },
        { address: '0.9.2', unit: '', value: '1220826' },
      ],
    });
    expect(parseLogEntry(first('P.98(1220901000000)(00000010)()(3)'))).toMatchObject({ code: 'iec62056.log-entry' });
  });
});

describe('times of meters', () => {
  it.each([
    ['220645', 'time', { time: '22:06:45' }],
    ['00:01:14', 'time', { time: '00:01:14' }],
    ['1235703', 'time', { time: '23:57:03', season: 'daylight' }],
    ['120613', 'date', { date: '2012-06-13' }],
    ['16-03-22', 'date', { date: '2016-03-22' }],
    ['0170318', 'date', { date: '2017-03-18', season: 'standard' }],
    ['2016-09-24', 'date', { date: '2016-09-24' }],
    ['16-03-14,18:45', 'stamp', { date: '2016-03-14', time: '18:45' }],
    ['2017-01-18&01:36:47', 'stamp', { date: '2017-01-18', time: '01:36:47' }],
    ['1703100930', 'stamp', { date: '2017-03-10', time: '09:30' }],
    ['1220823161500', 'stamp', { date: '2022-08-23', time: '16:15:00', season: 'daylight' }],
    ['231102121548W', 'stamp', { date: '2023-11-02', time: '12:15:48', season: 'standard' }],
    ['230831181500S', 'stamp', { date: '2023-08-31', time: '18:15:00', season: 'daylight' }],
  ] as const)('reads %s as %s', (text, kind, time) => expect(parseTime(text, kind)).toEqual(time));

  it.each([
    ['632525252525W', 'stamp'],
    ['2000-00-00', 'date'],
    ['230230', 'date'],
    ['256000', 'time'],
    ['', 'stamp'],
    ['9'.repeat(100), 'stamp'],
  ] as const)('knows no %s as %s', (text, kind) => expect(parseTime(text, kind)).toBeUndefined());

  it('writes what a profile is asked by', () => {
    expect(formatStamp({ date: '2022-08-23', time: '16:15:00', season: 'daylight' })).toBe('1220823161500');
    expect(formatStamp({ date: '2022-08-23', time: '16:15' })).toBe('2208231615');
  });
});

describe('sub-meters of a P1 telegram (DSMR 6.12)', () => {
  it('reads new and old lines', () => {
    const text =
      '0-1:24.1.0(003)\r\n0-1:96.1.0(3232)\r\n0-1:24.2.1(170102161005W)(00000.107*m3)\r\n' +
      '0-2:24.1.0(03)\r\n0-2:24.3.0(161107190000)(00)(60)(1)(0-2:24.2.1)(m3)\r\n(00001.001)\r\n';
    expect(subMetersIn(setsOf(text))).toEqual([
      {
        channel: 1,
        deviceType: 3,
        equipmentId: '3232',
        at: { date: '2017-01-02', time: '16:10:05', season: 'standard' },
        value: '00000.107',
        unit: 'm3',
      },
      { channel: 2, deviceType: 3, at: { date: '2016-11-07', time: '19:00:00' }, value: '00001.001', unit: 'm3' },
    ]);
  });
});

describe('summary', () => {
  it('divides watts exactly, strips the zeros of a serial number, gives stored values the unit of the current one', () => {
    const text =
      'C.1.1(0000000074892473)\r\n1-1:1.8.0*255(5*MWh)\r\n1.8.1(1.5*kWh)\r\n1.8.1*01(1.25)\r\n1-0:16.7.0(3*W)\r\n' +
      '1.6.1(9.48*kW)(16-03-14,18:45)\r\n0-0:1.0.0(170102192002W)\r\n2.8.0(7*m3)\r\nF.F(00)\r\n';
    expect(summaryOf(setsOf(text))).toEqual({
      serial: '74892473',
      activeEnergyImport_kWh: 5000,
      activeEnergyImportRate1_kWh: 1.5,
      activePowerTotal_kW: 0.003,
      clock: '2017-01-02T19:20:02',
      maximumDemandRate1: { kW: 9.48, at: '2016-03-14T18:45' },
      rates: { '1.8.1': 1.5 },
      billing: { '1.8.1*01': 1.25 },
      error: '00',
    });
  });
});
