/** A context source registration as the broker holds it: names expanded, plain data, so that it can stand in a record (GS CIM 009 V1.9.1, 5.2.9 to 5.2.11). */

import type { ContextSource } from '../context/compile.js';
import type { Json, JsonObject } from '../json.js';

/** 4.3.6: in which order sources are asked, and who may hold what. */
export const MODES = ['exclusive', 'redirect', 'inclusive', 'auxiliary'] as const;
export type Mode = (typeof MODES)[number];

/** 5.2.8. */
export interface EntityInfo {
  readonly id?: string | undefined;
  readonly idPattern?: string | undefined;
  /** Expanded; any of them. */
  readonly types: readonly string[];
}

/** 5.2.10. No entities: any; no names: all. */
export interface Information {
  readonly entities?: readonly EntityInfo[] | undefined;
  readonly propertyNames?: readonly string[] | undefined;
  readonly relationshipNames?: readonly string[] | undefined;
}

export interface SourceInfo {
  readonly key: string;
  /** A text, but the @context of `jsonldContext` may be any @context. */
  readonly value: Json;
}

export interface Management {
  readonly localOnly?: boolean | undefined;
  readonly cacheDuration?: string | undefined;
  readonly timeout?: number | undefined;
  readonly cooldown?: number | undefined;
}

export interface Interval {
  readonly startAt: string;
  readonly endAt?: string | undefined;
}

export interface Registration {
  readonly id: string;
  readonly registrationName?: string | undefined;
  readonly description?: string | undefined;
  readonly information: readonly Information[];
  readonly tenant?: string | undefined;
  readonly observationInterval?: Interval | undefined;
  readonly managementInterval?: Interval | undefined;
  readonly location?: Json | undefined;
  readonly observationSpace?: Json | undefined;
  readonly operationSpace?: Json | undefined;
  readonly expiresAt?: string | undefined;
  readonly endpoint: string;
  readonly contextSourceInfo?: readonly SourceInfo[] | undefined;
  readonly contextSourceAlias?: string | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly mode: Mode;
  readonly operations: readonly string[];
  readonly refreshRate?: string | undefined;
  readonly management?: Management | undefined;
  readonly datasetId?: readonly string[] | undefined;
  /** Properties of the source that the operator made up, by expanded name (5.2.9, last row). */
  readonly properties?: JsonObject | undefined;
  /** NGSILD-Path or Fiware-ServicePath of the request: an IoT Agent finds its device by it. */
  readonly path?: string | undefined;
  /** The @context of the request, which names are compacted with on the way to the source unless it said another. */
  readonly context: ContextSource;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

/** What a PATCH names; members in `removed` go. */
export type RegistrationPatch = Partial<Omit<Registration, 'id' | 'createdAt' | 'context'>> & {
  readonly removed?: readonly string[];
};

/** 5.2.9: how asking went so far. Moments in milliseconds. */
export interface SourceStatus {
  readonly timesSent: number;
  readonly timesFailed: number;
  readonly lastSuccess?: number | undefined;
  readonly lastFailure?: number | undefined;
}

/** As it stands in a snapshot. */
export type RegistrationState = readonly [Registration, SourceStatus];

export const NEVER_ASKED: SourceStatus = { timesSent: 0, timesFailed: 0 };

export function patchRegistration(before: Registration, { removed, ...patch }: RegistrationPatch): Registration {
  const properties = { ...before.properties, ...patch.properties };
  const after: Registration = { ...before, ...patch, ...(Object.keys(properties).length > 0 && { properties }) };
  if (removed === undefined) return after;
  return { ...after, ...Object.fromEntries(removed.map((member) => [member, undefined])) };
}

export function isExpired({ expiresAt }: Registration, nowMs: number): boolean {
  return expiresAt !== undefined && Date.parse(expiresAt) <= nowMs;
}

/** The attributes a part of a registration is about; undefined: all. */
export function namesOf({ propertyNames, relationshipNames }: Information): readonly string[] | undefined {
  if (propertyNames === undefined && relationshipNames === undefined) return undefined;
  return [...(propertyNames ?? []), ...(relationshipNames ?? [])];
}
