/**
 * The body of POST /v2/notify → rows of history, without a clock or a store: the same bytes give the same rows when the
 * log is read again after a crash. Each attribute goes to its own observedAt when it has one, so that a stale value that
 * travels along with a fresh one is never restamped; the others go to the time index of the entity.
 */

import { type Dialect, OURS } from '../dialect.js';
import { type Checked, fault, value } from '../fault.js';
import { centroid, toParts } from '../geo/geometry.js';
import { type Cell, instantOf, isFields, toCells } from './attributes.js';
import { namedTimeIndex, timeIndex } from './time-index.js';

/** What one entity says about one instant. */
export interface Row {
  readonly indexMs: number;
  /** From a `recordedAt` attribute of this row: which of two values at one key is the newer one. */
  readonly recordedAtMs: number | undefined;
  readonly cells: readonly Cell[];
}

export interface EntityUpdate {
  readonly id: string;
  readonly type: string;
  /** Service path; '' is the root. */
  readonly path: string;
  /** Ascending by index. */
  readonly rows: readonly Row[];
}

export interface NotificationContext {
  readonly arrivalMs: number;
  /** From the Fiware-TimeIndex-Attribute header. When the entity has it, it is the index of the whole entity. */
  readonly timeIndexAttribute?: string | undefined;
  /** From the Fiware-ServicePath header: one for all entities, or one for each. */
  readonly servicePaths?: readonly string[] | undefined;
  /** Ours when nothing is said. */
  readonly dialect?: Dialect | undefined;
}

/** Bounds on what one notification may hold; a body within the size limit can still be absurd. */
export const MAX_ENTITIES = 20_000;
export const MAX_ATTRIBUTES = 1_000;
export const MAX_NAME_LENGTH = 1_024;
export const MAX_VALUE_DEPTH = 32;

/** Members of an entity that are not attributes (GS CIM 009 V1.9.1, 4.5.2.2 and 4.8). */
const NOT_ATTRIBUTES: ReadonlySet<string> = new Set([
  'id',
  'type',
  '@context',
  'scope',
  'createdAt',
  'modifiedAt',
  'deletedAt',
  'observedAt',
  'expiresAt',
]);

export function parseNotification(body: unknown, context: NotificationContext): Checked<readonly EntityUpdate[]> {
  if (!isFields(body) || !Array.isArray(body.data)) {
    return refuse('Discarding notification due to lack of request body content.');
  }
  if (body.data.length > MAX_ENTITIES) {
    return refuse(`A notification may hold ${MAX_ENTITIES} entities, this one holds ${body.data.length}.`);
  }
  const { servicePaths = [''] } = context;
  if (servicePaths.length > 1 && servicePaths.length !== body.data.length) {
    return refuse('Multiple servicePath are allowed only if their number match the number of entities');
  }
  // The same notification sent again has the same notifiedAt (GS CIM 009 V1.9.1, 5.3.1), but another arrival.
  const sent = { ...context, arrivalMs: instantOf(body.notifiedAt) ?? context.arrivalMs };
  const updates: EntityUpdate[] = [];
  for (const [at, entity] of body.data.entries()) {
    const update = parseEntity(entity, servicePaths[at] ?? servicePaths[0] ?? '', sent);
    if (update.kind === 'fault') {
      return update;
    }
    updates.push(update.value);
  }
  return value(updates);
}

function parseEntity(entity: unknown, path: string, context: NotificationContext): Checked<EntityUpdate> {
  if (!isFields(entity)) {
    return refuse('Each item of data must be an entity.');
  }
  const type: unknown = Array.isArray(entity.type) ? entity.type[0] : entity.type;
  if (!isName(type)) {
    return refuse('Entity type is required in notifications');
  }
  if (!isName(entity.id)) {
    return refuse('Entity id is required in notifications');
  }
  const names = Object.keys(entity);
  if (names.length > MAX_ATTRIBUTES || names.some((name) => !isName(name))) {
    return refuse(`Entity ${entity.id} has too many attributes, or one with an empty or overlong name.`);
  }
  const named = namedTimeIndex(entity, context.timeIndexAttribute);
  const { dialect = OURS } = context;
  const fallback = named ?? timeIndex(entity, context.arrivalMs);
  const only = dialect.hasOneTimeIndex ? fallback : named;
  const byIndex = new Map<number, Cell[]>();
  for (const name of names) {
    for (const cell of NOT_ATTRIBUTES.has(name) ? [] : toCells(name, entity[name], dialect)) {
      if (cell.name.length > MAX_NAME_LENGTH || isTooDeep(cell.value, MAX_VALUE_DEPTH)) {
        return refuse(
          `Attribute ${name} of ${entity.id} is nested deeper than ${MAX_VALUE_DEPTH} levels, or overlong.`,
        );
      }
      const indexMs = only ?? cell.observedAtMs ?? fallback;
      const cells = byIndex.get(indexMs);
      if (cells === undefined) {
        byIndex.set(indexMs, [cell]);
      } else {
        cells.push(cell);
      }
    }
  }
  if (dialect.addsCentroid) {
    addCentroid(byIndex);
  }
  const rows = [...byIndex].map(([indexMs, cells]) => ({ indexMs, recordedAtMs: recordedAt(cells), cells }));
  return value({
    id: entity.id,
    type,
    path,
    rows: rows.length > 1 ? rows.sort((a, b) => a.indexMs - b.indexMs) : rows,
  });
}

function addCentroid(byIndex: ReadonlyMap<number, Cell[]>): void {
  for (const cells of byIndex.values()) {
    const location = cells.find(({ name }) => name === 'location');
    const parts = toParts(location?.value);
    if (location !== undefined && parts !== undefined) {
      cells.push({ ...location, name: 'location_centroid', value: centroid(parts), declared: 'json' });
    }
  }
}

function recordedAt(cells: readonly Cell[]): number | undefined {
  return instantOf(cells.find((cell) => cell.name === 'recordedAt')?.value);
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name.length > 0 && name.length <= MAX_NAME_LENGTH;
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return depth === 0 || Object.values(value).some((item) => isTooDeep(item, depth - 1));
}

function refuse(description: string) {
  return fault(400, 'Bad Request', description);
}
