/**
 * Asks again every so often, but only while somebody is really there: a question counts as use of the session, and a forgotten
 * screen must run into its idle limit.
 */
import { onScopeDispose } from 'vue';

/** Somebody who has touched nothing for so long is away. */
const AWAY_AFTER_MS = 5 * 60_000;

let touchedAtMs = Date.now();
for (const event of ['pointerdown', 'pointermove', 'keydown', 'focus'] as const)
  window.addEventListener(
    event,
    () => {
      touchedAtMs = Date.now();
    },
    { capture: true, passive: true },
  );

export function usePolling(refresh: () => void, everyMs: number): void {
  const isThere = (): boolean => !document.hidden && Date.now() - touchedAtMs < AWAY_AFTER_MS;
  const timer = setInterval(() => {
    if (isThere()) refresh();
  }, everyMs);
  const seen = (): void => {
    if (!document.hidden) refresh();
  };
  document.addEventListener('visibilitychange', seen);
  onScopeDispose(() => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', seen);
  });
}
