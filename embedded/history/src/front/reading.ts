/** GET: parameters → question → series → shape. */

import { fault } from '../fault.js';
import type { SeriesQuestion } from '../store/questions.js';
import { type Answer, faultAnswer, json } from './answer.js';
import type { Asked, House } from './asked.js';
import { readParameters } from './parameters.js';
import { type Shape, shapeNTNE } from './shapes.js';

export async function answerSeries(house: House, asked: Asked, shape: Shape, isValueOnly: boolean): Promise<Answer> {
  const read = readParameters(asked.query, house.defaultLimit);
  if (read.kind === 'fault') {
    return faultAnswer(read);
  }
  const parameters = read.value;
  const { id, attribute } = asked.path;
  const attributes = attribute === undefined ? parameters.attributes : [attribute];
  if (parameters.aggregation !== undefined && attributes === undefined) {
    const { method } = parameters.aggregation;
    return faultAnswer(
      fault(400, 'Bad parameters use', `Specified aggrMethod = ${method} but missing attrs parameter.`),
    );
  }
  const type = asked.path.type ?? parameters.type ?? (id === undefined ? undefined : await onlyType(house, asked, id));
  if (type === AMBIGUOUS) {
    return faultAnswer(ambiguous(id, 400));
  }
  const ids = id === undefined ? parameters.ids : [id];
  const question: SeriesQuestion = { ...parameters, tenant: asked.tenant, type, ids, attributes };
  const found = await house.store.series(question);
  if (found.kind === 'fault') {
    return faultAnswer(found);
  }
  const { aggregation, fromMs, toMs } = parameters;
  const isTotal = aggregation !== undefined && aggregation.period === undefined;
  return json(shape(found.value, { type, attribute, ids, isTotal, fromMs, toMs, isValueOnly }));
}

export async function answerEntities(house: House, asked: Asked): Promise<Answer> {
  const read = readParameters(asked.query, house.defaultLimit);
  if (read.kind === 'fault') {
    return faultAnswer(read);
  }
  const { limit, offset } = read.value;
  const entities = await house.store.entities({ ...read.value, tenant: asked.tenant });
  return json(shapeNTNE(entities.slice(offset, offset + limit)));
}

/** Not the name of a type: names of types are never empty. */
export const AMBIGUOUS = '';

/** The type of an entity that was asked for by id alone; it must have one only. */
export async function onlyType(house: House, asked: Asked, id: string): Promise<string | undefined> {
  const types = await house.store.typesOf(asked.tenant, id);
  return types.length > 1 ? AMBIGUOUS : types[0];
}

export function ambiguous(id: string | undefined, status: 400 | 409) {
  return fault(
    status,
    'AmbiguousNGSIIdError',
    `There are multiple entities with the given id: ${id}. Specify its type.`,
  );
}
