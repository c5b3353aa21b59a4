/** One short sentence about what has just been done, seen and heard, gone by itself. */
import { readonly, shallowRef } from 'vue';

/** Long enough to be read twice (WCAG 2.2.1 asks for no less where nothing is lost when it goes). */
const SHOWN_MS = 8_000;

const notice = shallowRef<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

export function useNotice() {
  return { notice: readonly(notice), tellDone, dismiss };
}

function tellDone(text: string): void {
  clearTimeout(timer);
  notice.value = text;
  timer = setTimeout(dismiss, SHOWN_MS);
}

function dismiss(): void {
  clearTimeout(timer);
  notice.value = undefined;
}
