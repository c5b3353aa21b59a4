/**
 * The entity operations as pure functions from a state and an input to an outcome. The same function answers the
 * single request and the batch, the first run and the replay. GS CIM 009 V1.9.1, 5.6.
 */

import { Problem } from '../problem.js';
import { type MergeRule, mergeAttributes, type NotUpdated, removeAttribute } from './merge.js';
import type { Entity, EntityInput } from './model.js';

export interface Removal {
  readonly name: string;
  readonly datasetId: string | undefined;
  readonly isAll: boolean;
}

export interface Deed {
  readonly id: string;
  readonly atMs: number;
  /** What the request says about the entity; absent in a deletion. */
  readonly input?: EntityInput | undefined;
  readonly removal?: Removal | undefined;
}

export type Outcome =
  | {
      readonly kind: 'created' | 'updated';
      readonly entity: Entity;
      readonly changed: readonly string[];
      readonly notUpdated: readonly NotUpdated[];
    }
  | { readonly kind: 'unchanged'; readonly notUpdated: readonly NotUpdated[] }
  | { readonly kind: 'deleted'; readonly changed: readonly string[] }
  | { readonly kind: 'refused'; readonly problem: Problem };

export type EntityOperation = (before: Entity | undefined, deed: Deed) => Outcome;

const NONE: readonly NotUpdated[] = [];

export const ENTITY_OPERATIONS = {
  /** 5.6.1, 5.6.7. */
  create: (before, deed) =>
    before === undefined ? created(deed) : refused(new Problem('alreadyExists', `entity ${deed.id} already exists`)),
  /** 5.6.8 with options=replace, the default. */
  upsertReplace: (before, deed) => (before === undefined ? created(deed) : replaced(before, deed)),
  /** 5.6.8 with options=update. */
  upsertUpdate: (before, deed) => (before === undefined ? created(deed) : merged(before, deed, 'append')),
  /** 5.6.18. */
  replace: (before, deed) => (before === undefined ? missing(deed) : replaced(before, deed)),
  /** 5.6.3, 5.6.9. */
  append: ifThere('append'),
  /** 5.6.3, 5.6.9 with options=noOverwrite. */
  appendNew: ifThere('appendNew'),
  /** 5.6.2. */
  update: ifThere('update'),
  /** 5.6.4. */
  partial: ifThere('partial'),
  /** 5.6.17. */
  merge: ifThere('merge'),
  /** 5.6.5. */
  removeAttribute: (before, deed) => (before === undefined ? missing(deed) : withoutAttribute(before, deed)),
  /** 5.6.6, 5.6.10. */
  delete: (before, deed) =>
    before === undefined ? missing(deed) : { kind: 'deleted', changed: before.attributes.map(({ name }) => name) },
} as const satisfies Record<string, EntityOperation>;

export type EntityOperationName = keyof typeof ENTITY_OPERATIONS;

function ifThere(rule: MergeRule): EntityOperation {
  return (before, deed) => (before === undefined ? missing(deed) : merged(before, deed, rule));
}

function created({ id, atMs, input }: Deed): Outcome {
  if (input === undefined) return refused(new Problem('internalError', 'a creation without an entity'));
  const { types, scope, attributes } = input;
  const entity: Entity = { id, types, scope, attributes, createdAt: atMs, modifiedAt: atMs };
  return { kind: 'created', entity, changed: attributes.map(({ name }) => name), notUpdated: NONE };
}

function replaced(before: Entity, { id, atMs, input }: Deed): Outcome {
  if (input === undefined) return refused(new Problem('internalError', 'a replacement without an entity'));
  const { attributes, scope } = input;
  const types = input.types.length > 0 ? input.types : before.types;
  const entity: Entity = { id, types, scope, attributes, createdAt: before.createdAt, modifiedAt: atMs };
  const changed = [...new Set([...attributes, ...before.attributes].map(({ name }) => name))];
  return { kind: 'updated', entity, changed, notUpdated: NONE };
}

function merged(before: Entity, { id, atMs, input }: Deed, rule: MergeRule): Outcome {
  if (input === undefined) return refused(new Problem('internalError', 'an update without a fragment'));
  const { attributes, changed, notUpdated } = mergeAttributes(before.attributes, input.attributes, rule);
  const types = joined(before.types, input.types);
  const scope = input.scope ?? before.scope;
  if (changed.length === 0 && types === before.types && scope === before.scope)
    return { kind: 'unchanged', notUpdated };
  const entity: Entity = { id, types, scope, attributes, createdAt: before.createdAt, modifiedAt: atMs };
  return { kind: 'updated', entity, changed, notUpdated };
}

function withoutAttribute(before: Entity, { id, atMs, removal }: Deed): Outcome {
  if (removal === undefined) return refused(new Problem('internalError', 'a removal without a name'));
  const { name, datasetId, isAll } = removal;
  const attributes = removeAttribute(before.attributes, name, datasetId, isAll);
  if (attributes === undefined) {
    return refused(
      new Problem(
        'resourceNotFound',
        `entity ${id} has no attribute ${name}${datasetId === undefined ? '' : ` with datasetId ${datasetId}`}`,
      ),
    );
  }
  return { kind: 'updated', entity: { ...before, attributes, modifiedAt: atMs }, changed: [name], notUpdated: NONE };
}

/** 5.6.2, 5.6.3: types can be added to an entity, never taken away. */
function joined(before: readonly string[], more: readonly string[]): readonly string[] {
  return more.every((type) => before.includes(type)) ? before : [...new Set([...before, ...more])];
}

function missing({ id }: Deed): Outcome {
  return refused(new Problem('resourceNotFound', `there is no entity ${id}`));
}

function refused(problem: Problem): Outcome {
  return { kind: 'refused', problem };
}
