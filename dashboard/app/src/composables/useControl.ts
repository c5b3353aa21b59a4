/** What holds all commands at once: the switch, the freeze, the voices that end them. One for the whole page, because it stands above every page. */
import { computed, type InjectionKey, inject, type Ref } from 'vue';
import { type Control, toControl } from '../logic/commands.js';
import { heldValue } from '../logic/remote.js';
import { useGateway } from './useGateway.js';
import type { Live } from './useLive.js';
import { usePolling } from './usePolling.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

export interface ControlDesk {
  readonly control: Readonly<Ref<Control | undefined>>;
  refresh(): void;
  stop(reason: string): Promise<Control>;
  speak(what: 'resume' | 'unfreeze', reason: string): Promise<Control>;
}

export const CONTROL: InjectionKey<ControlDesk> = Symbol('control');

export function useControl(): ControlDesk {
  const desk = inject(CONTROL);
  if (desk === undefined) throw new Error('useControl is called outside of the signed-in shell');
  return desk;
}

/** The stream tells changes at once where it carries them; this is for where it does not. */
const EVERY_MS = 15_000;

export function createControl(live: Live): ControlDesk {
  const { maySee } = useSession();
  const { ask, tell } = useGateway();
  const { remote, refresh } = useRemote<Control>({
    key: () => (maySee('commands') ? 'control' : undefined),
    load: async (signal) => toControl((await ask('/api/commands/control', signal)).body),
  });
  usePolling(refresh, EVERY_MS);
  live.onChange((entities) => {
    if (entities.some(({ type }) => type === 'CommandControl' || type === 'CommandRequest')) refresh();
  });

  const put = (body: unknown): Control => {
    const value = toControl(body);
    remote.value = { kind: 'ready', value, atMs: Date.now() };
    return value;
  };
  return {
    control: computed(() => heldValue(remote.value)),
    refresh,
    stop: async (reason) => put((await tell('POST', '/api/commands/stop', { reason })).body),
    speak: async (what, reason) => put((await tell('POST', `/api/commands/${what}`, { reason })).body),
  };
}
