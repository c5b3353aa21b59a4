/** The language filter. GS CIM 009 V1.9.1, 4.15; RFC 4647. */

import { chooseLanguage, parseLanguages } from '@contor/broker/entity/language.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('a filter', () => {
  it.each([
    ['en', ['en']],
    ['fr-CH,fr', ['fr-ch', 'fr']],
    ['fr-CH,fr;q=0.9,en;q=0.8,*;q=0.5', ['fr-ch', 'fr', 'en', '*']],
    ['en;q=0.1, fr;q=1.000, de;q=0', ['fr', 'en']],
  ])('%s wants %j', (text, tags) => expect(parseLanguages(text)).toEqual(tags));

  it('is parsed or refused, whatever it says', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'en-*;q=0.1,_ é'), maxLength: 40 }), (text) => {
        try {
          parseLanguages(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'badRequestData' });
        }
      }),
    ));
});

const tag = fc.constantFrom('en', 'en-GB', 'fr', 'fr-CH', 'de', '@none');
const map = fc.dictionary(tag, fc.string());

describe('a choice', () => {
  it('is a language of the map, and there is one when the map has any', () =>
    fc.assert(
      fc.property(map, fc.array(fc.constantFrom('en', 'fr-ch', '*', 'sv')), (languages, filter) => {
        const chosen = chooseLanguage(languages, filter);
        if (chosen === undefined) expect(languages).toEqual({});
        else expect(languages[chosen.lang]).toBe(chosen.value);
      }),
    ));

  it('is what was wanted most of what is there', () =>
    fc.assert(
      fc.property(map, tag, (languages, wanted) => {
        fc.pre(Object.hasOwn(languages, wanted) && wanted !== '@none');
        expect(chooseLanguage(languages, [wanted.toLowerCase(), 'en'])?.lang).toBe(wanted);
      }),
    ));
});
