/**
 * The registrations of one tenant, and which of them are about an entity (GS CIM 009 V1.9.1, 5.12). A fleet has one
 * exclusive registration per device, so those that name an id are found by it and never walked through.
 */

import { compilePattern } from '../query/pattern.js';
import {
  type EntityInfo,
  type Information,
  isExpired,
  NEVER_ASKED,
  namesOf,
  type Registration,
  type RegistrationState,
  type SourceStatus,
} from './model.js';

export interface Wanted {
  readonly id: string;
  /** Expanded; undefined: not known. */
  readonly types?: readonly string[] | undefined;
}

/** A registration about an entity, and the attributes it is about; undefined: all. */
export interface Match {
  readonly registration: Registration;
  readonly names: ReadonlySet<string> | undefined;
}

export class RegistrationBook {
  readonly #all = new Map<string, Registration>();
  readonly #status = new Map<string, SourceStatus>();
  readonly #byEntity = new Map<string, Set<Registration>>();
  /** Those that are about more than entities they name. */
  readonly #open = new Set<Registration>();
  /** Those that are not exclusive: few, where exclusive ones are as many as devices. */
  readonly #shared = new Set<Registration>();

  get size(): number {
    return this.#all.size;
  }

  /** Also the expired ones, which a new one of the same id replaces. */
  get all(): Iterable<Registration> {
    return this.#all.values();
  }

  get(id: string, nowMs: number): Registration | undefined {
    const registration = this.#all.get(id);
    return registration === undefined || isExpired(registration, nowMs) ? undefined : registration;
  }

  *current(nowMs: number): Iterable<Registration> {
    for (const registration of this.#all.values()) if (!isExpired(registration, nowMs)) yield registration;
  }

  put(registration: Registration): void {
    this.#unlink(registration.id);
    this.#all.set(registration.id, registration);
    if (registration.mode !== 'exclusive') this.#shared.add(registration);
    const ids = entityIds(registration);
    if (ids === undefined) this.#open.add(registration);
    for (const id of ids ?? []) {
      const there = this.#byEntity.get(id);
      if (there === undefined) this.#byEntity.set(id, new Set([registration]));
      else there.add(registration);
    }
  }

  delete(id: string): boolean {
    this.#unlink(id);
    this.#status.delete(id);
    return this.#all.delete(id);
  }

  statusOf(id: string): SourceStatus {
    return this.#status.get(id) ?? NEVER_ASKED;
  }

  /** How a request to the source went. One that was deleted meanwhile leaves no trace. */
  setStatus(id: string, status: SourceStatus): void {
    if (this.#all.has(id)) this.#status.set(id, status);
  }

  /** For a snapshot, which is where expired ones end. */
  capture(nowMs: number): readonly RegistrationState[] {
    return [...this.current(nowMs)].map((registration) => [registration, this.statusOf(registration.id)]);
  }

  restore(states: readonly RegistrationState[]): void {
    for (const [registration, status] of states) {
      this.put(registration);
      this.#status.set(registration.id, status);
    }
  }

  /** Whether any registration can be about this entity: what a write asks first, so it costs one look-up. */
  concerns(id: string): boolean {
    return this.#open.size > 0 || this.#byEntity.has(id);
  }

  /** Registrations that are about an entity, in no order. */
  matching(wanted: Wanted, nowMs: number): readonly Match[] {
    const matches: Match[] = [];
    for (const registration of [...(this.#byEntity.get(wanted.id) ?? []), ...this.#open]) {
      if (isExpired(registration, nowMs)) continue;
      const match = matchEntity(registration, wanted);
      if (match !== undefined) matches.push(match);
    }
    return matches;
  }

  /** Those that are not exclusive: what queries without ids ask. */
  *shared(nowMs: number): Iterable<Registration> {
    for (const registration of this.#shared) if (!isExpired(registration, nowMs)) yield registration;
  }

  /** Registrations that could be about an entity this one names. */
  *near(registration: Registration): Iterable<Registration> {
    for (const id of entityIds(registration) ?? []) yield* this.#byEntity.get(id) ?? [];
    yield* this.#open;
  }

  #unlink(id: string): void {
    const before = this.#all.get(id);
    if (before === undefined) return;
    this.#open.delete(before);
    this.#shared.delete(before);
    for (const entity of entityIds(before) ?? []) {
      const there = this.#byEntity.get(entity);
      there?.delete(before);
      if (there?.size === 0) this.#byEntity.delete(entity);
    }
  }
}

/** The ids a registration is about, when it is about nothing else. */
export function entityIds({ information }: Registration): readonly string[] | undefined {
  const ids: string[] = [];
  for (const { entities } of information) {
    if (entities === undefined) return undefined;
    for (const { id } of entities) {
      if (id === undefined) return undefined;
      ids.push(id);
    }
  }
  return ids;
}

export function matchEntity(registration: Registration, wanted: Wanted): Match | undefined {
  const parts = registration.information.filter((part) => isAbout(part, wanted));
  if (parts.length === 0) return undefined;
  const names = parts.map(namesOf);
  if (names.includes(undefined)) return { registration, names: undefined };
  return { registration, names: new Set(names.flatMap((some) => some ?? [])) };
}

function isAbout({ entities }: Information, wanted: Wanted): boolean {
  return entities === undefined || entities.some((entity) => isOneOf(entity, wanted));
}

export function isOneOf({ id, idPattern, types }: EntityInfo, wanted: Wanted): boolean {
  if (wanted.types !== undefined && !types.some((type) => wanted.types?.includes(type))) return false;
  if (id !== undefined) return id === wanted.id;
  return idPattern === undefined || compilePattern(idPattern).test(wanted.id);
}
