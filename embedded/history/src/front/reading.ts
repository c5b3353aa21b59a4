/** GET: parameters → question → series → shape. */

import { fault } from '../fault.js';
import type { SeriesQuestion } from '../store/questions.js';
import { type Answer, faultAnswer, json } from './answer.js';
import type { Asked, House } from './asked.js';
import { answerFormatted } from './formats.js';
import { type Parameters, readParameters } from './parameters.js';
import { type Shape, type ShapeContext, shapeNTNE } from './shapes.js';

export async function answerSeries(house: House, asked: Asked, shape: Shape, isValueOnly: boolean): Promise<Answer> {
  const { id, attribute } = asked.path;
  const read = readParameters(asked.query, rulesOf(house), attribute);
  if (read.kind === 'fault') {
    return faultAnswer(read);
  }
  const parameters = read.value;
  const type = asked.path.type ?? parameters.type ?? (id === undefined ? undefined : await onlyType(house, asked, id));
  if (type === AMBIGUOUS) {
    return faultAnswer(ambiguous(id, 400));
  }
  const ids = id === undefined ? parameters.ids : [id];
  const question = toQuestion(asked, { ...parameters, type, ids });
  return answerQuestion(house, question, parameters, shape, { type, attribute, ids, isValueOnly });
}

type Path = Pick<ShapeContext, 'type' | 'attribute' | 'ids' | 'isValueOnly'>;

export async function answerQuestion(
  { store }: House,
  question: SeriesQuestion,
  parameters: Parameters,
  shape: Shape,
  path: Path,
): Promise<Answer> {
  const { aggregation, points, tellsRevisions, tellsMetadata: tellsUnits } = parameters;
  if (parameters.format !== 'json') {
    return answerFormatted(store.reader, question, parameters);
  }
  const isTotal = aggregation !== undefined && aggregation.period === undefined;
  const context = { ...path, isTotal, tellsUnits, fromMs: question.fromMs, toMs: question.toMs };
  if (tellsRevisions && aggregation === undefined) {
    return json(shape(await store.reader.revisions(question), context));
  }
  const found = await (points === undefined ? store.reader.series(question) : store.reader.sampled(question, points));
  return found.kind === 'fault' ? faultAnswer(found) : json(shape(found.value, context));
}

export function toQuestion({ tenant, paths }: Asked, parameters: Parameters): SeriesQuestion {
  return { ...parameters, tenant, paths, tellsBeside: parameters.tellsMetadata };
}

export function rulesOf({ defaultLimit, role }: House) {
  return { defaultLimit, ignoresOwn: role.deviations.has('own-parameters-ignored') };
}

export async function answerEntities(house: House, asked: Asked): Promise<Answer> {
  const read = readParameters(asked.query, rulesOf(house));
  if (read.kind === 'fault') {
    return faultAnswer(read);
  }
  const { limit, offset } = read.value;
  const entities = await house.store.reader.entities(toQuestion(asked, read.value));
  return json(shapeNTNE(entities.slice(offset, offset + limit)));
}

/** Not the name of a type: names of types are never empty. */
export const AMBIGUOUS = '';

/** The type of an entity that was asked for by id alone; it must have one only. */
export async function onlyType(house: House, asked: Asked, id: string): Promise<string | undefined> {
  const types = await house.store.reader.typesOf(asked.tenant, id);
  return types.length > 1 ? AMBIGUOUS : types[0];
}

export function ambiguous(id: string | undefined, status: 400 | 409) {
  return fault(
    status,
    'AmbiguousNGSIIdError',
    `There are multiple entities with the given id: ${id}. Specify its type.`,
  );
}
