import { instants } from '@contor/history-query';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('index strings', () => {
  it('are read as Date.parse reads them', () => {
    const date = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(fc.array(date), fc.constantFrom('+00:00', 'Z'), (dates, zone) => {
        const texts = dates.map((one) => one.toISOString().replace('Z', zone));
        expect(instants(texts)).toEqual(dates.map((one) => one.getTime()));
      }),
    );
  });
  it.each([
    ['2026-11-20T07:00:10+00:00', Date.UTC(2026, 10, 20, 7, 0, 10)],
    ['2026-11-20T07:00:10.1+00:00', Date.UTC(2026, 10, 20, 7, 0, 10, 100)],
    ['2026-11-20T07:00:10.123456+00:00', Date.UTC(2026, 10, 20, 7, 0, 10, 123)],
    ['2026-11-20T07:00:10.123456789Z', Date.UTC(2026, 10, 20, 7, 0, 10, 123)],
    ['2026-11-20T09:00:10.000+02:00', Date.UTC(2026, 10, 20, 7, 0, 10)],
    ['2026-11-20', Date.UTC(2026, 10, 20)],
  ])('%s', (text, ms) => expect(instants([text, text])).toEqual([ms, ms]));
  it.each(['', 'yesterday', '2026-13-01T00:00:00+00:00', '2026-11-20Tab:cd:efZ', '2026-11-20T25:00:00Z'])(
    'refuse "%s"',
    (text) => {
      expect(() => instants([text])).toThrow(expect.objectContaining({ code: 'http.unexpected-answer' }));
    },
  );
});
