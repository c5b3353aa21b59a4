/** Places that access can be given to: those that the administrator may see. */
import { computed } from 'vue';
import { type Place, toPlaces } from '../logic/places.js';
import { heldValue } from '../logic/remote.js';
import { GRANTED_TYPES } from '../logic/scope.js';
import { useLive } from './useLive.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

export function usePlaces() {
  const { platform } = useLive();
  const { may } = useSession();
  const { remote } = useRemote<readonly Place[]>({
    key: () => (may('live.view') ? 'places' : undefined),
    load: async (signal) =>
      (await Promise.all(GRANTED_TYPES.map((type) => platform.entities(type, signal)))).flatMap(toPlaces),
  });
  const places = computed(() => heldValue(remote.value) ?? []);
  const names = computed(() => new Map(places.value.map(({ urn, name }) => [urn, name])));
  return { places, names, maySearch: computed(() => may('live.view')) };
}
