/** The last 24 hours of one meter, asked again whenever a part of them has been stored. */
import { INTERVAL_COLUMNS, PROFILE_SECONDS, toIntervalPoints } from '../logic/history-table.js';
import { localId } from '../logic/ngsi.js';
import { lastHours, type Slot, toSlots } from '../logic/slots.js';
import type { Live } from './useLive.js';
import { serverNow } from './useNow.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

const HOURS = 24;

export function useLoadProfile(live: Live, deviceId: () => string) {
  const { may } = useSession();
  const result = useRemote<readonly Slot[]>({
    key: () => (may('history.view') ? deviceId() : undefined),
    load: async (signal) => {
      const window = lastHours(HOURS, serverNow(), PROFILE_SECONDS);
      const table = await live.platform.history({
        entityId: `urn:ngsi-ld:IntervalReading:${deviceId()}`,
        type: 'IntervalReading',
        attributes: INTERVAL_COLUMNS,
        ...window,
        signal,
      });
      const points = toIntervalPoints(table);
      return points.length === 0 ? [] : toSlots(points, { ...window, intervalSeconds: PROFILE_SECONDS });
    },
    isEmpty: (slots) => slots.length === 0,
  });
  live.onChange((entities) => {
    // `urn:ngsi-ld:Acquisition:<device>:<profile>:<day>` announces that intervals have reached history.
    const isAbout = ({ type, id }: { type: string; id: string }): boolean =>
      type === 'Acquisition' && localId(id).split(':')[0] === deviceId();
    if (entities.length === 0 || entities.some(isAbout)) result.refresh();
  });
  return result;
}
