/** Entities as answers: which representation, which instances and languages, and with which headers (GS CIM 009 V1.9.1, 6.3.4 to 6.3.8). */

import type { Context } from '../context/compile.js';
import { type FormatOptions, formatEntity, type JsonRecord, type Projection } from '../entity/format.js';
import { formatFeature } from '../entity/geojson.js';
import { parseLanguages } from '../entity/language.js';
import type { Entity } from '../entity/model.js';
import { badRequest } from '../problem.js';
import { type Answer, type Call, jsonAnswer } from './call.js';
import { type AnswerForm, contextPlace, type EntityForm, entityForm, entityHeaders, withContext } from './content.js';
import { readDatasets, readShape } from './parameters.js';

export interface View {
  readonly form: EntityForm;
  /** Where the @context is: in a Link, or inside. */
  readonly place: AnswerForm;
  readonly options: FormatOptions;
  /** Expanded. */
  readonly geometryProperty: string;
}

export interface ViewInput {
  readonly projection: Projection | undefined;
  readonly lang: string | undefined;
  readonly datasetIds: readonly string[] | undefined;
}

export function readView(call: Call, context: Context, { projection, lang, datasetIds }: ViewInput): View {
  const form = entityForm(call);
  const geometryProperty = call.query.get('geometryProperty');
  if (geometryProperty !== undefined && form !== 'geo')
    throw badRequest('geometryProperty goes with Accept: application/geo+json (5.7.1.4, 5.7.2.4)');
  return {
    form,
    place: contextPlace(call, form),
    options: {
      context,
      ...readShape(call),
      projection,
      languages: lang === undefined ? undefined : parseLanguages(lang),
      datasets: readDatasets(datasetIds),
    },
    geometryProperty: context.expand(geometryProperty ?? 'location'),
  };
}

export function entityAnswer(entity: Entity, view: View): Answer {
  const { form, place, options } = view;
  const { context } = options;
  return jsonAnswer(200, withContext(place, formatted(entity, view), context), entityHeaders(form, place, context));
}

export function entitiesAnswer(entities: readonly Entity[], view: View, links: readonly string[]): Answer {
  const { form, place, options } = view;
  const headers = entityHeaders(form, place, options.context, links);
  // The same few characters each time, so they are written once (6.3.5).
  const inside = place === 'json' ? '' : `,"@context":${JSON.stringify(options.context.source)}`;
  if (form === 'geo') {
    const features = entities.map((entity) => JSON.stringify(formatted(entity, view)));
    const body = `{"type":"FeatureCollection","features":[${features.join(',')}]${inside}}`;
    return { status: 200, headers, body };
  }
  const texts = entities.map((entity) => {
    const text = JSON.stringify(formatted(entity, view));
    return inside === '' || text === '{}' ? text : `${text.slice(0, -1)}${inside}}`;
  });
  return { status: 200, headers, body: `[${texts.join(',')}]` };
}

function formatted(entity: Entity, { form, options, geometryProperty }: View): JsonRecord {
  return form === 'geo' ? formatFeature(entity, geometryProperty, options) : formatEntity(entity, options);
}
