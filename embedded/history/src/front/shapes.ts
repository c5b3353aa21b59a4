/**
 * Series → the bodies of QuantumLeap, one pure function per family of its API: how many types, entities and attributes
 * an answer holds decides its shape. `/value` drops the names that the caller put into the path.
 */

import type { EntityNewest, EntitySeries } from '../store/questions.js';
import { indexFormatter } from '../time.js';

export interface ShapeContext {
  readonly type: string | undefined;
  readonly attribute: string | undefined;
  /** In the order asked for. */
  readonly ids: readonly string[] | undefined;
  /** One number per entity instead of a series: there is no index to show. */
  readonly isTotal: boolean;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly isValueOnly: boolean;
}

export type Shape = (series: readonly EntitySeries[], context: ShapeContext) => unknown;

/** One type, one entity, one attribute. */
export const shape1T1E1A: Shape = (series, context) => {
  const [only] = series;
  if (only === undefined) {
    return [];
  }
  const body = { index: ownIndex(only, context), values: only.attributes[0]?.values ?? [] };
  return context.isValueOnly ? body : { id: only.id, type: only.type, attrName: context.attribute, ...body };
};

/** One type, one entity, several attributes. */
export const shape1T1ENA: Shape = (series, context) => {
  const [only] = series;
  if (only === undefined) {
    return [];
  }
  const body = { index: ownIndex(only, context), attributes: attributesOf(only) };
  return context.isValueOnly ? body : { id: only.id, type: only.type, ...body };
};

/** One type, several entities, one attribute. */
export const shape1TNE1A: Shape = (series, context) => {
  if (series.length === 0) {
    return [];
  }
  const entities = inOrderAsked(series, context.ids).map((entity) => ({
    id: entity.id,
    index: context.isTotal && context.ids === undefined ? [] : sharedIndex(entity, context),
    values: entity.attributes[0]?.values ?? [],
  }));
  return context.isValueOnly ? { values: entities } : { type: context.type, attrName: context.attribute, entities };
};

/** One type, several entities, several attributes. */
export const shape1TNENA: Shape = (series, context) => {
  if (series.length === 0) {
    return [];
  }
  const entities = series.map((entity) => ({
    id: entity.id,
    index: sharedIndex(entity, context),
    attributes: attributesOf(entity),
  }));
  return context.isValueOnly ? { values: entities } : { type: context.type, entities };
};

/** Several types, several entities, one attribute. */
export const shapeNTNE1A: Shape = (series, context) => {
  if (series.length === 0) {
    return [];
  }
  const types = typesOf(series, context.attribute ?? '', context);
  return context.isValueOnly ? { values: types } : { attrName: context.attribute, types };
};

/** Several types, several entities, several attributes. */
export const shapeNTNENA: Shape = (series, context) => {
  if (series.length === 0) {
    return [];
  }
  const names = new Set(series.flatMap((entity) => entity.attributes.map((attribute) => attribute.name)));
  const attrs = [...names].sort().map((attrName) => ({ attrName, types: typesOf(series, attrName, context) }));
  return context.isValueOnly ? { values: attrs } : { attrs };
};

/** Several types and entities, and when each was last heard of. */
export function shapeNTNE(entities: readonly EntityNewest[]): unknown {
  const format = indexFormatter();
  return entities.map(({ id, type, newestMs }) => ({ id, type, index: format(newestMs) }));
}

function typesOf(series: readonly EntitySeries[], attribute: string, context: ShapeContext) {
  const byType = new Map<string, { id: string; index: readonly string[]; values: readonly unknown[] }[]>();
  for (const entity of series) {
    const found = entity.attributes.find(({ name }) => name === attribute);
    if (found !== undefined) {
      const entities = byType.get(entity.type) ?? [];
      entities.push({ id: entity.id, index: sharedIndex(entity, context), values: found.values });
      byType.set(entity.type, entities);
    }
  }
  return [...byType].map(([type, entities]) => ({ type, entities }));
}

function attributesOf(entity: EntitySeries) {
  return entity.attributes.map(({ name, values }) => ({ attrName: name, values }));
}

function ownIndex(entity: EntitySeries, context: ShapeContext): readonly string[] {
  return context.isTotal ? [] : entity.index.map(indexFormatter());
}

/** The total of a window is dated by the window. */
function sharedIndex(entity: EntitySeries, context: ShapeContext): readonly string[] {
  const format = indexFormatter();
  return context.isTotal
    ? [context.fromMs, context.toMs].map((ms) => (ms === undefined ? '' : format(ms)))
    : entity.index.map(format);
}

function inOrderAsked(series: readonly EntitySeries[], ids: readonly string[] | undefined): readonly EntitySeries[] {
  if (ids === undefined) {
    return series;
  }
  const place = new Map(ids.map((id, at) => [id, at]));
  return [...series].sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}
