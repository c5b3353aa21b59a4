/** The moving city: one snapshot, one stream of changes, shared by every page that is open. */
import { computed, type InjectionKey, inject, onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from 'vue';
import { type EventConnection, openEventStream, type StreamListener } from '../api/event-stream.js';
import type { Platform } from '../api/platform.js';
import { type City, cityWithout, patchedCity, toCity } from '../logic/city.js';
import type { Entity } from '../logic/ngsi.js';
import { heldValue, type Remote } from '../logic/remote.js';
import { CLOSED_STREAM, type StreamSession } from '../logic/stream-session.js';
import { askCity, takeEarlyCity } from './early-city.js';
import { correctClock, toServerTime, useNow } from './useNow.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

export interface Live {
  readonly city: ShallowRef<Remote<City>>;
  readonly stream: ShallowRef<StreamSession>;
  readonly platform: Platform;
  /** The instant at which states are judged: while we are cut off the silence is ours, and no meter is called silent for it. */
  readonly judgedAtMs: Readonly<Ref<number>>;
  refresh(): void;
  retryNow(): void;
  /** Calls back with entities as they arrive, and with none after a break: then everything may have changed. */
  onChange(listener: (entities: readonly Entity[]) => void): void;
}

export const LIVE: InjectionKey<Live> = Symbol('live');

export function useLive(): Live {
  const live = inject(LIVE);
  if (live === undefined) throw new Error('useLive is called outside of the signed-in shell');
  return live;
}

/** A question takes a second at most; more changes than this in between would only repeat themselves. */
const MEANWHILE_LIMIT = 5_000;
const NEWCOMER_PAUSE_MS = 5_000;

/** Belongs to the shell: starts with it and stops with it. */
export function createLive(platform: Platform): Live {
  const { check, may } = useSession();
  const now = useNow();
  const stream = shallowRef<StreamSession>(CLOSED_STREAM);
  const judgedAtMs = computed(() => {
    const { brokenSinceMs } = stream.value;
    return brokenSinceMs === undefined ? now.value : Math.min(now.value, toServerTime(brokenSinceMs));
  });
  const listeners = new Set<(entities: readonly Entity[]) => void>();
  /** What the stream said while a question was on its way: newer than the answer. */
  let meanwhile: Entity[] = [];
  let isAsking = false;
  let newcomersAskedAtMs = 0;

  const { remote: city, refresh } = useRemote<City>({
    // Whoever may not see live values is not asked to wait for them.
    key: () => (may('live.view') ? 'city' : undefined),
    load: async (signal) => {
      meanwhile = [];
      isAsking = true;
      const lists = await (takeEarlyCity() ?? askCity(platform, signal));
      isAsking = false;
      return patchedCity(toCity(lists.flat()), meanwhile);
    },
    isEmpty: (value) => value.Device.size === 0 && value.ACMeasurement.size === 0,
  });

  /** A meter that was installed just now also has a place and a name, and those do not come by the stream. */
  const greetNewcomers = (): void => {
    if (Date.now() - newcomersAskedAtMs < NEWCOMER_PAUSE_MS) return;
    newcomersAskedAtMs = Date.now();
    refresh();
  };

  const listener: StreamListener = {
    session: (session) => {
      stream.value = session;
    },
    serverTime: correctClock,
    entities: (entities) => {
      const remote = city.value;
      const held = heldValue(remote);
      if (held !== undefined && (remote.kind === 'ready' || remote.kind === 'stale'))
        city.value = { ...remote, value: patchedCity(held, entities) };
      if (isAsking) meanwhile = [...meanwhile, ...entities].slice(-MEANWHILE_LIMIT);
      if (remote.kind === 'empty' || (held !== undefined && hasNewcomer(held, entities))) greetNewcomers();
      for (const listener of listeners) listener(entities);
    },
    gone: (ids) => {
      const remote = city.value;
      if (remote.kind === 'ready' || remote.kind === 'stale')
        city.value = { ...remote, value: cityWithout(remote.value, ids) };
      meanwhile = meanwhile.filter(({ id }) => !ids.includes(id));
    },
    catchUp: () => {
      // Roles or scope may be what has changed.
      void check();
      refresh();
      for (const listener of listeners) listener([]);
    },
    refused: () => void check(),
  };
  let connection: EventConnection | undefined;
  const hangUp = (): void => {
    connection?.close();
    connection = undefined;
  };
  watch(
    () => may('live.view'),
    (isAllowed) => {
      hangUp();
      if (isAllowed) connection = openEventStream('/api/stream', listener);
    },
    { immediate: true },
  );
  onScopeDispose(hangUp);

  return {
    city,
    stream,
    platform,
    judgedAtMs,
    refresh,
    retryNow: () => connection?.retryNow(),
    onChange: (listener) => {
      listeners.add(listener);
      onScopeDispose(() => listeners.delete(listener));
    },
  };
}

function hasNewcomer(city: City, entities: readonly Entity[]): boolean {
  return entities.some(({ id, type }) => type === 'ACMeasurement' && !city.ACMeasurement.has(id));
}
