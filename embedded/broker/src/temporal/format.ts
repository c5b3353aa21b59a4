/** Series → the temporal representations of an entity (GS CIM 009 V1.9.1, 4.5.6, 4.5.7, 4.5.8 and 4.5.19). */

import type { AttributeKind } from '../entity/model.js';
import { KINDS } from '../entity/model.js';
import { aggregate, type Sample } from './aggregate.js';
import type { TemporalQuery } from './query.js';

/** One attribute over time: how it is called in the answer, what it is, and its values in ascending order. */
export interface AttributeHistory {
  readonly name: string;
  readonly kind: AttributeKind;
  readonly samples: readonly Sample[];
}

/** 4.5.9: in the simplified representation the values of an attribute stand in one list, under this member. */
const LISTS: Readonly<Record<AttributeKind, string>> = {
  Property: 'values',
  GeoProperty: 'values',
  Relationship: 'objects',
  LanguageProperty: 'languageMaps',
  VocabProperty: 'vocabs',
  JsonProperty: 'jsons',
};

export function formatHistory(
  { id, type }: { readonly id: string; readonly type: string },
  attributes: readonly AttributeHistory[],
  query: TemporalQuery,
): Record<string, unknown> {
  const entity: Record<string, unknown> = { id, type };
  for (const attribute of attributes) {
    if (attribute.samples.length > 0) entity[attribute.name] = FORMATS[query.form](attribute, query);
  }
  return entity;
}

type Format = (attribute: AttributeHistory, query: TemporalQuery) => unknown;

const FORMATS: Readonly<Record<TemporalQuery['form'], Format>> = {
  normalized: ({ kind, samples }) =>
    samples.map(([atMs, value]) => ({ type: kind, [KINDS[kind].member]: value, observedAt: iso(atMs) })),
  temporalValues: ({ kind, samples }) => ({
    type: kind,
    [LISTS[kind]]: samples.map(([atMs, value]) => [value, iso(atMs)]),
  }),
  aggregatedValues: ({ kind, samples }, { methods, period, span }) => ({
    type: kind,
    ...Object.fromEntries(
      methods.map((method) => [
        method,
        aggregate(samples, method, period, span).map(([result, startMs, endMs]) => [result, iso(startMs), iso(endMs)]),
      ]),
    ),
  }),
};

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
