/** Contract of how entities are shown: languages, datasets, GeoJSON. GS CIM 009 V1.9.1, 4.5.5, 4.5.16, 4.5.17, 4.15, 6.3.4 to 6.3.7. */

import { expect } from '@jest/globals';
import { type Case, contract, get, LINK, post, property } from './cases.js';

const ID = 'urn:ngsi-ld:Shop:1';
const GPS = 'urn:ngsi-ld:Dataset:gps';
const POINT = { type: 'Point', coordinates: [13.36, 52.51] };
const LINE = {
  type: 'LineString',
  coordinates: [
    [13, 52],
    [14, 53],
  ],
};
const GREETING = { en: 'hello', fr: 'bonjour', 'pt-BR': ['olá', 'oi'] };

/** The location of the second shop has no default instance, that of the third is a text, and the fourth has none. */
const GIVEN = [
  post('/entityOperations/create', [
    {
      id: ID,
      type: 'Shop',
      scope: '/Berlin',
      name: property('Kiosk', { label: { type: 'LanguageProperty', languageMap: { en: 'booth', de: 'Bude' } } }),
      greeting: { type: 'LanguageProperty', languageMap: GREETING, observedAt: '2026-11-20T07:00:00Z' },
      motto: { type: 'LanguageProperty', languageMap: { '@none': '—', de: 'los' } },
      speed: [property(50), property(55, { datasetId: GPS })],
      heat: property(30, { datasetId: GPS }),
      location: { type: 'GeoProperty', value: POINT },
      area: { type: 'GeoProperty', value: LINE },
    },
    { id: 'urn:ngsi-ld:Shop:2', type: 'Shop', location: { type: 'GeoProperty', value: LINE, datasetId: GPS } },
    { id: 'urn:ngsi-ld:Shop:3', type: 'Shop', location: property('Berlin') },
    { id: 'urn:ngsi-ld:Shop:4', type: 'Shop' },
  ]),
];

const GEO = { Accept: 'application/geo+json' };
const PLAIN_GEO = { ...GEO, Prefer: 'body=json' };

function shown(clause: string, name: string, parameters: string, body: object, headers?: Record<string, string>): Case {
  return {
    clause,
    name,
    given: GIVEN,
    when: get(`/entities/${ID}${parameters}`, headers),
    answer: { status: 200, body },
  };
}

function wrong(clause: string, name: string, path: string, headers?: Record<string, string>): Case {
  return { clause, name, given: GIVEN, when: get(path, headers), answer: { status: 400, problem: 'BadRequestData' } };
}

/** lang, and what the greeting is then. */
const LANGUAGES: readonly (readonly [lang: string, value: unknown, tag: string])[] = [
  ['en', 'hello', 'en'],
  ['EN', 'hello', 'en'],
  ['"fr"', 'bonjour', 'fr'],
  ['fr-CH,fr', 'bonjour', 'fr'],
  ['fr-CH,fr;q=0.9,en;q=0.8,*;q=0.5', 'bonjour', 'fr'],
  ['en;q=0.5,fr', 'bonjour', 'fr'],
  ['en;q=0.5, fr;q=0.6', 'bonjour', 'fr'],
  ['de,en;q=0.1', 'hello', 'en'],
  ['pt', ['olá', 'oi'], 'pt-BR'],
  ['pt-BR', ['olá', 'oi'], 'pt-BR'],
  ['fr;q=0,en', 'hello', 'en'],
  ['*', 'hello', 'en'],
  ['xx', 'hello', 'en'],
  ['pt-PT', ['olá', 'oi'], 'pt-BR'],
];

const FEATURE = {
  id: ID,
  type: 'Feature',
  geometry: POINT,
  properties: {
    type: 'Shop',
    scope: '/Berlin',
    speed: [property(50), property(55, { datasetId: GPS })],
    location: { type: 'GeoProperty', value: POINT },
  },
};

