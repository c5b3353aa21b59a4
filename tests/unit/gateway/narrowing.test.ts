/** What is taken out of questions before the broker hears them, and what is not read at all. */

import { narrowFilter } from '@contor/gateway/context/filter.js';
import { pageLinks, relayedLinks } from '@contor/gateway/context/page-links.js';
import { readDocument, readQuery } from '@contor/gateway/context/question.js';
import { represent } from '@contor/gateway/context/representation.js';
import { tenantFault } from '@contor/gateway/context/tenant.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

const HIDDEN = 'urn:ngsi-ld:Site:hidden';
const isHidden = (id: string) => id === HIDDEN;

describe('q (4.9)', () => {
  it.each([
    [`refSite=="${HIDDEN}"`, 'refSite=="urn:ngsi-ld:Nobody:x"'],
    [`refSite==${HIDDEN}`, 'refSite=="urn:ngsi-ld:Nobody:x"'],
    [`refSite=="urn:a","${HIDDEN}",urn:b`, 'refSite=="urn:a","urn:ngsi-ld:Nobody:x",urn:b'],
    [`(name=="x";refSite!=${HIDDEN})|power>5`, '(name=="x";refSite!="urn:ngsi-ld:Nobody:x")|power>5'],
    [`refSite=="\\u0075rn:ngsi-ld:Site:hidden"`, 'refSite=="urn:ngsi-ld:Nobody:x"'],
    ['name=="a;b|c(d)\\"e,f"', 'name=="a;b|c(d)\\"e,f"'],
    ['!refSite', '!refSite'],
    ['power==1..5', 'power==1..5'],
    ['name~="^a.*b$"', 'name~="^a.*b$"'],
    ['observedAt>2026-01-01T00:00:00Z', 'observedAt>2026-01-01T00:00:00Z'],
  ])('%s → %s', (q, expected) => expect(narrowFilter(q, isHidden)).toEqual({ kind: 'value', q: expected }));

  it.each([
    'refSite~="x"',
    'refSite!~=x',
    'refSite<"urn:z"',
    'refSite=="a".."b"',
    'a.refSite>=1',
    'refSite[member]>1',
    'https://contor.example/ns#refSite~=x',
    'hasMember~=x',
    'refOfMyOwn~=x',
  ])('%s is refused', (q) => {
    // Names of our own vocabulary are known by their IRI, too; this one is not ours, and is no link by its look.
    const expected = q.startsWith('https') ? 'value' : 'refused';
    expect(narrowFilter(q, isHidden).kind).toBe(expected);
  });

  it('never lets a hidden identifier through, and never stumbles', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(
              HIDDEN,
              `"${HIDDEN}"`,
              '==',
              '!=',
              ';',
              '|',
              '(',
              ')',
              ',',
              'refSite',
              'name',
              '"',
              '\\',
              '..',
              '~=',
            ),
            fc.string({ maxLength: 4 }),
          ),
          { maxLength: 14 },
        ),
        (parts) => {
          const filtered = narrowFilter(parts.join(''), isHidden);
          if (filtered.kind === 'refused') return;
          // A comparison has a name before it.
          for (const [, value] of filtered.q.matchAll(/\w(?:==|!=)"?([^";|(),]*)/g)) expect(value).not.toBe(HIDDEN);
        },
      ),
      { numRuns: times(200, 2_000) },
    ));

  it('changes nothing when nothing is hidden', () =>
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (q) => {
        const filtered = narrowFilter(q, () => false);
        if (filtered.kind === 'value') expect(filtered.q).toBe(q);
      }),
    ));
});

describe('tenant headers (T2)', () => {
  it.each([
    [[], undefined],
    [['NGSILD-Tenant', 'tulip'], undefined],
    [['ngsild-tenant', 'tulip', 'FIWARE-SERVICE', 'tulip'], undefined],
    [['ngsild-tenant', 'tulip', 'NGSILD-Tenant', 'tulip'], 'tenant.malformed'],
    [['ngsild-tenant', 'rose', 'NGSILD-Tenant', 'tulip'], 'tenant.foreign'],
    [['ngsild-tenant', 'TULIP'], 'tenant.malformed'],
    [['ngsild-tenant', 'tulip\u0000'], 'tenant.malformed'],
    [['fiware-service', '../tulip'], 'tenant.malformed'],
    [['fiware-service', 'rose'], 'tenant.foreign'],
    [['fiware-servicepath', '/a,/b'], 'tenant.malformed'],
  ])('%j: %s', (raw, expected) => expect(tenantFault(raw, 'tulip')).toBe(expected));
});

