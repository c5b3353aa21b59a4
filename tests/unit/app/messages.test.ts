import { EVENT_WORDS } from '@contor/app/logic/alerts';
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
const english = leaves(en);
const romanian = new Map(leaves(ro));

describe('the languages', () => {
  it('have the same texts', () => expect([...romanian.keys()].sort()).toEqual(english.map(([key]) => key).sort()));
  it.each(english)('%s asks for the same values', (key, text) => {
    const translated = romanian.get(key) ?? '';
    expect(placeholders(translated)).toEqual(placeholders(text));
    expect(translated.trim()).not.toBe('');
  });
  it.each(leaves(ro).filter(([, text]) => text.includes(' | ')))('%s has the three plurals of Romanian', (_key, text) =>
    expect(text.split(' | ')).toHaveLength(3),
  );
  it.each(EVENT_WORDS)('event %s has a text', (word) => expect(en.event[word]).toBeTruthy());
});