const CASES: readonly Case[] = [
  ...LANGUAGES.map(([lang, value, tag]) =>
    shown('4.15', `lang=${lang}`, `?attrs=greeting&lang=${encodeURIComponent(lang)}`, {
      id: ID,
      type: 'Shop',
      scope: '/Berlin',
      greeting: { type: 'Property', value, lang: tag, observedAt: '2026-11-20T07:00:00Z' },
    }),
  ),
  shown('4.15', 'concise', '?pick=greeting&format=concise&lang=fr', {
    greeting: { value: 'bonjour', lang: 'fr', observedAt: '2026-11-20T07:00:00Z' },
  }),
  shown('4.15', 'simplified', '?pick=greeting&format=simplified&lang=fr', { greeting: 'bonjour' }),
  shown('4.15', 'in a sub-attribute', '?pick=name&lang=de', {
    name: property('Kiosk', { label: { type: 'Property', value: 'Bude', lang: 'de' } }),
  }),
  shown('5.7.2.5', '@none when nothing fits', '?pick=motto&lang=sv', {
    motto: { type: 'Property', value: '—', lang: '@none' },
  }),
  shown('4.15', 'without lang a map stays one', '?pick=greeting&format=simplified', {
    greeting: { languageMap: GREETING },
  }),
  {
    clause: '5.2.23',
    name: 'lang by POST',
    given: GIVEN,
    when: post('/entityOperations/query?format=simplified', {
      type: 'Query',
      entities: [{ id: ID, type: 'Shop' }],
      pick: ['greeting'],
      lang: 'fr',
    }),
    answer: { status: 200, body: [{ greeting: 'bonjour' }] },
  },
  ...['en_GB', 'en;q=2', 'en;q=x', 'en,,fr', 'é', `${'en,'.repeat(60)}en`].map((lang) =>
    wrong('4.15', `not a language filter: ${lang.slice(0, 30)}`, `/entities/${ID}?lang=${encodeURIComponent(lang)}`),
  ),
  shown('4.5.5', 'one dataset', `?pick=speed,heat,name&datasetId=${GPS}`, {
    speed: property(55, { datasetId: GPS }),
    heat: property(30, { datasetId: GPS }),
  }),
  shown('4.5.5', 'the default instances', '?pick=speed,heat&datasetId=@none', { speed: property(50) }),
  shown('4.5.5', 'both', `?pick=speed,heat&datasetId=@none,${GPS}`, {
    speed: [property(50), property(55, { datasetId: GPS })],
    heat: property(30, { datasetId: GPS }),
  }),
  shown('4.5.4', 'simplified, one dataset', `?pick=speed&format=simplified&datasetId=${GPS}`, {
    speed: { dataset: { [GPS]: 55 } },
  }),
  shown('4.5.4', 'simplified, all datasets', '?pick=speed&format=simplified', {
    speed: { dataset: { '@none': 50, [GPS]: 55 } },
  }),
  shown('4.5.5', 'a dataset nobody has', '?pick=id,speed&datasetId=urn:ngsi-ld:Dataset:none', { id: ID }),
  wrong('6.5.3.1', 'a datasetId that is no URI', `/entities/${ID}?datasetId=gps`),
  {
    clause: '5.7.1.4',
    name: 'none of the attributes has that dataset',
    given: GIVEN,
    when: get(`/entities/${ID}?attrs=name&datasetId=${GPS}`),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '5.2.23',
    name: 'datasetId by POST',
    given: GIVEN,
    when: post('/entityOperations/query', {
      type: 'Query',
      entities: [{ id: ID, type: 'Shop' }],
      pick: ['heat', 'name'],
      datasetId: [GPS],
    }),
    answer: { status: 200, body: [{ heat: property(30, { datasetId: GPS }) }] },
  },
  {
    clause: '5.7.1.4',
    name: 'the type of an entity to retrieve',
    given: GIVEN,
    when: get(`/entities/${ID}?type=Shop,House&pick=id`),
    answer: { status: 200, body: { id: ID } },
  },
  {
    clause: '5.7.1.4',
    name: 'another type than that of the entity',
    given: GIVEN,
    when: get(`/entities/${ID}?type=House`),
    answer: { status: 404, problem: 'ResourceNotFound' },
  },
  {
    clause: '4.5.16.2',
    name: 'a Feature with the @context inside',
    given: GIVEN,
    when: get(`/entities/${ID}?attrs=speed,location`, GEO),
    answer: {
      status: 200,
      body: { ...FEATURE, '@context': expect.anything() },
      headers: { 'content-type': /^application\/geo\+json/, link: /^(?!.*json-ld#context)/ },
    },
  },
  {
    clause: '6.3.6',
    name: 'a Feature with the @context in a Link',
    given: GIVEN,
    when: get(`/entities/${ID}?attrs=speed,location`, { ...PLAIN_GEO, Link: LINK }),
    answer: {
      status: 200,
      body: FEATURE,
      headers: { 'content-type': /^application\/geo\+json/, link: /rel="http:\/\/www\.w3\.org\/ns\/json-ld#context"/ },
    },
  },
  shown(
    '4.5.17.1',
    'simplified',
    '?pick=id,type,location,speed&format=simplified',
    {
      id: ID,
      type: 'Feature',
      geometry: POINT,
      properties: { type: 'Shop', speed: { dataset: { '@none': 50, [GPS]: 55 } }, location: POINT },
    },
    PLAIN_GEO,
  ),
  shown(
    '4.5.16.2',
    'concise',
    '?pick=id,type,location&options=concise',
    { id: ID, type: 'Feature', geometry: POINT, properties: { type: 'Shop', location: POINT } },
    PLAIN_GEO,
  ),
  shown(
    '4.5.16.1',
    'another geometry',
    '?pick=id,type&geometryProperty=area',
    { id: ID, type: 'Feature', geometry: LINE, properties: { type: 'Shop' } },
    PLAIN_GEO,
  ),
  shown(
    '4.5.16.1',
    'a geometry that is a text',
    '?pick=id,type&geometryProperty=name',
    { id: ID, type: 'Feature', geometry: null, properties: { type: 'Shop' } },
    PLAIN_GEO,
  ),
  shown(
    '4.15',
    'in one language',
    '?pick=id,type,greeting&lang=fr&format=simplified',
    { id: ID, type: 'Feature', geometry: POINT, properties: { type: 'Shop', greeting: 'bonjour' } },
    PLAIN_GEO,
  ),
  {
    clause: '6.3.11',
    name: 'a Feature with the system times',
    given: GIVEN,
    when: get(`/entities/${ID}?attrs=name&options=sysAttrs`, PLAIN_GEO),
    answer: {
      status: 200,
      like: {
        type: 'Feature',
        properties: { createdAt: expect.stringMatching(/Z$/), modifiedAt: expect.stringMatching(/Z$/) },
      },
    },
  },
  {
    clause: '4.5.16.3',
    name: 'a FeatureCollection; without a location the geometry is null',
    given: GIVEN,
    when: get('/entities?type=Shop&pick=id,type', PLAIN_GEO),
    answer: {
      status: 200,
      body: {
        type: 'FeatureCollection',
        features: [POINT, null, null, null].map((geometry, index) => ({
          id: `urn:ngsi-ld:Shop:${index + 1}`,
          type: 'Feature',
          geometry,
          properties: { type: 'Shop' },
        })),
      },
      headers: { 'content-type': /^application\/geo\+json/ },
    },
  },
  {
    clause: '4.5.16.1',
    name: 'a dataset names the geometry',
    given: GIVEN,
    when: get(`/entities?type=Shop&pick=id&datasetId=${GPS}&limit=2`, PLAIN_GEO),
    answer: { status: 200, like: { features: [{ geometry: null }, { geometry: LINE }] } },
  },
  {
    clause: '4.5.16.3',
    name: 'a FeatureCollection has one @context, its Features none',
    given: GIVEN,
    when: get('/entities?type=Shop&pick=id&limit=1', GEO),
    answer: {
      status: 200,
      body: {
        type: 'FeatureCollection',
        features: [{ id: ID, type: 'Feature', geometry: POINT, properties: {} }],
        '@context': expect.anything(),
      },
      headers: { link: /rel="next";type="application\/geo\+json"/ },
    },
  },
  {
    clause: '4.5.16.3',
    name: 'an empty FeatureCollection',
    given: GIVEN,
    when: get('/entities?type=Castle', PLAIN_GEO),
    answer: { status: 200, body: { type: 'FeatureCollection', features: [] } },
  },
  {
    clause: '6.23',
    name: 'a FeatureCollection by POST',
    given: GIVEN,
    when: post(
      '/entityOperations/query?geometryProperty=area&format=simplified',
      { type: 'Query', entities: [{ id: ID, type: 'Shop' }], pick: ['id'] },
      PLAIN_GEO,
    ),
    answer: {
      status: 200,
      body: { type: 'FeatureCollection', features: [{ id: ID, type: 'Feature', geometry: LINE, properties: {} }] },
    },
  },
  wrong('5.7.1.4', 'geometryProperty without GeoJSON', `/entities/${ID}?geometryProperty=area`),
  wrong('5.7.2.4', 'geometryProperty without GeoJSON, in a query', '/entities?type=Shop&geometryProperty=area'),
  wrong('4.5.16.1', 'a geometryProperty that is no name', `/entities/${ID}?geometryProperty=a%20b`, GEO),
  ...['/types', '/types/Shop', '/subscriptions'].map(
    (path): Case => ({
      clause: '6.3.4',
      name: `no GeoJSON of ${path}`,
      given: GIVEN,
      when: get(path, GEO),
      answer: { status: 406 },
    }),
  ),
  ...(
    [
      ['application/ld+json, application/json', 'json'],
      ['application/geo+json, application/ld+json', 'ld\\+json'],
      ['application/geo+json, application/ld+json;q=0.9', 'geo\\+json'],
      ['application/json;q=0.1, */*;q=0.5', 'ld\\+json'],
      ['application/*', 'json'],
      ['text/html, */*;q=0.1', 'json'],
      ['application/json;q=0, application/*;q=0.2', 'ld\\+json'],
    ] as const
  ).map(
    ([accept, type]): Case => ({
      clause: '6.3.4',
      name: `Accept: ${accept}`,
      given: GIVEN,
      when: get(`/entities/${ID}`, { Accept: accept }),
      answer: { status: 200, headers: { 'content-type': new RegExp(`^application/${type}`) } },
    }),
  ),
  {
    clause: '6.3.4',
    name: 'nothing that is accepted',
    given: GIVEN,
    when: get(`/entities/${ID}`, { Accept: 'text/html, application/geo+json;q=0' }),
    answer: { status: 406 },
  },
];

contract('representations', CASES);
