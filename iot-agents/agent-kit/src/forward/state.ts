/** What an agent makes of a record: states of entities, or a reason why there is none. */

import type { IngestRecord } from '../ingest/record.js';

/** A normalized NGSI-LD entity (GS CIM 009 V1.9.1, 4.5.1), without @context. */
export interface Entity {
  readonly id: string;
  readonly type: string;
  readonly [attribute: string]: unknown;
}

export interface State {
  readonly entity: Entity;
  /** The newest observation in it: its place in time, and that of every attribute without `observedAt` of its own. */
  readonly timeMs: number;
  /** An entity that is said once and has no present to move, e.g. an alert. */
  readonly isOneOff: boolean;
}

/** A part of a record that may not go on. */
export interface Refusal {
  readonly shelf: 'quarantine' | 'dead-letters';
  readonly reason: string;
  readonly detail: string;
}

/** "These intervals of this profile are stored": what the Acquisition entity of the day is made of. */
export interface AcquiredIntervals {
  /** Local name of the device's entities, e.g. `e350-0001`. */
  readonly name: string;
  readonly refDevice: string;
  readonly profile: string;
  readonly zone: string;
  readonly intervalSeconds: number;
  readonly startsMs: readonly number[];
}

export interface Translation {
  readonly states: readonly State[];
  readonly acquired: readonly AcquiredIntervals[];
  readonly refusals: readonly Refusal[];
}

/** The agent's codec and mapping, as the lanes see them. Pure: the same record always gives the same translation. */
export interface Translator {
  /** For the broker: what moves the present. */
  live(record: IngestRecord): Translation;
  /** For history: rows, and what to announce about them. Also asked for live records that came too late to be live. */
  late(record: IngestRecord): Translation;
}

/** When an attribute was observed; those without a time of their own belong to the state's. */
export function attributeTimeMs(attribute: unknown, stateTimeMs: number): number {
  if (typeof attribute !== 'object' || attribute === null || !('observedAt' in attribute)) return stateTimeMs;
  const { observedAt } = attribute;
  if (typeof observedAt !== 'string') return stateTimeMs;
  if (observedAt !== lastParsed.text) lastParsed = { text: observedAt, timeMs: Date.parse(observedAt) };
  return Number.isNaN(lastParsed.timeMs) ? stateTimeMs : lastParsed.timeMs;
}

/** The attributes of one state nearly always share one time: parsing it once is a third of the planning. */
let lastParsed = { text: '', timeMs: Number.NaN };

export function attributeNames(entity: Entity): string[] {
  return Object.keys(entity).filter((key) => key !== 'id' && key !== 'type');
}
