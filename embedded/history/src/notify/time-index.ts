/**
 * The time index of a whole entity: where an attribute without its own observedAt goes. The order is QuantumLeap's
 * (reporter/timex.py): the first that holds an instant wins.
 */

import { instantOf, isFields } from './attributes.js';

type Entity = Readonly<Record<string, unknown>>;
type Rule = (entity: Entity) => number | undefined;

const RULES: readonly Rule[] = [
  (entity) => ofAttribute(entity, 'TimeInstant'),
  (entity) => newestMetadata(entity, 'TimeInstant'),
  (entity) => ofAttribute(entity, 'timestamp'),
  (entity) => newestMetadata(entity, 'timestamp'),
  (entity) => newestMember(entity, 'observedAt'),
  (entity) => newestMember(entity, 'modifiedAt'),
  (entity) => instantOf(entity.observedAt),
  (entity) => instantOf(entity.modifiedAt),
  (entity) => ofAttribute(entity, 'dateModified'),
  (entity) => newestMetadata(entity, 'dateModified'),
];

/** `named`: the attribute of the Fiware-TimeIndex-Attribute header, or metadata of that name. */
export function namedTimeIndex(entity: Entity, named: string | undefined): number | undefined {
  return named === undefined ? undefined : (ofAttribute(entity, named) ?? newestMetadata(entity, named));
}

export function timeIndex(entity: Entity, arrivalMs: number): number {
  for (const rule of RULES) {
    const instant = rule(entity);
    if (instant !== undefined) {
      return instant;
    }
  }
  return arrivalMs;
}

function ofAttribute(entity: Entity, name: string): number | undefined {
  return Object.hasOwn(entity, name) ? instantOf(entity[name]) : undefined;
}

function newestMember(entity: Entity, member: string): number | undefined {
  return newest(entity, (attribute) => attribute[member]);
}

function newestMetadata(entity: Entity, name: string): number | undefined {
  return newest(entity, (attribute) => (isFields(attribute.metadata) ? attribute.metadata[name] : undefined));
}

function newest(entity: Entity, pick: (attribute: Readonly<Record<string, unknown>>) => unknown): number | undefined {
  let best: number | undefined;
  for (const name of Object.keys(entity)) {
    const attribute = entity[name];
    const instances: readonly unknown[] = Array.isArray(attribute) ? attribute : [attribute];
    for (const instance of instances) {
      const instant = isFields(instance) ? instantOf(pick(instance)) : undefined;
      if (instant !== undefined && (best === undefined || instant > best)) {
        best = instant;
      }
    }
  }
  return best;
}
