/** How many customers hang behind the points of some meters: asked when it matters, before a supply is switched off. */
import { computed } from 'vue';
import { heldValue } from '../logic/remote.js';
import { customersAt } from '../logic/supply.js';
import { useLive } from './useLive.js';
import { useRemote } from './useRemote.js';

/** More points than this are told as such; nobody reads the sum of a district off a dialog. */
const MOST_POINTS = 50;

export function useCustomers(pointUrns: () => readonly string[] | undefined) {
  const { platform, city } = useLive();
  const { remote } = useRemote<number>({
    key: () =>
      pointUrns()
        ?.slice(0, MOST_POINTS + 1)
        .join(' '),
    load: async (signal) => {
      const urns = [...new Set(pointUrns() ?? [])].slice(0, MOST_POINTS);
      const points = heldValue(city.value)?.ConsumptionPoint;
      const counts = await Promise.all(
        urns.map(async (urn) =>
          customersAt(points?.get(urn), await platform.entities('Customer', signal, `refPoint=="${urn}"`)),
        ),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    },
  });
  return { count: computed(() => heldValue(remote.value)) };
}
