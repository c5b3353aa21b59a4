/** The hours of one site, asked again when the aggregation has finished another one. */
import { HOUR_COLUMNS, toHourPoints } from '../logic/history-table.js';
import { type Hour, withQuality } from '../logic/site-hours.js';
import { lastHours, toSlots } from '../logic/slots.js';
import type { Live } from './useLive.js';
import { serverNow } from './useNow.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

const HOUR_SECONDS = 3_600;

export function useSiteHours(live: Live, siteId: () => string, hours: () => number) {
  const entityId = (): string => `urn:ngsi-ld:AggregatedReading:${siteId()}:hour`;
  const { may } = useSession();
  const result = useRemote<readonly Hour[]>({
    key: () => (may('history.view') ? `${siteId()} ${hours()}` : undefined),
    load: async (signal) => {
      const window = lastHours(hours(), serverNow(), HOUR_SECONDS);
      const table = await live.platform.history({
        entityId: entityId(),
        type: 'AggregatedReading',
        attributes: HOUR_COLUMNS,
        ...window,
        signal,
      });
      const points = toHourPoints(table);
      if (points.length === 0) return [];
      const intervals = points.map((point) => ({ ...point, intervalSeconds: HOUR_SECONDS }));
      return withQuality(toSlots(intervals, { ...window, intervalSeconds: HOUR_SECONDS }), points);
    },
    isEmpty: (value) => value.length === 0,
  });
  live.onChange((entities) => {
    if (entities.length === 0 || entities.some(({ id }) => id === entityId())) result.refresh();
  });
  return result;
}
