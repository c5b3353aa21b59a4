/**
 * How a device without a model is read: by the attributes that it and its group were provisioned with (iotagent-node-lib, doc/api.md,
 * "Measurement transformation" and "Explicitly defined attributes"). Compiled once a device; a measure → the states of its entities.
 */

import { toIso } from '@contor/kit';
import { ATTRIBUTES, roundToWire } from '@contor/orion-config';
import type { Entity, State } from '../forward/state.js';
import type { ValueFault } from '../mapping/model.js';
import type { AttributeRow, Device, ExplicitAttrs } from '../registry/device.js';
import { Budget } from './budget.js';
import { compileExpression, type Expression } from './expression.js';
import { toMember } from './ngsi-ld.js';

/** What a device said at one moment, as it said it. */
export interface RawMeasure {
  /** undefined: it has no clock, and then it is the moment of arrival. */
  readonly observedMs: number | undefined;
  readonly values: ReadonlyMap<string, unknown>;
}

export interface PlannedStates {
  readonly states: readonly State[];
  readonly faults: readonly ValueFault[];
}

export type AttributePlan = (measure: RawMeasure, receivedAtMs: number) => PlannedStates;

const DEFAULT_TYPE = 'Thing';
const URN = /^urn:ngsi-ld:[A-Za-z][A-Za-z0-9_.-]{0,99}:[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/;
const LOCAL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/;
/** What a measure nobody declared may be called to become an attribute of its own. */
const ATTRIBUTE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const NO_ATTRIBUTES: readonly string[] = ['id', 'type', 'scope'];
/** Entities that one device may speak for. */
const MOST_ENTITIES = 50;
/** Digits that a double surely has: 0.1 + 0.2 is 0.3. */
const SURE_DIGITS = 15;

const plans = new WeakMap<Device, AttributePlan>();

/** A device that changes, or whose group does, is another object in the registry; so its plan is never stale. */
export function planOf(device: Device): AttributePlan {
  const known = plans.get(device);
  if (known !== undefined) return known;
  const plan = compilePlan(device);
  plans.set(device, plan);
  return plan;
}

interface Row extends AttributeRow {
  readonly source: string;
  readonly run: Expression | undefined;
  readonly target: Expression | undefined;
}

export function compilePlan(device: Device): AttributePlan {
  const rows: readonly Row[] = (device.attributes ?? []).map((row) => ({
    ...row,
    source: row.objectId ?? row.name,
    run: expressionOf(row.expression),
    // A plain name is no expression, although it could be read as one: `Hall` is the entity Hall.
    target: row.entityName === undefined || isName(row.entityName) ? undefined : expressionOf(row.entityName),
  }));
  const explicit = typeof device.explicitAttrs === 'string' ? expressionOf(device.explicitAttrs) : undefined;
  return (measure, receivedAtMs) => new Reading(device, rows, explicit, measure, receivedAtMs).result();
}

/** Of one measure. */
class Reading {
  readonly #device: Device;
  readonly #rows: readonly Row[];
  readonly #measure: RawMeasure;
  readonly #receivedAtMs: number;
  readonly #budget = new Budget();
  readonly #variables: Map<string, unknown>;
  readonly #faults: ValueFault[] = [];
  readonly #entities = new Map<string, Record<string, unknown>>();
  readonly #main: string;
  readonly #observedAt: string | undefined;
  readonly #explicit: ExplicitAttrs;

  constructor(
    device: Device,
    rows: readonly Row[],
    explicit: Expression | undefined,
    measure: RawMeasure,
    receivedAtMs: number,
  ) {
    this.#device = device;
    this.#rows = rows;
    this.#measure = measure;
    this.#receivedAtMs = receivedAtMs;
    this.#main = entityIdOf(device);
    this.#variables = variablesOf(device, this.#main, measure.values);
    this.#nameMeasured();
    const isTimed = device.timestamp ?? true;
    this.#observedAt = isTimed ? toIso(measure.observedMs ?? receivedAtMs) : undefined;
    this.#explicit = explicit === undefined ? (device.explicitAttrs ?? false) : this.#explicitBy(explicit);
  }

  result(): PlannedStates {
    for (const row of this.#rows) this.#take(row);
    if (this.#explicit === false) this.#takeUndeclared();
    // A measure that says nothing we publish does not make the fixed attributes news.
    if (this.#entities.size > 0) this.#takeStatics();
    const timeMs = this.#measure.observedMs ?? this.#receivedAtMs;
    const states = [...this.#entities.values()].map((entity) => ({
      entity: entity as Entity,
      timeMs,
      isOneOff: false,
    }));
    return { states, faults: this.#faults };
  }

  /** A measure is known by the name it gets, too, wherever its row stands; what is computed has to wait for its turn. */
  #nameMeasured(): void {
    for (const { source, name, run } of this.#rows) {
      const value = this.#measure.values.get(source);
      if (run === undefined && !isNothing(value) && !this.#variables.has(name)) this.#variables.set(name, value);
    }
  }

  #take(row: Row): void {
    const measured = this.#measure.values.get(row.source);
    const computed = row.run && this.#run(row.run, row.name);
    const value = computed === undefined ? measured : rounded(row.name, computed);
    if (isNothing(value)) return;
    this.#variables.set(row.name, value);
    if (row.objectId !== undefined) this.#variables.set(row.objectId, value);
    if (row.skipValue !== undefined && JSON.stringify(value) === JSON.stringify(row.skipValue)) return;
    if (!this.#isWanted(row.name, row.objectId)) return;
    const member = toMember(row.type, value, row.metadata, this.#observedAt);
    const entity = member === undefined ? undefined : this.#target(row);
    if (member === undefined) this.#fault('value.type', `${row.source} is no ${row.type}`);
    else if (entity !== undefined) entity[row.name] = member;
  }

  #takeUndeclared(): void {
    const declared = new Set(this.#rows.map(({ source }) => source));
    for (const [name, value] of this.#measure.values) {
      if (declared.has(name) || isNothing(value)) continue;
      const main = ATTRIBUTE_NAME.test(name) && !NO_ATTRIBUTES.includes(name) ? this.#entity(this.#main) : undefined;
      if (main === undefined) this.#fault('value.name', 'a measure has a name that no attribute can have');
      // What is declared under this name was there first.
      else main[name] ??= toMember('Property', value, undefined, this.#observedAt);
    }
  }

  /** Without a time of their own: they are what somebody said when provisioning. */
  #takeStatics(): void {
    for (const { name, type, value, metadata } of this.#device.staticAttributes ?? []) {
      if (Array.isArray(this.#explicit) && !this.#explicit.includes(name)) continue;
      const member = toMember(type, value, metadata, undefined);
      const main = this.#entity(this.#main);
      if (member !== undefined && main !== undefined) main[name] ??= member;
    }
  }

  #isWanted(name: string, objectId: string | undefined): boolean {
    if (!Array.isArray(this.#explicit)) return true;
    return this.#explicit.some((one) => (typeof one === 'string' ? one === name : one.object_id === objectId));
  }

  /** `true` then lets everything through and `false` only what is declared: the other way round than the plain word. */
  #explicitBy(explicit: Expression): ExplicitAttrs {
    const answer = this.#run(explicit, 'explicitAttrs');
    if (Array.isArray(answer)) return answer as ExplicitAttrs;
    return answer !== true;
  }

  #target(row: Row): Record<string, unknown> | undefined {
    if (row.entityName === undefined) return this.#entity(this.#main);
    const name = row.target === undefined ? row.entityName : this.#run(row.target, `the entity of ${row.name}`);
    const id = typeof name === 'string' ? fullName(name, row.entityType ?? entityTypeOf(this.#device)) : undefined;
    if (id === undefined) this.#fault('entity.name', `${row.name} has no entity that could be named`);
    return id === undefined ? undefined : this.#entity(id, row.entityType);
  }

  #entity(id: string, type?: string): Record<string, unknown> | undefined {
    const known = this.#entities.get(id);
    if (known !== undefined) return known;
    if (this.#entities.size >= MOST_ENTITIES) {
      this.#fault('entity.too-many', `a device speaks for at most ${MOST_ENTITIES} entities`);
      return undefined;
    }
    const made = { id, type: type ?? entityTypeOf(this.#device) };
    this.#entities.set(id, made);
    return made;
  }

  #run(expression: Expression, where: string): unknown {
    const result = expression(this.#variables, this.#receivedAtMs, this.#budget);
    if (result.kind === 'value') return result.value;
    this.#fault(result.reason, where);
    return undefined;
  }

  #fault(reason: string, detail: string): void {
    this.#faults.push({ reason, detail });
  }
}

/** The identifier that the device's own attributes go to. */
export function entityIdOf(device: Device): string {
  return (
    fullName(device.entityName ?? device.name, entityTypeOf(device)) ??
    `urn:ngsi-ld:${entityTypeOf(device)}:${device.deviceId}`
  );
}

function fullName(name: string, type: string): string | undefined {
  if (URN.test(name)) return name;
  return LOCAL_NAME.test(name) ? `urn:ngsi-ld:${type}:${name}` : undefined;
}

function isName(text: string): boolean {
  return URN.test(text) || LOCAL_NAME.test(text);
}

export function entityTypeOf({ entityType }: Device): string {
  return entityType ?? DEFAULT_TYPE;
}

/** Measures win over static attributes of the same name, and what the device is over both: nobody pretends to be another device. */
export function variablesOf(
  device: Device,
  entityName: string,
  values: ReadonlyMap<string, unknown>,
): Map<string, unknown> {
  const statics = device.staticAttributes ?? [];
  return new Map<string, unknown>([
    ...statics.map(({ name, value }): [string, unknown] => [name, value]),
    ...values,
    ['id', device.deviceId],
    ['entity_name', entityName],
    ['type', entityTypeOf(device)],
    ['service', device.tenant],
    ['subservice', device.servicePath ?? '/'],
    ['timezone', device.timeZone],
    ['staticAttributes', statics],
  ]);
}

/** What was computed is rounded, what was measured is not: to the digits the vocabulary keeps, or to those a double has. */
function rounded(name: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const known = Object.hasOwn(ATTRIBUTES, name) && 'decimals' in ATTRIBUTES[name as keyof typeof ATTRIBUTES];
  if (known) return roundToWire(name as Parameters<typeof roundToWire>[0], value);
  return Number(value.toPrecision(SURE_DIGITS));
}

function expressionOf(source: string | undefined): Expression | undefined {
  const compiled = source === undefined ? undefined : compileExpression(source);
  // Provisioning lets no mistake in; one that a newer version would not let in any more makes nothing.
  return compiled?.kind === 'value' ? compiled.expression : undefined;
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'number' && !Number.isFinite(value));
}
