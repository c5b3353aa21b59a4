import { createFormats } from '@contor/app/logic/format';
import {
  isKnownZone,
  localDate,
  localHourMarks,
  localMidnight,
  offsetMinutes,
  startOfDate,
  toUtcIso,
  toZonedIso,
} from '@contor/app/logic/zone-time';
import { describe, expect, it } from '@jest/globals';

const BUCHAREST = 'Europe/Bucharest';
/** Clocks went forward on 2026-03-29 and back on 2026-10-25, both at 01:00 UTC. */
const AUTUMN = Date.UTC(2026, 9, 25, 1);

describe('local time', () => {
  it.each([
    ['winter', Date.UTC(2026, 10, 20, 7), 120],
    ['summer', Date.UTC(2026, 6, 1, 7), 180],
    ['the last summer second', AUTUMN - 1, 180],
    ['the first winter second', AUTUMN, 120],
  ])('offset in %s', (_name, ms, minutes) => expect(offsetMinutes(ms, BUCHAREST)).toBe(minutes));
  it('writes the offset', () => {
    expect(toZonedIso(Date.UTC(2026, 10, 20, 7, 15), BUCHAREST)).toBe('2026-11-20T09:15:00+02:00');
    expect(toZonedIso(Date.UTC(2026, 10, 20, 7, 15), 'America/St_Johns')).toBe('2026-11-20T03:45:00-03:30');
    expect(toZonedIso(Date.UTC(2026, 10, 20, 7, 15), 'UTC')).toBe('2026-11-20T07:15:00+00:00');
  });
  it('tells the repeated hour apart', () =>
    expect([toZonedIso(AUTUMN - 1_800_000, BUCHAREST), toZonedIso(AUTUMN + 1_800_000, BUCHAREST)]).toEqual([
      '2026-10-25T03:30:00+03:00',
      '2026-10-25T03:30:00+02:00',
    ]));
  it('writes UTC', () => expect(toUtcIso(Date.UTC(2026, 10, 20, 7, 15))).toBe('2026-11-20T07:15:00Z'));
  it('finds midnight on a day whose clocks change', () =>
    expect(toZonedIso(localMidnight(Date.UTC(2026, 9, 25, 20), BUCHAREST), BUCHAREST)).toBe(
      '2026-10-25T00:00:00+03:00',
    ));
  it('has seven marks of four hours and an hour more on a day of 25 hours', () => {
    const from = localMidnight(AUTUMN, BUCHAREST);
    const marks = localHourMarks(from, from + 25 * 3_600_000, 4, BUCHAREST);
    expect(marks.map((ms) => toZonedIso(ms, BUCHAREST).slice(11, 16))).toEqual([
      '00:00',
      '04:00',
      '08:00',
      '12:00',
      '16:00',
      '20:00',
      '00:00',
    ]);
    expect((marks[1] ?? 0) - (marks[0] ?? 0)).toBe(5 * 3_600_000);
  });
  it('marks whole hours where the zone is 45 minutes off', () =>
    expect(
      localHourMarks(Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 1, 2), 1, 'Asia/Kathmandu').map((ms) =>
        toUtcIso(ms).slice(11, 16),
      ),
    ).toEqual(['00:15', '01:15']));
  it('knows which zones exist', () => {
    expect(isKnownZone(BUCHAREST)).toBe(true);
    expect(isKnownZone('Europe/Atlantis')).toBe(false);
  });
});

describe('formats', () => {
  const formats = createFormats('en-GB', BUCHAREST);
  it('writes units behind a narrow space', () => expect(formats.withUnit(1_234.5, 'kWh', 1)).toBe('1,234.5\u202FkWh'));
  it('writes a real minus and no negative zero', () => {
    expect(formats.number(-1_234)).toBe('\u22121,234');
    expect(formats.number(-0.001, 1)).toBe('0.0');
  });
  it('writes what is not known as a dash', () => expect(formats.withUnit(undefined, 'W')).toBe('–'));
  it.each([
    [950, '950', 'W'],
    [9_999, '9,999', 'W'],
    [12_345, '12.35', 'kW'],
    [-250_000, '\u2212250.0', 'kW'],
  ])('%i W', (watts, value, unit) => expect(formats.power(watts)).toEqual({ value, unit }));
  it('shows an interval from start to end in the zone of the site', () =>
    expect(formats.interval(Date.UTC(2026, 10, 20, 7), Date.UTC(2026, 10, 20, 7, 15))).toBe('09:00–09:15'));
  it('names the offset in the hour that comes twice', () => {
    const first = formats.interval(AUTUMN - 3_600_000, AUTUMN);
    const second = formats.interval(AUTUMN, AUTUMN + 3_600_000);
    expect(first).not.toBe(second);
    expect(second).toContain('GMT+2');
  });
  it('speaks Romanian', () => expect(createFormats('ro-RO', BUCHAREST).number(1_234.5, 1)).toBe('1.234,5'));
});

describe('days in forms', () => {
  it.each([
    ['2026-11-20', BUCHAREST, '2026-11-19T22:00:00Z'],
    ['2026-03-29', BUCHAREST, '2026-03-28T22:00:00Z'], // 23 hours long
    ['2026-10-25', BUCHAREST, '2026-10-24T21:00:00Z'], // 25 hours long
    ['2026-11-20', 'Pacific/Kiritimati', '2026-11-19T10:00:00Z'],
    ['2026-11-20', 'Pacific/Pago_Pago', '2026-11-20T11:00:00Z'],
  ])('%s in %s begins at %s', (date, zone, iso) => {
    const startMs = startOfDate(date, zone) ?? 0;
    expect(toUtcIso(startMs)).toBe(iso);
    expect(localDate(startMs, zone)).toBe(date);
  });
  it.each(['', '2026-13-01', '2026-02-31', '20.11.2026'])('"%s" is no day', (text) =>
    expect(startOfDate(text, BUCHAREST)).toBeUndefined(),
  );
});
