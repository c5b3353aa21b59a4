/** Languages: English comes with the page, every other one as a file of its own when it is chosen; texts of some pages come with them. */
import { createI18n } from 'vue-i18n';
import { en, type Messages } from './messages/en.js';

export const LANGUAGES = [
  {
    code: 'en',
    name: 'English',
    load: async () => en as Messages,
    parts: {
      access: async () => (await import('./messages/access-en.js')).accessEn,
      commands: async () => (await import('./messages/commands-en.js')).commandsEn,
    },
  },
  {
    code: 'ro',
    name: 'Română',
    load: async () => (await import('./messages/ro.js')).ro,
    parts: {
      access: async () => (await import('./messages/access-ro.js')).accessRo,
      commands: async () => (await import('./messages/commands-ro.js')).commandsRo,
    },
  },
] as const;

export type Language = (typeof LANGUAGES)[number]['code'];
/** Texts that only some pages need. */
export type TextPart = keyof (typeof LANGUAGES)[number]['parts'];

const STORED_AS = 'contor.language';

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en } as Record<Language, Messages>,
  pluralRules: {
    en: (count, choices) => (choices < 3 ? (count === 1 ? 0 : 1) : count === 0 ? 0 : count === 1 ? 1 : 2),
    ro: (count) => ['one', 'few', 'other'].indexOf(ROMANIAN.select(count)),
  },
});

const ROMANIAN = new Intl.PluralRules('ro');

/** The parts that some page has asked for: a change of language brings them all. */
const wanted = new Set<TextPart>();

export async function useLanguage(language: Language): Promise<void> {
  const row = LANGUAGES.find(({ code }) => code === language) ?? LANGUAGES[0];
  i18n.global.setLocaleMessage(row.code, await row.load());
  await Promise.all([...wanted].map((part) => mergePart(row.code, part)));
  i18n.global.locale.value = row.code;
  document.documentElement.lang = row.code;
}

export async function useTexts(part: TextPart): Promise<void> {
  wanted.add(part);
  await mergePart(i18n.global.locale.value, part);
}

async function mergePart(language: Language, part: TextPart): Promise<void> {
  const row = LANGUAGES.find(({ code }) => code === language) ?? LANGUAGES[0];
  i18n.global.mergeLocaleMessage(row.code, await row.parts[part]());
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(STORED_AS, language);
}

/** The chosen language, else the first one the browser and we have in common. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(STORED_AS), ...navigator.languages];
  for (const tag of wanted) {
    const row = LANGUAGES.find(({ code }) => tag?.toLowerCase().split('-')[0] === code);
    if (row) return row.code;
  }
  return 'en';
}

/** English of Britain where the browser names no other: dates in the order and the clock that most of the world reads. */
const DEFAULT_REGIONS: Readonly<Record<Language, string>> = { en: 'en-GB', ro: 'ro-RO' };

/** Texts come in languages, numbers and dates in regional habits: `en-IE` keeps its own. */
export function regionalLocale(language: Language): string {
  const isOfLanguage = (tag: string): boolean => tag.includes('-') && tag.toLowerCase().startsWith(`${language}-`);
  return navigator.languages.find(isOfLanguage) ?? DEFAULT_REGIONS[language];
}
