/**
 * What history has of an entity, under the names of a request. History knows the short names of the platform's @context, because
 * that is what its subscription is notified with; the broker knows what kind each attribute is today.
 */

import { CONTEXT_URL } from '@contor/orion-config';
import type { Context } from '../context/compile.js';
import type { ContextRegistry } from '../context/registry.js';
import { isChosen, type Projection } from '../entity/format.js';
import { type AttributeKind, type Entity, SAME } from '../entity/model.js';
import { Problem } from '../problem.js';
import type { Sample } from './aggregate.js';
import { type AttributeHistory, formatHistory } from './format.js';
import type { EntityInHistory, History } from './history.js';
import type { TemporalQuery } from './query.js';

/** Instants of all entities of one answer; what is beyond comes with the next request (6.3.10). */
const MAX_INSTANTS = 10_000;
/** Instants of one entity that an aggregation reads: a year of five-minute values. */
const MAX_AGGREGATED = 110_000;
/** Values of all attributes of an answer to lastN. */
const MAX_NEWEST = 100_000;
/** Requests to history under way for one of ours. */
const ABREAST = 8;

export interface Reading {
  readonly history: History;
  readonly tenant: string;
  readonly context: Context;
  /** The one history's names stand in. */
  readonly names: Context;
  readonly query: TemporalQuery;
  readonly projection: Projection | undefined;
}

export interface Read {
  readonly entities: readonly Record<string, unknown>[];
  /** The time that the answer speaks of, when it is not all that was asked for. */
  readonly partial: { readonly firstMs: number; readonly lastMs: number } | undefined;
}

/** An entity in history, and what the broker knows of it now. */
export interface Subject {
  readonly found: EntityInHistory;
  readonly current: Entity | undefined;
}

export function historyNames(contexts: ContextRegistry): Context {
  return contexts.resolve(CONTEXT_URL);
}

/** The IRI of a name of history; whatever was stored under a name that is none stays as it is. */
export function iriOf(name: string, names: Context): string {
  try {
    return names.expand(name);
  } catch (error) {
    if (error instanceof Problem) return name;
    throw error;
  }
}

/** Entities in the order given; those without any value in the time asked for have no attributes. */
export async function readHistory(subjects: readonly Subject[], reading: Reading): Promise<Read> {
  const limit = Math.max(1, Math.floor(MAX_INSTANTS / Math.max(1, subjects.length)));
  const all = await abreast(subjects, (subject) => readOne(subject, reading, limit));
  const cutMs = Math.min(...all.map(({ lastMs }) => lastMs ?? Number.POSITIVE_INFINITY));
  const isPartial = Number.isFinite(cutMs);
  const entities = subjects.map(({ found, current }, at) => {
    const attributes = all[at]?.attributes ?? [];
    const kept = isPartial ? attributes.map((attribute) => upTo(attribute, cutMs)) : attributes;
    return formatHistory({ id: found.id, type: typeOf(found, current, reading) }, kept, reading.query);
  });
  if (!isPartial) return { entities, partial: undefined };
  const firstMs = Math.min(
    ...all.flatMap(({ attributes }) => attributes.map(({ samples }) => samples[0]?.[0] ?? cutMs)),
  );
  return { entities, partial: { firstMs, lastMs: cutMs } };
}

interface One {
  readonly attributes: readonly AttributeHistory[];
  /** The last instant that was read, when there are more. */
  readonly lastMs: number | undefined;
}

async function readOne({ found, current }: Subject, reading: Reading, limit: number): Promise<One> {
  const { history, tenant, query, names, projection } = reading;
  const { span, lastN, form } = query;
  const stored = (await history.attributes(tenant, found)).filter(
    (name) => projection === undefined || isChosen(iriOf(name, names), projection),
  );
  if (stored.length === 0) return { attributes: [], lastMs: undefined };
  const named = (samplesOf: (name: string) => readonly Sample[]): readonly AttributeHistory[] =>
    stored.map((name) => {
      const iri = iriOf(name, names);
      return { name: reading.context.compact(iri), kind: kindOf(current, iri), samples: samplesOf(name) };
    });
  const asked = { tenant, ...found, span };
  if (lastN !== undefined && form !== 'aggregatedValues') {
    if (lastN * stored.length > MAX_NEWEST)
      throw tooMuch(`lastN of ${stored.length} attributes; ask for fewer with attrs or pick, or for a smaller lastN`);
    const newest = new Map(
      await abreast(stored, async (name) => [name, await history.newest(asked, name, lastN)] as const),
    );
    // 6.3.10: with lastN the newest comes first.
    return { attributes: named((name) => [...(newest.get(name) ?? [])].reverse()), lastMs: undefined };
  }
  const most = form === 'aggregatedValues' ? MAX_AGGREGATED : limit;
  const values = await history.series({ ...asked, attributes: stored, limit: most + 1 });
  const attributes = named((name) => values.get(name) ?? []);
  const instants = [...new Set(attributes.flatMap(({ samples }) => samples.map(([atMs]) => atMs)))];
  if (instants.length <= most) return { attributes, lastMs: undefined };
  if (form === 'aggregatedValues')
    throw tooMuch(`more than ${MAX_AGGREGATED} instants of ${found.id}; ask for a shorter time`);
  return { attributes, lastMs: instants.sort((a, b) => a - b)[most - 1] };
}

function upTo(attribute: AttributeHistory, cutMs: number): AttributeHistory {
  return { ...attribute, samples: attribute.samples.filter(([atMs]) => atMs <= cutMs) };
}

function typeOf({ type }: EntityInHistory, current: Entity | undefined, { context, names }: Reading): string {
  const types = current?.types ?? [iriOf(type, names)];
  return context.compact(types[0] ?? type);
}

function kindOf(current: Entity | undefined, iri: string): AttributeKind {
  const kind = current?.attributes.find(({ name }) => name === iri)?.kind;
  return kind === undefined || kind === SAME ? 'Property' : kind;
}

function tooMuch(what: string): Problem {
  return new Problem('tooComplexQuery', `too much for one answer: ${what}`);
}

async function abreast<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (let at = 0; at < items.length; at += ABREAST)
    results.push(...(await Promise.all(items.slice(at, at + ABREAST).map(work))));
  return results;
}
