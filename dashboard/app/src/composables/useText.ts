/** Texts and formats in the reader's language. `t` takes only keys that exist. */
import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { createFormats, type Formats } from '../logic/format.js';
import type { MessageKey } from '../messages/en.js';

export type Translate = (key: MessageKey, values?: Record<string, string | number>, count?: number) => string;

export function useText() {
  const { t: translate, locale } = useI18n();
  const t: Translate = (key, values = {}, count) =>
    count === undefined ? translate(key, values) : translate(key, { n: count, ...values }, count);
  return { t, locale };
}

/** Dates are those of the place they tell about: a site has its own zone, whatever the reader's computer says. */
export function useFormats(zone: () => string) {
  const { locale } = useI18n();
  return computed<Formats>(() => createFormats(locale.value, zone()));
}

/** Where no site is meant, the reader's own zone. */
export const READER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
