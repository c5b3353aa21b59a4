/** What a reader of a registration gets: names compacted, how asking went beside (GS CIM 009 V1.9.1, 5.2.9). */

import type { Context } from '../context/compile.js';
import { formatTypes, type JsonRecord } from '../entity/format.js';
import type { EntityInfo, Information, Registration, SourceStatus } from './model.js';

export interface FormatOptions {
  readonly context: Context;
  readonly sysAttrs: boolean;
}

export function formatRegistration(
  registration: Registration,
  status: SourceStatus,
  { context, sysAttrs }: FormatOptions,
): JsonRecord {
  const { id, information, properties, path: _path, context: _context, createdAt, modifiedAt, ...rest } = registration;
  const { scope, datasetId } = registration;
  return {
    id,
    type: 'ContextSourceRegistration',
    ...rest,
    information: information.map((part) => formatInformation(part, context)),
    scope: one(scope),
    datasetId: one(datasetId),
    ...Object.fromEntries(Object.entries(properties ?? {}).map(([name, value]) => [context.compact(name), value])),
    ...formatStatus(status),
    ...(sysAttrs && { createdAt: new Date(createdAt).toISOString(), modifiedAt: new Date(modifiedAt).toISOString() }),
  };
}

function formatInformation({ entities, propertyNames, relationshipNames }: Information, context: Context): JsonRecord {
  return {
    entities: entities?.map((entity) => formatEntityInfo(entity, context)),
    propertyNames: propertyNames?.map((name) => context.compact(name)),
    relationshipNames: relationshipNames?.map((name) => context.compact(name)),
  };
}

function formatEntityInfo({ id, idPattern, types }: EntityInfo, context: Context): JsonRecord {
  return { id, idPattern, type: formatTypes(types, context) };
}

/** Nothing of it before the source was asked for the first time. */
function formatStatus({ timesSent, timesFailed, lastSuccess, lastFailure }: SourceStatus): JsonRecord {
  if (timesSent === 0) return {};
  const moment = (atMs: number | undefined): string | undefined =>
    atMs === undefined ? undefined : new Date(atMs).toISOString();
  return {
    status: (lastFailure ?? 0) > (lastSuccess ?? 0) ? 'failed' : 'ok',
    timesSent,
    timesFailed,
    lastSuccess: moment(lastSuccess),
    lastFailure: moment(lastFailure),
  };
}

function one(values: readonly string[] | undefined): string | readonly string[] | undefined {
  return values?.length === 1 ? values[0] : values;
}
