/** Who is signed in. One for the whole page; a 401 from anywhere ends it. */
import { computed, readonly, shallowRef } from 'vue';
import { PlatformError, type Session } from '../api/platform.js';
import { readSession, signInAddress, signOut } from '../api/session.js';
import type { Fault } from '../logic/fault.js';

type SessionState =
  | { readonly kind: 'checking' }
  | { readonly kind: 'signed-in'; readonly session: Session }
  | { readonly kind: 'signed-out'; readonly wasSignedIn: boolean }
  | { readonly kind: 'failed'; readonly fault: Fault };

const state = shallowRef<SessionState>({ kind: 'checking' });

export function useSession() {
  return {
    state: readonly(state),
    session: computed(() => (state.value.kind === 'signed-in' ? state.value.session : undefined)),
    check,
    expired,
    leave,
    signIn,
    may,
  };
}

/** What a person may do is decided by the gateway; the page only does not offer what would be refused. */
function may(name: string): boolean {
  return state.value.kind === 'signed-in' && state.value.session.functions.includes(name);
}

async function check(): Promise<void> {
  try {
    state.value = { kind: 'signed-in', session: await readSession() };
  } catch (error) {
    const fault: Fault = error instanceof PlatformError ? error.fault : { code: 'unexpected', detail: String(error) };
    if (fault.code === 'signed-out') expired();
    // A platform that restarts does not sign anybody out: what is on the page may stay.
    else if (state.value.kind !== 'signed-in') state.value = { kind: 'failed', fault };
  }
}

function expired(): void {
  if (state.value.kind !== 'signed-out')
    state.value = { kind: 'signed-out', wasSignedIn: state.value.kind === 'signed-in' };
}

async function leave(): Promise<void> {
  if (state.value.kind !== 'signed-in') return;
  window.location.assign(await signOut(state.value.session.csrfToken));
}

function signIn(): void {
  const { pathname, search } = window.location;
  window.location.assign(signInAddress(pathname + search));
}
