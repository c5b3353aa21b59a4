/** The figures above the hours: everything counts in the total, but an hour that lacks meters is not the lowest. */

import { type Hour, type HourQuality, summariseHours } from '@contor/app/logic/site-hours';
import { describe, expect, it } from '@jest/globals';

const hour = (index: number, importKwh: number | undefined, quality: HourQuality) =>
  ({ startMs: index * 3_600_000, endMs: (index + 1) * 3_600_000, importKwh, quality }) as Hour;

describe('summariseHours', () => {
  it('counts a partial hour in the total, not as the lowest', () =>
    expect(summariseHours([hour(0, 0.3, 'partial'), hour(1, 5, 'measured'), hour(2, 7, 'measured')])).toMatchObject({
      total: 12.3,
      min: { value: 5, index: 1 },
      max: { value: 7, index: 2 },
      missing: 0,
    }));
  it('takes what there is when every hour is partial', () =>
    expect(summariseHours([hour(0, 2, 'partial'), hour(1, 1, 'partial')]).min).toEqual({ value: 1, index: 1 }));
});