describe('a question', () => {
  it('is the same as a URL and as a document', () => {
    const url = new URLSearchParams(
      'type=Device,Site&id=urn:a,urn:b&attrs=name&q=name&georel=near&geometry=Point&coordinates=[1,2]&limit=3&offset=1',
    );
    const body = {
      ...{ type: 'Query', entities: [{ id: ['urn:a', 'urn:b'], type: 'Device|Site' }], attrs: ['name'], q: 'name' },
      geoQ: { georel: 'near', geometry: 'Point', coordinates: '[1,2]' },
    };
    expect(readDocument(body, new URLSearchParams('limit=3&offset=1'))).toEqual(readQuery(url));
  });

  it('knows types by their IRI', () => {
    const asked = readQuery(
      new URLSearchParams({ type: 'https://smartdatamodels.org/dataModel.Energy/ACMeasurement' }),
    );
    expect(asked).toMatchObject({ kind: 'value', question: { selectors: [{ types: ['ACMeasurement'] }] } });
  });

  it('reads any document or refuses it', () =>
    fc.assert(fc.property(fc.jsonValue(), (body) => void readDocument(body, new URLSearchParams()))));
});

describe('links to pages (6.3.10)', () => {
  const page = { path: '/api/x', query: 'type=A&limit=5&offset=3', limit: 5, offset: 3 };
  it.each([
    [true, '</api/x?type=A&limit=5&offset=8>;rel="next", </api/x?type=A&limit=3&offset=0>;rel="prev"'],
    [false, '</api/x?type=A&limit=3&offset=0>;rel="prev"'],
  ])('more: %s', (hasMore, expected) => expect(pageLinks({ ...page, hasMore })).toBe(expected));

  it('of the broker stand behind our path, and its @context stays there', () => {
    const theirs =
      '</ngsi-ld/v1/entities?type=A&offset=2>;rel="next", <http://b/c.jsonld>; rel="http://www.w3.org/ns/json-ld#context"';
    expect(relayedLinks(theirs, '/api')).toBe('</api/ngsi-ld/v1/entities?type=A&offset=2>;rel="next"');
    expect(relayedLinks(undefined, '/api')).toBeUndefined();
  });
});

describe('representations (4.5)', () => {
  const entity = {
    ...{ id: 'urn:a', type: 'A', createdAt: 'x' },
    bare: { type: 'Property', value: 1 },
    unit: { type: 'Property', value: 1, unitCode: 'KWH', note: { type: 'Property', value: 'n' } },
    listed: { type: 'Property', value: [1] },
    link: { type: 'Relationship', object: ['urn:b'] },
    place: { type: 'GeoProperty', value: { type: 'Point', coordinates: [1, 2] } },
    words: { type: 'LanguageProperty', languageMap: { en: 'x' } },
    many: [
      { type: 'Property', value: 1 },
      { type: 'Property', value: 2, datasetId: 'urn:d' },
    ],
  };
  it('simplified', () =>
    expect(represent(entity, 'simplified')).toEqual({
      ...{ id: 'urn:a', type: 'A', createdAt: 'x', bare: 1, unit: 1, listed: [1], link: ['urn:b'] },
      ...{ place: { type: 'Point', coordinates: [1, 2] }, words: { languageMap: { en: 'x' } } },
      many: { dataset: { '@none': 1, 'urn:d': 2 } },
    }));
  it('concise', () =>
    expect(represent(entity, 'concise')).toEqual({
      ...{ id: 'urn:a', type: 'A', createdAt: 'x', bare: 1, unit: { value: 1, unitCode: 'KWH', note: 'n' } },
      ...{ listed: { value: [1] }, link: { object: ['urn:b'] }, place: { type: 'Point', coordinates: [1, 2] } },
      ...{ words: { languageMap: { en: 'x' } }, many: [1, { value: 2, datasetId: 'urn:d' }] },
    }));
});
