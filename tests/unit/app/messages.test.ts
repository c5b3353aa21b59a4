import { EVENT_WORDS } from '@contor/app/logic/alerts';
import { REFUSALS } from '@contor/app/logic/fault';
import { accessEn } from '@contor/app/messages/access-en';
import { accessRo } from '@contor/app/messages/access-ro';
import { commandsEn } from '@contor/app/messages/commands-en';
import { commandsRo } from '@contor/app/messages/commands-ro';
import { en } from '@contor/app/messages/en';
import { ro } from '@contor/app/messages/ro';
import { describe, expect, it } from '@jest/globals';

type Tree = { readonly [key: string]: string | Tree };

function leaves(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[prefix + key, value]] : leaves(value, `${prefix}${key}.`),
  );
}

const placeholders = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const english = [en, accessEn, commandsEn].flatMap((part) => leaves(part));
const romanian = new Map([ro, accessRo, commandsRo].flatMap((part) => leaves(part)));

describe('the languages', () => {
  it('have the same texts', () => expect([...romanian.keys()].sort()).toEqual(english.map(([key]) => key).sort()));
  it.each(english)('%s asks for the same values', (key, text) => {
    const translated = romanian.get(key) ?? '';
    expect(placeholders(translated)).toEqual(placeholders(text));
    expect(translated.trim()).not.toBe('');
  });
  // A bare one begins a link to another text, and the page that shows it stays empty.
  it.each([...english, ...romanian])('%s says an at sign as text', (_key, text) =>
    expect(text.replaceAll("{'@'}", '')).not.toContain('@'),
  );
  it('come in parts that do not overwrite each other', () => {
    const tops = [en, accessEn, commandsEn].flatMap((part) => Object.keys(part));
    expect(tops).toHaveLength(new Set(tops).size);
  });
  it.each([...romanian].filter(([, text]) => text.includes(' | ')))(
    '%s has the three plurals of Romanian',
    (_key, text) => expect(text.split(' | ')).toHaveLength(3),
  );
  it.each(REFUSALS)('refusal %s has a text', (refusal) =>
    expect(new Map(english).get(`refusal.${refusal}`)).toBeTruthy(),
  );
  it.each(EVENT_WORDS)('event %s has a text', (word) => expect(en.event[word]).toBeTruthy());
});
