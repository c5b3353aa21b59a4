/** Which languages the pages speak, and which one somebody is spoken to. */

import { EN, type Texts } from './texts-en.js';
import { RO } from './texts-ro.js';

export type { Texts } from './texts-en.js';

export const LANGUAGES = {
  en: { name: 'English', texts: EN as Texts },
  ro: { name: 'Română', texts: RO },
} as const;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(tag: string | undefined): tag is Language {
  return tag !== undefined && Object.hasOwn(LANGUAGES, tag);
}

/** The first language of a wish list that we speak (RFC 9110, 12.5.4, in the order given: browsers send them sorted). */
export function chooseLanguage(...wishes: readonly (string | undefined)[]): Language {
  for (const wish of wishes) {
    for (const tag of (wish ?? '').split(/[\s,]+/)) {
      const primary = tag.split(/[-;]/)[0]?.toLowerCase();
      if (isLanguage(primary)) return primary;
    }
  }
  return 'en';
}
