/** The second hand of the page: one timer for every age on it, corrected by the server's clock, still while nobody looks. */
import { type Ref, readonly, ref } from 'vue';

const TICK_MS = 1_000;

let aheadMs = 0;
const nowMs = ref(Date.now());
const tick = (): void => {
  if (!document.hidden) nowMs.value = serverNow();
};
setInterval(tick, TICK_MS);
document.addEventListener('visibilitychange', tick);

export function useNow(): Readonly<Ref<number>> {
  return readonly(nowMs);
}

export function serverNow(): number {
  return Date.now() + aheadMs;
}

/** A time of this computer's clock, told by the server's. */
export function toServerTime(ms: number): number {
  return ms + aheadMs;
}

/** A computer whose clock is wrong by minutes would call every meter silent, or none. */
export function correctClock(serverTimeMs: number): void {
  aheadMs = serverTimeMs - Date.now();
  tick();
}
