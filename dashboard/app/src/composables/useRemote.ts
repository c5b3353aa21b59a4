/** Loads a remote value and keeps it fresh: aborts what is no longer wanted, keeps what is shown, tries again when that may help. */
import { onScopeDispose, type ShallowRef, shallowRef, watch } from 'vue';
import { isWorthRetrying } from '../logic/fault.js';
import { arrived, failed, LOADING, type Remote } from '../logic/remote.js';
import { faultIn } from './fault-in.js';
import { useSession } from './useSession.js';

export interface RemoteOptions<T> {
  /** What the value depends on: another one is another value, and loading begins anew. */
  readonly key: () => string | undefined;
  readonly load: (signal: AbortSignal) => Promise<T>;
  readonly isEmpty?: (value: T) => boolean;
}

const RETRY_MS = [3_000, 10_000, 30_000] as const;

export function useRemote<T>({ key, load, isEmpty = () => false }: RemoteOptions<T>): {
  remote: ShallowRef<Remote<T>>;
  refresh: () => void;
} {
  const remote: ShallowRef<Remote<T>> = shallowRef(LOADING);
  const { check, expired } = useSession();
  let controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const refresh = (): void => {
    controller.abort();
    clearTimeout(timer);
    if (key() === undefined) return;
    controller = new AbortController();
    const { signal } = controller;
    load(signal).then(
      (value) => {
        if (signal.aborted) return;
        failures = 0;
        remote.value = arrived(value, Date.now(), isEmpty(value));
      },
      (error: unknown) => {
        if (signal.aborted) return;
        const fault = faultIn(error);
        remote.value = failed(remote.value, fault);
        if (fault.code === 'signed-out') expired();
        else if (fault.code === 'forbidden') void check();
        else if (isWorthRetrying(fault)) {
          timer = setTimeout(refresh, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
          failures += 1;
        }
      },
    );
  };
  watch(
    key,
    () => {
      remote.value = LOADING;
      failures = 0;
      refresh();
    },
    { immediate: true },
  );
  onScopeDispose(() => {
    controller.abort();
    clearTimeout(timer);
  });
  return { remote, refresh };
}
