/** What can happen to the broker's state: one command is one record of the log and one indivisible step in memory. */

import type { HostedContext } from '../context/registry.js';
import type { NotUpdated } from '../entity/merge.js';
import type { EntityInput } from '../entity/model.js';
import type { EntityOperationName, Removal, Trim } from '../entity/operations.js';
import type { Problem } from '../problem.js';
import type { Registration, RegistrationPatch } from '../registration/model.js';
import type { Subscription, SubscriptionPatch } from '../subscription/model.js';

interface Stamped {
  readonly tenant: string;
  /** When the request was received: creation and modification times replay exactly. */
  readonly atMs: number;
}

/** Operations whose input is one or more entities or fragments. */
export type InputOperation = Exclude<EntityOperationName, 'delete' | 'removeAttribute' | 'trim'>;

/**
 * 5.6.21. The entities are named, with the state they were chosen in: a replay finds the same ones whatever the query
 * language has learnt since, and one that was changed meanwhile is left for the next look.
 */
export interface Purge {
  readonly kind: 'purge';
  /** Id, and when it was modified last. */
  readonly targets: readonly (readonly [string, number])[];
  /** Attributes to remove; without it the entities go as a whole. */
  readonly trim?: Trim | undefined;
}

export type Command = Stamped &
  (
    | {
        readonly kind: 'entities';
        readonly operation: InputOperation;
        readonly inputs: readonly EntityInput[];
        /** Of a merge (5.6.17.4). */
        readonly observedAt?: string | undefined;
      }
    | Purge
    | { readonly kind: 'delete'; readonly ids: readonly string[] }
    | { readonly kind: 'removeAttribute'; readonly id: string; readonly removal: Removal }
    | { readonly kind: 'subscribe'; readonly subscription: Subscription }
    | { readonly kind: 'resubscribe'; readonly id: string; readonly patch: SubscriptionPatch }
    | { readonly kind: 'unsubscribe'; readonly id: string }
    | { readonly kind: 'register'; readonly registration: Registration }
    | { readonly kind: 'reregister'; readonly id: string; readonly patch: RegistrationPatch }
    | { readonly kind: 'unregister'; readonly id: string }
    | { readonly kind: 'host'; readonly context: HostedContext }
    | { readonly kind: 'unhost'; readonly id: string }
  );

/** What became of one entity of a command. */
export interface EntityResult {
  readonly id: string;
  readonly kind: 'created' | 'updated' | 'unchanged' | 'deleted' | 'refused';
  readonly problem?: Problem;
  readonly notUpdated: readonly NotUpdated[];
}

/** One result per entity, or one for the whole command when it is not about entities. */
export type Applied = readonly EntityResult[];
