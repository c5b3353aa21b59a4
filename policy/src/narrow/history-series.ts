/** The bodies of QuantumLeap's families ↔ series of entities, one pure function each way. */

import { isFields } from '../scope/read-ties.js';
import type { HistoryFamily, HistoryQuestion } from './history-question.js';

type Values = readonly unknown[] | Readonly<Record<string, readonly unknown[]>>;

export interface HistoryAttribute {
  readonly name: string;
  readonly unitCode?: unknown;
  /** By method, where several were asked for. */
  readonly values: Values;
}

/** `index` runs beside the values of each attribute. */
export interface HistorySeries {
  readonly type: string;
  readonly id: string;
  readonly index: readonly string[];
  readonly attributes: readonly HistoryAttribute[];
}

type Fields = Readonly<Record<string, unknown>>;

/** What is not of the family's shape is no series: `[]` is how history says that there is nothing. */
export function parseSeries(family: HistoryFamily, body: unknown): readonly HistorySeries[] {
  if (family === 'NTNE')
    return listOf(body).map((one) => ({ ...named(one), index: [textOf(one.index)], attributes: [] }));
  if (!isFields(body)) return [];
  const attribute = textOf(body.attrName);
  switch (family) {
    case '1T1E1A':
      return [{ ...named(body), index: indexOf(body), attributes: [single(attribute, body)] }];
    case '1T1ENA':
      return [{ ...named(body), index: indexOf(body), attributes: several(body) }];
    case '1TNE1A':
    case '1TNENA':
      return listOf(body.entities).map((one) => ({
        ...{ id: textOf(one.id), type: textOf(body.type), index: indexOf(one) },
        attributes: family === '1TNE1A' ? [single(attribute, one)] : several(one),
      }));
    case 'NTNE1A':
      return inTypes(body, attribute);
    case 'NTNENA':
      return joined(listOf(body.attrs).flatMap((one) => inTypes(one, textOf(one.attrName))));
  }
}

function inTypes(body: Fields, attribute: string): readonly HistorySeries[] {
  return listOf(body.types).flatMap(({ type, entities }) =>
    listOf(entities).map((one) => ({
      ...{ id: textOf(one.id), type: textOf(type), index: indexOf(one) },
      attributes: [single(attribute, one)],
    })),
  );
}

/** An entity is told once for each attribute, over the same rows. */
function joined(series: readonly HistorySeries[]): readonly HistorySeries[] {
  const byEntity = new Map<string, HistorySeries>();
  for (const one of series) {
    const key = JSON.stringify([one.type, one.id]);
    const known = byEntity.get(key);
    byEntity.set(key, known === undefined ? one : { ...known, attributes: [...known.attributes, ...one.attributes] });
  }
  return [...byEntity.values()];
}

/** Index of a total: the window it is of, or nothing (QuantumLeap tells it where several entities are told). */
export interface ShapeTotal {
  readonly fromDate: string;
  readonly toDate: string;
}

export function shapeSeries(
  { family, isValueOnly, attribute, ids }: HistoryQuestion,
  type: string | undefined,
  series: readonly HistorySeries[],
  total: ShapeTotal | undefined,
): unknown {
  if (series.length === 0) return [];
  const window = total === undefined ? undefined : [total.fromDate, total.toDate];
  const [only] = series;
  const one = (entity: HistorySeries, index: readonly string[]) => ({ index, ...valuesOf(entity, attribute) });
  const many = (entity: HistorySeries, index: readonly string[]) => ({
    index,
    attributes: entity.attributes.map(toMember),
  });
  const shared = (entity: HistorySeries) => window ?? entity.index;
  switch (family) {
    case '1T1E1A':
    case '1T1ENA': {
      if (only === undefined) return [];
      const index = total === undefined ? only.index : [];
      const body = family === '1T1E1A' ? one(only, index) : many(only, index);
      const names = family === '1T1E1A' ? { attrName: attribute } : {};
      return isValueOnly ? body : { id: only.id, type: only.type, ...names, ...body };
    }
    case '1TNE1A': {
      const entities = inOrderAsked(series, ids).map((entity) => ({
        id: entity.id,
        ...one(entity, total !== undefined && ids === undefined ? [] : shared(entity)),
      }));
      return isValueOnly ? { values: entities } : { type, attrName: attribute, entities };
    }
    case '1TNENA': {
      const entities = series.map((entity) => ({ id: entity.id, ...many(entity, shared(entity)) }));
      return isValueOnly ? { values: entities } : { type, entities };
    }
    case 'NTNE1A': {
      const types = toTypes(series, attribute ?? '', shared);
      return isValueOnly ? { values: types } : { attrName: attribute, types };
    }
    case 'NTNENA': {
      const names = [...new Set(series.flatMap(({ attributes }) => attributes.map(({ name }) => name)))].sort();
      const attrs = names.map((attrName) => ({ attrName, types: toTypes(series, attrName, shared) }));
      return isValueOnly ? { values: attrs } : { attrs };
    }
    case 'NTNE':
      return series.map(({ id, type: own, index }) => ({ id, type: own, index: index[0] }));
  }
}

function toTypes(
  series: readonly HistorySeries[],
  name: string,
  indexFor: (entity: HistorySeries) => readonly string[],
) {
  const byType = new Map<string, object[]>();
  for (const entity of series) {
    if (!entity.attributes.some((attribute) => attribute.name === name)) continue;
    const entities = byType.get(entity.type) ?? [];
    entities.push({ id: entity.id, index: indexFor(entity), ...valuesOf(entity, name) });
    byType.set(entity.type, entities);
  }
  return [...byType].map(([type, entities]) => ({ type, entities }));
}

function valuesOf({ attributes }: HistorySeries, name: string | undefined) {
  const attribute = attributes.find((one) => one.name === name) ?? attributes[0];
  return { ...unitOf(attribute), values: attribute?.values ?? [] };
}

function toMember(attribute: HistoryAttribute) {
  return { attrName: attribute.name, ...unitOf(attribute), values: attribute.values };
}

function unitOf(attribute: HistoryAttribute | undefined) {
  return attribute?.unitCode === undefined ? {} : { unitCode: attribute.unitCode };
}

function inOrderAsked(series: readonly HistorySeries[], ids: readonly string[] | undefined): readonly HistorySeries[] {
  if (ids === undefined) return series;
  const place = new Map(ids.map((id, at) => [id, at]));
  return [...series].sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}

function named({ id, type }: Fields) {
  return { id: textOf(id), type: textOf(type) };
}

function single(name: string, { values, unitCode }: Fields): HistoryAttribute {
  return { name, ...(unitCode !== undefined && { unitCode }), values: isValues(values) ? values : [] };
}

function several({ attributes }: Fields): readonly HistoryAttribute[] {
  return listOf(attributes).map((one) => single(textOf(one.attrName), one));
}

function indexOf({ index }: Fields): readonly string[] {
  return Array.isArray(index) ? index.map(textOf) : [];
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isValues(value: unknown): value is Values {
  return Array.isArray(value) || (isFields(value) && Object.values(value).every(Array.isArray));
}
