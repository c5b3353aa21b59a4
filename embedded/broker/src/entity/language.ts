/** The language filter (GS CIM 009 V1.9.1, 4.15): `fr-CH,fr;q=0.9,*;q=0.5` → the text of a language map that fits best. */

import type { Json, JsonObject } from '../json.js';
import { badRequest } from '../problem.js';

/** Ranges, the most wanted first; `*` is any language. Plain data. */
export type LanguageFilter = readonly string[];

/** RFC 4647, 2.1, with a quality (RFC 3282; RFC 9110, 12.4.2). */
const RANGE = /^(\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8})(?:;q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/;
const MAX_RANGES = 50;

/** The examples of 4.15 stand in quotes: taken either way. */
export function parseLanguages(text: string): LanguageFilter {
  const list = /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text;
  const ranges = list.split(',', MAX_RANGES + 1).map((part) => {
    const [, tag, quality = '1'] = RANGE.exec(part.replace(/\s+/g, '')) ?? [];
    if (tag === undefined) throw badRequest('lang is a list of language tags such as fr-CH,fr;q=0.9,*;q=0.5 (4.15)');
    return { tag: tag.toLowerCase(), quality: Number(quality) };
  });
  if (ranges.length > MAX_RANGES) throw badRequest(`lang has more than ${MAX_RANGES} languages`);
  const wanted = ranges.filter(({ quality }) => quality > 0);
  return wanted.sort((a, b) => b.quality - a.quality).map(({ tag }) => tag);
}

/** The language chosen and what the map has in it; undefined only for a map without languages. */
export function chooseLanguage(
  map: JsonObject,
  filter: LanguageFilter,
): { readonly lang: string; readonly value: Json } | undefined {
  const tags = Object.keys(map);
  const lang = matching(tags, filter) ?? (tags.includes('@none') ? '@none' : nearest(tags, filter));
  return lang === undefined ? undefined : { lang, value: map[lang] ?? null };
}

function matching(tags: readonly string[], filter: LanguageFilter): string | undefined {
  for (const range of filter) {
    if (range === '*') return tags.includes('@none') ? '@none' : tags[0];
    const found =
      tags.find((tag) => tag.toLowerCase() === range) ?? tags.find((tag) => tag.toLowerCase().startsWith(`${range}-`));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Nothing fits (5.7.2.5: the choice is ours): a relative of what was wanted (RFC 4647, 3.4), or the first there is. */
function nearest(tags: readonly string[], filter: LanguageFilter): string | undefined {
  const families = filter.map((range) => range.split('-')[0] ?? '');
  return matching(tags, families) ?? tags[0];
}
