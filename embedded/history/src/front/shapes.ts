/**
 * Series → the bodies of QuantumLeap, one pure function per family of its API: how many types, entities and attributes
 * an answer holds decides its shape. `/value` drops the names that the caller put into the path.
 */

import type { EntityNewest } from '../store/reader.js';
import type { EntitySeries } from '../store/series.js';
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
  /** The unit stands beside the values. */
  readonly tellsUnits: boolean;
}

/** Of an answer with revisions: when each value was recorded, beside the index. */
type Told = EntitySeries & { readonly recordedAt?: readonly (number | null)[] };

export type Shape = (series: readonly Told[], context: ShapeContext) => unknown;

/** One type, one entity, one attribute. */
export const shape1T1E1A: Shape = (series, context) => {
  const [only] = series;
  if (only === undefined) {
    return [];
  }
  const body = { ...ownIndex(only, context), ...valuesOf(only, context) };
  return context.isValueOnly ? body : { id: only.id, type: only.type, attrName: context.attribute, ...body };
};

/** One type, one entity, several attributes. */
export const shape1T1ENA: Shape = (series, context) => {
  const [only] = series;
  if (only === undefined) {
    return [];
  }
  const body = { ...ownIndex(only, context), attributes: attributesOf(only, context) };
  return context.isValueOnly ? body : { id: only.id, type: only.type, ...body };
};

/** One type, several entities, one attribute. */
export const shape1TNE1A: Shape = (series, context) => {
  if (series.length === 0) {
    return [];
  }
  const entities = inOrderAsked(series, context.ids).map((entity) => ({
    id: entity.id,
    ...(context.isTotal && context.ids === undefined ? { index: [] } : sharedIndex(entity, context)),
    ...valuesOf(entity, context),
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
    ...sharedIndex(entity, context),
    attributes: attributesOf(entity, context),
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

function typesOf(series: readonly Told[], attribute: string, context: ShapeContext) {
  const byType = new Map<string, object[]>();
  for (const entity of series) {
    const found = entity.attributes.filter(({ name }) => name === attribute);
    if (found.length > 0) {
      const entities = byType.get(entity.type) ?? [];
      const told = { ...entity, attributes: found };
      entities.push({ id: entity.id, ...sharedIndex(entity, context), ...valuesOf(told, context) });
      byType.set(entity.type, entities);
    }
  }
  return [...byType].map(([type, entities]) => ({ type, entities }));
}

function valuesOf({ attributes }: EntitySeries, context: ShapeContext) {
  const [only] = attributes;
  return { ...unitOf(only, context), values: only?.values ?? [] };
}

function attributesOf(entity: EntitySeries, context: ShapeContext) {
  return entity.attributes.map((attribute) => ({
    attrName: attribute.name,
    ...unitOf(attribute, context),
    values: attribute.values,
  }));
}

function unitOf(attribute: EntitySeries['attributes'][number] | undefined, { tellsUnits }: ShapeContext) {
  return tellsUnits && attribute?.unit !== undefined ? { unitCode: attribute.unit } : {};
}

function ownIndex(entity: Told, context: ShapeContext) {
  return context.isTotal ? { index: [] } : indexOf(entity);
}

/** The total of a window is dated by the window. */
function sharedIndex(entity: Told, context: ShapeContext) {
  const format = indexFormatter();
  return context.isTotal
    ? { index: [context.fromMs, context.toMs].map((ms) => (ms === undefined ? '' : format(ms))) }
    : indexOf(entity);
}

function indexOf({ index, recordedAt }: Told) {
  const told = { index: index.map(indexFormatter()) };
  const format = indexFormatter();
  return recordedAt === undefined
    ? told
    : { ...told, recordedAt: recordedAt.map((ms) => (ms === null ? null : format(ms))) };
}

function inOrderAsked(series: readonly Told[], ids: readonly string[] | undefined): readonly Told[] {
  if (ids === undefined) {
    return series;
  }
  const place = new Map(ids.map((id, at) => [id, at]));
  return [...series].sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0));
}
