/** One entity of a notification in the words its subscription asked for (GS CIM 009 V1.9.1, 5.2.14.1, 5.8.6, 4.5.16). */

import type { Context } from '../context/compile.js';
import { type FormatOptions, formatEntity, isChosen, type JsonRecord, type Projection } from '../entity/format.js';
import { asFeature } from '../entity/geojson.js';
import { parseLanguages } from '../entity/language.js';
import type { Entity } from '../entity/model.js';
import { type ChangeOptions, isGone, putGone, putPrevious } from './changes.js';
import type { NotificationParams, Subscription, Telling } from './model.js';

export function compileRendering(subscription: Subscription, context: Context): (telling: Telling) => JsonRecord {
  const { notification, datasetId, lang } = subscription;
  const { format: representation, sysAttrs, showChanges = false, endpoint } = notification;
  const projection = projectionOf(notification);
  const datasets = datasetId && new Set(datasetId);
  const languages = lang === undefined ? undefined : parseLanguages(lang);
  const options: FormatOptions = { context, representation, sysAttrs, projection, datasets, languages };
  const changes: ChangeOptions = {
    ...{ context, representation, sysAttrs, showChanges },
    isShown: (name) => projection === undefined || isChosen(name, projection),
  };
  const render = ({ entity: whole, previous }: Telling): JsonRecord => {
    if (previous === undefined && whole.deletedAt === undefined && !whole.attributes.some(isGone))
      return formatEntity(whole, options);
    const entity = datasets === undefined ? whole : withInstances(whole, datasets);
    const there = withoutGone(entity);
    const out = formatEntity(there, options);
    if (previous !== undefined) putPrevious(out, there, previous, changes);
    putGone(out, entity, previous, changes);
    return out;
  };
  if (endpoint.accept !== 'application/geo+json') return render;
  // 4.5.16.1: a subscription has no way to name another.
  const geometryProperty = context.expand('location');
  return (telling) => asFeature(render(telling), withoutGone(telling.entity), geometryProperty, options);
}

function withoutGone(entity: Entity): Entity {
  return { ...entity, attributes: entity.attributes.filter((attribute) => !isGone(attribute)) };
}

function projectionOf({ attributes, pick, omit }: NotificationParams): Projection | undefined {
  if (attributes !== undefined) return { attributes: new Set(attributes) };
  if (pick === undefined && omit === undefined) return undefined;
  return {
    attributes: pick && new Set(pick.attributes),
    members: pick && new Set(pick.members),
    omitted: omit && new Set(omit.attributes),
    omittedMembers: omit && new Set(omit.members),
  };
}

/** 4.5.5: `@none` is the default instance. */
function withInstances(entity: Entity, instances: ReadonlySet<string>): Entity {
  const attributes = entity.attributes.filter(({ datasetId }) => instances.has(datasetId ?? '@none'));
  return attributes.length === entity.attributes.length ? entity : { ...entity, attributes };
}
