/**
 * The entity operations as pure functions from a state and an input to an outcome. The same function answers the
 * single request and the batch, the first run and the replay. GS CIM 009 V1.9.1, 5.6.
 */

import { CORE_TERMS } from '../context/core.js';
import { Problem } from '../problem.js';
import { type MergeRule, mergeAttributes, type NotUpdated, removeAttribute } from './merge.js';
import { type Entity, type EntityInput, MAX_ATTRIBUTES, NGSI_NULL, SAME } from './model.js';

export interface Removal {
  readonly name: string;
  readonly datasetId: string | undefined;
  readonly isAll: boolean;
}

/** 5.6.21: which attributes a purge removes, all but some or some. */
export type Trim = { readonly keep: readonly string[] } | { readonly drop: readonly string[] };

export interface Deed {
  readonly id: string;
  readonly atMs: number;
  /** What the request says about the entity; absent in a deletion. */
  readonly input?: EntityInput | undefined;
  readonly removal?: Removal | undefined;
  readonly trim?: Trim | undefined;
  /** Of a merge: renews the attributes that have an observedAt (5.6.17.4). */
  readonly observedAt?: string | undefined;
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

/** 5.6.5.4: the scope can be deleted like an attribute, by its expanded name. */
export const SCOPE = CORE_TERMS.get('scope') ?? 'scope';

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
  /** 5.6.19. */
  replaceAttribute: ifThere('replaceOne'),
  /** 5.6.4. */
  partial: (before, deed) =>
    before === undefined ? missing(deed) : (otherKind(before, deed) ?? merged(before, deed, 'partial')),
  /** 5.6.17. */
  merge: ifThere('merge'),
  /** 5.6.5. */
  removeAttribute: (before, deed) => (before === undefined ? missing(deed) : withoutAttribute(before, deed)),
  /** 5.6.21 with keep or drop. */
  trim: (before, deed) => (before === undefined ? missing(deed) : trimmed(before, deed)),
  /** 5.6.6, 5.6.10, 5.6.21. */
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

function merged(before: Entity, { id, atMs, input, observedAt }: Deed, rule: MergeRule): Outcome {
  if (input === undefined) return refused(new Problem('internalError', 'an update without a fragment'));
  const merge = mergeAttributes(before.attributes, input.attributes, rule, observedAt);
  const { attributes, changed } = merge;
  if (attributes.length > MAX_ATTRIBUTES && attributes.length > before.attributes.length)
    return refused(new Problem('badRequestData', `entity ${id} would have more than ${MAX_ATTRIBUTES} attributes`));
  const types = joined(before.types, input.types);
  const scope = scoped(before.scope, input.scope, rule);
  const notUpdated = scope === 'absent' ? [...merge.notUpdated, NO_SCOPE] : merge.notUpdated;
  const after = scope === 'absent' ? before.scope : scope;
  if (changed.length === 0 && types === before.types && after === before.scope)
    return { kind: 'unchanged', notUpdated };
  const entity: Entity = { id, types, scope: after, attributes, createdAt: before.createdAt, modifiedAt: atMs };
  return { kind: 'updated', entity, changed, notUpdated };
}

const NO_SCOPE: NotUpdated = { attributeName: SCOPE, reason: 'the entity has no scope' };

/** 4.18: append adds scopes beside those that are there when it must not overwrite, update replaces what is there only. */
function scoped(
  before: readonly string[] | undefined,
  input: readonly string[] | undefined,
  rule: MergeRule,
): readonly string[] | undefined | 'absent' {
  if (input === undefined) return before;
  if (before === undefined) return rule === 'update' ? 'absent' : input.length === 0 ? undefined : input;
  if (rule === 'appendNew') return input.every((one) => before.includes(one)) ? before : joined(before, input);
  return input.length === 0 ? undefined : input;
}

/** 5.6.4: a partial update cannot make an attribute one of another kind. */
function otherKind({ attributes }: Entity, { input }: Deed): Outcome | undefined {
  for (const { name, datasetId, kind, value } of input?.attributes ?? []) {
    if (kind === SAME || value === NGSI_NULL) continue;
    const existing = attributes.find((one) => one.name === name && one.datasetId === datasetId);
    if (existing !== undefined && existing.kind !== kind)
      return refused(new Problem('badRequestData', `attribute ${name} is a ${existing.kind}, and stays one (5.6.4)`));
  }
  return undefined;
}

function withoutAttribute(before: Entity, { id, atMs, removal }: Deed): Outcome {
  if (removal === undefined) return refused(new Problem('internalError', 'a removal without a name'));
  const { name, datasetId, isAll } = removal;
  if (name === SCOPE && before.scope !== undefined)
    return {
      kind: 'updated',
      entity: { ...before, scope: undefined, modifiedAt: atMs },
      changed: [],
      notUpdated: NONE,
    };
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

function trimmed(before: Entity, { atMs, trim }: Deed): Outcome {
  if (trim === undefined) return refused(new Problem('internalError', 'a trim without names'));
  const isKept = ({ name }: { readonly name: string }): boolean =>
    'keep' in trim ? trim.keep.includes(name) : !trim.drop.includes(name);
  const attributes = before.attributes.filter(isKept);
  const isScopeKept = before.scope === undefined || isKept({ name: SCOPE });
  if (isScopeKept && attributes.length === before.attributes.length) return { kind: 'unchanged', notUpdated: NONE };
  const changed = [...new Set(before.attributes.filter((one) => !isKept(one)).map(({ name }) => name))];
  const scope = isScopeKept ? before.scope : undefined;
  return { kind: 'updated', entity: { ...before, scope, attributes, modifiedAt: atMs }, changed, notUpdated: NONE };
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
