/** One thing a person does that the platform has to agree to: it runs once at a time, and a refusal stays to be read until the next try. */
import { computed, type Ref, shallowRef } from 'vue';
import type { Fault } from '../logic/fault.js';
import { faultIn } from './fault-in.js';
import { useSession } from './useSession.js';

export interface Action<Args extends readonly unknown[], Result> {
  /** The result, or nothing when it was refused or already runs. */
  run(...args: Args): Promise<Result | undefined>;
  readonly isRunning: Readonly<Ref<boolean>>;
  readonly fault: Readonly<Ref<Fault | undefined>>;
  forget(): void;
}

export interface ActionOptions {
  /** The gateway wants a fresh sign-in first: keep what was typed, answer the address to come back to. */
  readonly onStale?: () => string | undefined;
}

export function useAction<Args extends readonly unknown[], Result>(
  act: (...args: Args) => Promise<Result>,
  { onStale }: ActionOptions = {},
): Action<Args, Result> {
  const { check, expired, signInFresh } = useSession();
  const state = shallowRef<'idle' | 'running' | Fault>('idle');

  async function run(...args: Args): Promise<Result | undefined> {
    if (state.value === 'running') return undefined;
    state.value = 'running';
    try {
      const result = await act(...args);
      state.value = 'idle';
      return result;
    } catch (error) {
      const fault = faultIn(error);
      state.value = fault;
      if (fault.code === 'signed-out') expired();
      else if (fault.code === 'forbidden') void check();
      else if (fault.code === 'sign-in-stale' && onStale !== undefined) signInFresh(onStale());
      return undefined;
    }
  }
  return {
    run,
    isRunning: computed(() => state.value === 'running'),
    fault: computed(() => (typeof state.value === 'string' ? undefined : state.value)),
    forget: () => {
      if (state.value !== 'running') state.value = 'idle';
    },
  };
}
