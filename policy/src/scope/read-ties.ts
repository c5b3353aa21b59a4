/**
 * An entity as it came over the wire → what it says about belonging. Nothing about its shape is taken for granted: what cannot be
 * read is no tie, and a date that is none does not leave the tie open.
 */

import { EVER, type Span, type TiedEntity } from '../scope.js';
import { type TieKind, type TieRow, type TypeRow, typeRow } from './ties.js';

/** `child` belongs to `parent` in the way that `flags` say, from one instant to another. */
export interface Link {
  readonly child: string;
  readonly parent: string;
  readonly flags: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Tied {
  readonly row: TypeRow;
  readonly links: readonly Link[];
  readonly owner: string | undefined;
  readonly isShared: boolean;
  /** A date of a tie could not be read: who needs to see all of it cannot know that they do. */
  readonly isUnclear: boolean;
  /** The time it is about; without ends when it does not say. */
  readonly fromMs: number;
  readonly toMs: number;
}

export const PART = 0;
export const WITH = 1;
export const SHOWS = 2;
export const KIND = 3;
export const PERSONAL = 4;
export const FALLBACK = 8;
/** Stands above FALLBACK. */
export const PLACED = 16;
export const DATED = 32;

const KINDS: Readonly<Record<TieKind, number>> = { part: PART, holds: PART, with: WITH, shows: SHOWS };
/** Members of one group. Beyond it an entity has no ties at all, since a part of them would say something untrue. */
const MOST_LINKS = 100_000;
/** GS CIM 009, 4.5.0: the word that stands for "no value". */
const NGSI_NULL = 'urn:ngsi-ld:null';

type Fields = Readonly<Record<string, unknown>>;

interface Target {
  readonly id: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly isDated: boolean;
}

export function readTies(entity: TiedEntity): Tied | undefined {
  const row = typeof entity.type === 'string' ? typeRow(entity.type) : undefined;
  if (row === undefined) return undefined;
  const links = [...row.ties.flatMap((tie) => linksOf(entity, tie)), ...joinsOf(entity, row)];
  if (links.length > MOST_LINKS) return undefined;
  return {
    row,
    links: links.filter(
      ({ child, parent, flags, fromMs, toMs }) => child !== parent && (fromMs < toMs || (flags & PLACED) !== 0),
    ),
    owner: row.owner === undefined ? undefined : textOf(entity[row.owner]),
    isShared: row.shared !== undefined && plainValue(entity[row.shared]) === true,
    isUnclear: row.ties.some(({ by }) => by.some((name) => isUnclear(entity[name]))),
    ...aboutOf(entity, row),
  };
}

/** A date that cannot be read is in no time at all. */
const NO_TIME: Span = { fromMs: EVER.toMs, toMs: EVER.fromMs };

function aboutOf(entity: TiedEntity, { about }: TypeRow): Span {
  const [from, to] = [firstInstant(entity, about?.from), firstInstant(entity, about?.to)];
  if (from === 'none' || to === 'none') return NO_TIME;
  return { fromMs: from ?? EVER.fromMs, toMs: to ?? EVER.toMs };
}

function linksOf(entity: TiedEntity, tie: TieRow): readonly Link[] {
  const targets = firstTargets(entity, tie.by);
  const flags = KINDS[tie.kind] | (tie.isPersonal === true ? PERSONAL : 0) | (tie.isFallback === true ? FALLBACK : 0);
  return targets.flatMap((target) => {
    const [child, parent] = tie.kind === 'holds' ? [target.id, entity.id] : [entity.id, target.id];
    const { fromMs, toMs } = target;
    const dated = target.isDated ? DATED : 0;
    const link = { child, parent, flags: flags | dated, fromMs, toMs };
    // The other way round: the customer is seen by whoever sees the point, unless by way of another customer.
    return tie.isMutual === true
      ? [link, { child: parent, parent: child, flags: WITH | PERSONAL | dated, fromMs, toMs }]
      : [link];
  });
}

/** An installation without any time in it still says that the meter is not simply where its site says. */
function joinsOf(entity: TiedEntity, { joins }: TypeRow): readonly Link[] {
  if (joins === undefined) return [];
  const [from, to] = [instantOf(entity.validFrom), instantOf(entity.validTo)];
  const own = from === 'none' || to === 'none' ? NO_TIME : { fromMs: from ?? EVER.fromMs, toMs: to ?? EVER.toMs };
  const isDated = from !== undefined || to !== undefined;
  return firstTargets(entity, [joins.child]).flatMap((child) =>
    firstTargets(entity, joins.parents).map((parent) => ({
      child: child.id,
      parent: parent.id,
      flags: PART | PLACED | (isDated || child.isDated || parent.isDated ? DATED : 0),
      fromMs: Math.max(own.fromMs, child.fromMs, parent.fromMs),
      toMs: Math.min(own.toMs, child.toMs, parent.toMs),
    })),
  );
}

function firstTargets(entity: TiedEntity, names: readonly string[]): readonly Target[] {
  for (const name of names) {
    const targets = targetsOf(entity[name]);
    if (targets.length > 0) return targets;
  }
  return [];
}

/** Of a Relationship, normalized or concise, one or many instances; or the bare text that history keeps. */
function targetsOf(attribute: unknown): readonly Target[] {
  const instances = Array.isArray(attribute) ? attribute : [attribute];
  return instances.flatMap((instance): readonly Target[] => {
    if (typeof instance === 'string') return isId(instance) ? [{ id: instance, ...EVER, isDated: false }] : [];
    if (!isFields(instance)) return [];
    const [from, to] = [instantOf(instance.validFrom), instantOf(instance.validTo)];
    // There, but at no time: otherwise the next attribute would speak for it.
    if (from === 'none' || to === 'none') return objectsOf(instance).map((id) => ({ id, ...NO_TIME, isDated: true }));
    const dates = {
      fromMs: from ?? EVER.fromMs,
      toMs: to ?? EVER.toMs,
      isDated: from !== undefined || to !== undefined,
    };
    return objectsOf(instance).map((id) => ({ id, ...dates }));
  });
}

function isUnclear(attribute: unknown): boolean {
  const instances = Array.isArray(attribute) ? attribute : [attribute];
  return instances.some(
    (one) => isFields(one) && (instantOf(one.validFrom) === 'none' || instantOf(one.validTo) === 'none'),
  );
}

/** GS CIM 009, 4.5.3 (`object`, one or several) and 4.5.22 (`objectList`); `value` where history gives text. */
function objectsOf(instance: Fields): readonly string[] {
  const said = instance.object ?? instance.objectList ?? instance.value;
  return (Array.isArray(said) ? said : [said])
    .map((one) => (isFields(one) ? one.object : one))
    .filter((one): one is string => typeof one === 'string' && isId(one));
}

function firstInstant(entity: TiedEntity, names: readonly string[] | undefined): Instant {
  for (const name of names ?? []) {
    const instant = instantOf(entity[name]);
    if (instant !== undefined) return instant;
  }
  return undefined;
}

/** `undefined` when nothing is said, 'none' when what is said is no instant. */
type Instant = number | undefined | 'none';

function instantOf(attribute: unknown): Instant {
  const said = plainValue(attribute);
  if (said === undefined || said === null || said === NGSI_NULL) return undefined;
  const ms = typeof said === 'string' ? parseMs(said) : Number.NaN;
  return Number.isNaN(ms) ? 'none' : ms;
}

/** ISO 8601; without an offset it is UTC, wherever this runs. */
function parseMs(text: string): number {
  const match = ISO.exec(text);
  return match === null ? Number.NaN : Date.parse(match[1] !== undefined && match[2] === undefined ? `${text}Z` : text);
}

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

function textOf(attribute: unknown): string | undefined {
  const said = plainValue(attribute);
  return typeof said === 'string' && said !== '' && said !== NGSI_NULL ? said : undefined;
}

/** The value of a Property, typed (4.6.3) or not, or the bare value. */
function plainValue(attribute: unknown): unknown {
  const one: unknown = Array.isArray(attribute) ? attribute[0] : attribute;
  const said = isFields(one) && 'value' in one ? one.value : one;
  return isFields(said) && '@value' in said ? said['@value'] : said;
}

function isId(text: string): boolean {
  return text !== '' && text !== NGSI_NULL;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
