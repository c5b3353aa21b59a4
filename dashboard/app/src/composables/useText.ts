/** Texts and formats in the reader's language. `t` takes only keys that exist, and writes numbers as the language does. */
import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { type Language, regionalLocale } from '../i18n.js';
import { createFormats, type Formats } from '../logic/format.js';
import type { MessageKey } from '../messages/keys.js';

type Translate = (key: MessageKey, values?: Record<string, string | number>, count?: number) => string;

export function useText() {
  const { t: translate, locale } = useI18n();
  const numbers = computed(() => new Intl.NumberFormat(regionalLocale(locale.value as Language)));
  const written = (values: Record<string, string | number>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'number' ? numbers.value.format(value) : value,
      ]),
    );
  const t: Translate = (key, values = {}, count) =>
    count === undefined ? translate(key, written(values)) : translate(key, written({ n: count, ...values }), count);
  return { t, locale };
}

/** Dates are those of the place they tell about: a site has its own zone, whatever the reader's computer says. */
export function useFormats(zone: () => string) {
  const { locale } = useI18n();
  return computed<Formats>(() => createFormats(regionalLocale(locale.value as Language), zone()));
}

/** Where no site is meant, the reader's own zone. */
export const READER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
