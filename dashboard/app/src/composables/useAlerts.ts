/** Events of one meter, patched as they come. */
import { computed } from 'vue';
import { eventsOf } from '../logic/alerts.js';
import type { Entity } from '../logic/ngsi.js';
import { heldValue } from '../logic/remote.js';
import type { Live } from './useLive.js';
import { useRemote } from './useRemote.js';

export function useAlerts(live: Live, deviceId: () => string) {
  const { remote, refresh } = useRemote<ReadonlyMap<string, Entity>>({
    key: () => 'alerts',
    load: async (signal) => new Map((await live.platform.entities('Alert', signal)).map((alert) => [alert.id, alert])),
  });
  live.onChange((entities) => {
    if (entities.length === 0) return refresh();
    const alerts = entities.filter(({ type }) => type === 'Alert');
    const held = heldValue(remote.value);
    if (alerts.length === 0 || held === undefined || remote.value.kind !== 'ready') return;
    remote.value = {
      ...remote.value,
      value: new Map([...held, ...alerts.map((alert) => [alert.id, alert] as const)]),
    };
  });
  const events = computed(() => eventsOf(heldValue(remote.value)?.values() ?? [], deviceId()));
  return { remote, refresh, events };
}
