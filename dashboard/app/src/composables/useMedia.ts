/** A media query as a ref. */
import { onScopeDispose, type Ref, ref } from 'vue';

export const NARROW = '(max-width: 40rem)';
export const CALM = '(prefers-reduced-motion: reduce)';

export function useMedia(query: string): Ref<boolean> {
  const list = window.matchMedia(query);
  const matches = ref(list.matches);
  const change = (): void => {
    matches.value = list.matches;
  };
  list.addEventListener('change', change);
  onScopeDispose(() => list.removeEventListener('change', change));
  return matches;
}
