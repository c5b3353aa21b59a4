/** Energy of the sites since their midnight, from the hours the aggregation has finished. */
import { computed, type Ref } from 'vue';
import type { SiteInfo } from '../logic/city.js';
import { HOUR_COLUMNS, toHourPoints } from '../logic/history-table.js';
import { heldValue } from '../logic/remote.js';
import { energyToday } from '../logic/site-hours.js';
import { localMidnight } from '../logic/zone-time.js';
import type { Live } from './useLive.js';
import { serverNow, useNow } from './useNow.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

const DAY_MS = 86_400_000;

export function useEnergyToday(live: Live, sites: Ref<readonly SiteInfo[]>) {
  const now = useNow();
  const { may } = useSession();
  /** Another day is another question. */
  const key = (): string | undefined =>
    sites.value.length === 0 || !may('history.view')
      ? undefined
      : sites.value.map(({ urn, timeZone }) => `${urn} ${localMidnight(now.value, timeZone)}`).join(',');

  const { remote, refresh } = useRemote({
    key,
    load: (signal) =>
      Promise.all(
        sites.value.map(async ({ id, timeZone }) => {
          const midnightMs = localMidnight(serverNow(), timeZone);
          const table = await live.platform.history({
            entityId: `urn:ngsi-ld:AggregatedReading:${id}:hour`,
            type: 'AggregatedReading',
            attributes: HOUR_COLUMNS,
            fromMs: midnightMs,
            toMs: midnightMs + DAY_MS + 3_600_000,
            signal,
          });
          return energyToday(toHourPoints(table), midnightMs);
        }),
      ),
  });
  live.onChange((entities) => {
    if (entities.length === 0 || entities.some(({ type }) => type === 'AggregatedReading')) refresh();
  });

  const energy = computed(() => {
    const known = (heldValue(remote.value) ?? []).filter((part) => part !== undefined);
    if (known.length === 0) return undefined;
    return {
      kwh: known.reduce((sum, { kwh }) => sum + kwh, 0),
      untilMs: Math.min(...known.map(({ untilMs }) => untilMs)),
    };
  });
  return { energy };
}
