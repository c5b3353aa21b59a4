/** Who is signed in and what they may do. One for the whole page; a 401 from anywhere ends it, a 403 from anywhere asks again. */

import type { FunctionName } from '@contor/policy';
import { computed, readonly, shallowRef } from 'vue';
import { PlatformError } from '../api/platform.js';
import { freshSignInAddress, readSession, signInAddress, signOut } from '../api/session.js';
import type { Fault } from '../logic/fault.js';
import { mayOpen, type PageName } from '../logic/pages.js';
import { isFreshlySignedIn, type Session } from '../logic/session.js';

type SessionState =
  | { readonly kind: 'checking' }
  | { readonly kind: 'signed-in'; readonly session: Session }
  | { readonly kind: 'signed-out'; readonly wasSignedIn: boolean }
  | { readonly kind: 'failed'; readonly fault: Fault };

const state = shallowRef<SessionState>({ kind: 'checking' });
const session = computed(() => (state.value.kind === 'signed-in' ? state.value.session : undefined));

/** A window that comes to the front twice in this time has seen the same session. */
const SEEN_AGAIN_MS = 2_000;
let checking: Promise<void> | undefined;
let checkedAtMs = 0;

export function useSession() {
  return {
    state: readonly(state),
    session,
    check,
    expired,
    leave,
    signIn,
    signInFresh,
    isFresh: () => session.value === undefined || isFreshlySignedIn(session.value, Date.now()),
    may,
    maySee: (page: PageName) => mayOpen(page, session.value?.functions ?? []),
  };
}

/** What a person may do is decided by the gateway; the page only does not offer what would be refused. */
function may(name: FunctionName): boolean {
  return session.value?.functions.includes(name) ?? false;
}

/** Asked by several at once, it asks the gateway once. */
function check(): Promise<void> {
  checking ??= readState().finally(() => {
    checking = undefined;
    checkedAtMs = Date.now();
  });
  return checking;
}

async function readState(): Promise<void> {
  try {
    state.value = { kind: 'signed-in', session: await readSession() };
  } catch (error) {
    const fault: Fault = error instanceof PlatformError ? error.fault : { code: 'unexpected', detail: String(error) };
    if (fault.code === 'signed-out') expired();
    // A platform that restarts does not sign anybody out: what is on the page may stay.
    else if (state.value.kind !== 'signed-in') state.value = { kind: 'failed', fault };
  }
}

/** Roles may have changed while nobody looked: what the menu offers is then what the gateway allows. */
function seenAgain(): void {
  const isDue = Date.now() - checkedAtMs > SEEN_AGAIN_MS;
  if (!document.hidden && session.value !== undefined && isDue) void check();
}
window.addEventListener('focus', seenAgain);
document.addEventListener('visibilitychange', seenAgain);

function expired(): void {
  if (state.value.kind !== 'signed-out')
    state.value = { kind: 'signed-out', wasSignedIn: state.value.kind === 'signed-in' };
}

async function leave(): Promise<void> {
  if (session.value !== undefined) window.location.assign(await signOut(session.value.csrfToken));
}

function signIn(): void {
  window.location.assign(signInAddress(here()));
}

/** For steps that ask who is there really; the page comes back to `path`, or to where it is. */
function signInFresh(path: string = here()): void {
  window.location.assign(freshSignInAddress(path));
}

function here(): string {
  return window.location.pathname + window.location.search;
}
