/** What the pages ask of a normalized NGSI-LD entity: the vocabulary's readers, and a few words of our own. */

import { type AttributeName, observedAtOf, type PropertyName, textOf as wordsOf } from '@contor/orion-config';

export { numberOf, targetOf, timeOf } from '@contor/orion-config';

export interface Entity {
  readonly id: string;
  readonly type: string;
  readonly [attribute: string]: unknown;
}

/** It came over the wire, so nothing about its shape is taken for granted. */
export function isEntity(value: unknown): value is Entity {
  if (typeof value !== 'object' || value === null) return false;
  const { id, type } = value as Partial<Entity>;
  return typeof id === 'string' && typeof type === 'string';
}

/** An empty text is none: a name that nobody filled in must not leave a hole in a page. */
export function textOf(entity: Entity, name: PropertyName): string | undefined {
  return wordsOf(entity, name) || undefined;
}

/** The newest `observedAt` of the whole entity: when its meter was last heard. */
export function heardAtOf(entity: Entity): number | undefined {
  let newest: number | undefined;
  for (const name of Object.keys(entity)) {
    const observedAt = observedAtOf(entity, name as AttributeName);
    if (observedAt !== undefined && (newest === undefined || observedAt > newest)) newest = observedAt;
  }
  return newest;
}

/** `urn:ngsi-ld:Device:e350-0001` → `e350-0001`: the part of the identifier that people say. */
export function localId(urn: string): string {
  const match = /^urn:ngsi-ld:[^:]+:(.+)$/.exec(urn);
  return match?.[1] ?? urn;
}
