/** The matrix while it is edited: ticks that are not saved, saving them role by role, and meeting whoever edits beside us. */

import type { FunctionName } from '@contor/policy';
import { computed, onScopeDispose, ref, shallowRef } from 'vue';
import { onBeforeRouteLeave } from 'vue-router';
import { heldValue } from '../logic/remote.js';
import { functionsWith, type Role, remaining, type Tick, toggled, toTicks } from '../logic/roles.js';
import { keepDraft, takeDraft } from './draft.js';
import { faultIn } from './fault-in.js';
import { tagOf, useRoles } from './useAccessBook.js';
import { useAction } from './useAction.js';
import { useGateway } from './useGateway.js';
import { useSession } from './useSession.js';

const DRAFT = 'roles';

export function useRoleEditing(leaveQuestion: () => string) {
  const { tell } = useGateway();
  const { session, check } = useSession();
  const { remote, refresh } = useRoles();
  const person = (): string => session.value?.user.name ?? '';

  const kept = toTicks(takeDraft(DRAFT, person()));
  const ticks = shallowRef<readonly Tick[]>(kept);
  const isBack = ref(kept.length > 0);
  /** Names of roles that somebody else changed under our hands. */
  const conflicts = shallowRef<readonly string[]>([]);
  const roles = computed(() => heldValue(remote.value) ?? []);
  const changed = computed(() => remaining(ticks.value, roles.value));

  function toggle(role: Role, name: FunctionName): void {
    ticks.value = toggled(role, name, ticks.value);
  }

  function discard(): void {
    ticks.value = [];
    isBack.value = false;
    conflicts.value = [];
    forget();
  }

  async function put(role: Role, functions: readonly string[]): Promise<void> {
    const path = `/api/admin/roles/${encodeURIComponent(role.name)}`;
    await tell('PUT', path, { title: role.title, functions }, tagOf(role.revision));
  }

  /** Each role by itself: what is saved stays saved, what meets somebody else stays a change on top of theirs. */
  const { run, isRunning, fault, forget } = useAction(
    async () => {
      const lost: string[] = [];
      for (const role of roles.value) {
        if (!changed.value.some((tick) => tick.role === role.name)) continue;
        try {
          await put(role, functionsWith(role, changed.value));
          ticks.value = ticks.value.filter((tick) => tick.role !== role.name);
        } catch (error) {
          if (faultIn(error).code !== 'conflict') throw error;
          lost.push(role.name);
        }
      }
      conflicts.value = lost;
      isBack.value = false;
      refresh();
      await check();
      return lost.length === 0;
    },
    {
      onStale: () => {
        keepDraft(DRAFT, person(), changed.value);
        isLeavingFor.value = true;
        return undefined;
      },
    },
  );

  /** To the sign-in page and back nothing is lost, so nothing is asked. */
  const isLeavingFor = ref(false);
  const warn = (event: BeforeUnloadEvent): void => {
    if (changed.value.length > 0 && !isLeavingFor.value) event.preventDefault();
  };
  window.addEventListener('beforeunload', warn);
  onScopeDispose(() => window.removeEventListener('beforeunload', warn));
  onBeforeRouteLeave(() => changed.value.length === 0 || window.confirm(leaveQuestion()));

  return { remote, refresh, roles, ticks, changed, conflicts, isBack, toggle, discard, save: run, isRunning, fault };
}
