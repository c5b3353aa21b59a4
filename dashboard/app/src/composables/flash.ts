/** `v-flash="value"`: a short glow when a value has changed, so that the eye finds what moves. Calm where the reader asks for calm. */
import type { Directive } from 'vue';
import { CALM } from './useMedia.js';

const calm = window.matchMedia(CALM);

export const vFlash: Directive<HTMLElement, unknown> = {
  updated(element, { value, oldValue }) {
    if (value === oldValue || oldValue === undefined || calm.matches) return;
    element.animate([{ backgroundColor: 'var(--accent-soft)' }, { backgroundColor: 'transparent' }], {
      duration: 900,
      easing: 'ease-out',
    });
  },
};
