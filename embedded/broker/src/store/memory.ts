/**
 * The state machine: commands in log order in, state and results out. Nothing here asks for the time or for chance, so
 * replaying the log gives the same state, the same answers and the same notifications.
 */

import type { ContextRegistry } from '../context/registry.js';
import { POSITIONS_PER_RECORD } from '../entity/change.js';
import { type Deed, ENTITY_OPERATIONS, type EntityOperation, type Outcome } from '../entity/operations.js';
import { Problem } from '../problem.js';
import { conflictOf } from '../registration/conflict.js';
import { isExpired, patchRegistration, type Registration } from '../registration/model.js';
import { type Observer, patchSubscription, type Subscription } from '../subscription/model.js';
import type { Applied, Command, EntityResult } from './commands.js';
import { Shelf } from './shelf.js';
import { Tenant } from './tenant.js';

const NOTHING: EntityResult['notUpdated'] = [];

export class Memory {
  readonly tenants = new Map<string, Tenant>();
  /** Where the entities of all tenants lie. */
  readonly shelf = new Shelf();
  readonly contexts: ContextRegistry;
  readonly #observer: Observer;

  constructor(contexts: ContextRegistry, observer: Observer) {
    this.contexts = contexts;
    this.#observer = observer;
  }

  apply(command: Command, sequence: number): Applied {
    switch (command.kind) {
      case 'entities': {
        const operation: EntityOperation = ENTITY_OPERATIONS[command.operation];
        const { atMs, observedAt, tenant } = command;
        return command.inputs.map((input, index) =>
          this.#perform(operation, { id: input.id, atMs, input, observedAt }, tenant, sequence, index),
        );
      }
      case 'delete':
        return command.ids.map((id, index) =>
          this.#perform(ENTITY_OPERATIONS.delete, { id, atMs: command.atMs }, command.tenant, sequence, index),
        );
      case 'removeAttribute': {
        const { id, removal, atMs, tenant } = command;
        return [this.#perform(ENTITY_OPERATIONS.removeAttribute, { id, atMs, removal }, tenant, sequence, 0)];
      }
      case 'purge':
        return command.targets.map((target, index) => this.#purge(command, target, sequence, index));
      case 'subscribe':
        return [this.#subscribe(command.tenant, command.subscription)];
      case 'resubscribe':
        return [this.#resubscribe(command)];
      case 'unsubscribe':
        return [this.#unsubscribe(command.tenant, command.id)];
      case 'register':
        return [this.#register(command.tenant, command.registration, command.atMs)];
      case 'reregister':
        return [this.#reregister(command)];
      case 'unregister': {
        const { id } = command;
        const isThere = this.tenants.get(command.tenant)?.registrations.delete(id) === true;
        return [isThere ? { id, kind: 'deleted', notUpdated: NOTHING } : refused(id, noRegistration(id))];
      }
      case 'host':
        this.contexts.host(command.context);
        return [{ id: command.context.id, kind: 'created', notUpdated: NOTHING }];
      case 'unhost': {
        const { id } = command;
        if (this.contexts.remove(id)) return [{ id, kind: 'deleted', notUpdated: NOTHING }];
        return [refused(id, new Problem('resourceNotFound', `there is no hosted @context ${id}`))];
      }
    }
  }

  /** Forgets what a snapshot brought that turned out to be damaged. */
  clear(): void {
    this.tenants.clear();
    this.shelf.clear();
  }

  /** A write makes its tenant (4.14); reads of one that never was are refused elsewhere. */
  tenantFor(name: string): Tenant {
    const known = this.tenants.get(name);
    if (known !== undefined) return known;
    const tenant = new Tenant(name, this.shelf);
    this.tenants.set(name, tenant);
    return tenant;
  }

  #perform(operation: EntityOperation, deed: Deed, tenantName: string, sequence: number, index: number): EntityResult {
    const tenant = this.tenantFor(tenantName);
    const before = tenant.entity(deed.id);
    const outcome: Outcome = operation(before, deed);
    if (outcome.kind === 'refused') return refused(deed.id, outcome.problem);
    if (outcome.kind === 'unchanged') return { id: deed.id, kind: 'unchanged', notUpdated: outcome.notUpdated };
    const after = outcome.kind === 'deleted' ? undefined : outcome.entity;
    if (after === undefined) tenant.remove(deed.id);
    else tenant.put(after);
    tenant.changed(before, after);
    const position = sequence * POSITIONS_PER_RECORD + index;
    this.#observer.entityChanged({
      tenant: tenantName,
      before,
      after,
      changed: outcome.changed,
      position,
      atMs: deed.atMs,
    });
    return { id: deed.id, kind: outcome.kind, notUpdated: outcome.kind === 'deleted' ? NOTHING : outcome.notUpdated };
  }

  /** Leaves alone what was changed since it was chosen. */
  #purge(
    { tenant, atMs, trim }: Extract<Command, { readonly kind: 'purge' }>,
    [id, modifiedAt]: readonly [string, number],
    sequence: number,
    index: number,
  ): EntityResult {
    if (this.tenants.get(tenant)?.entity(id)?.modifiedAt !== modifiedAt)
      return { id, kind: 'unchanged', notUpdated: NOTHING };
    const operation = trim === undefined ? ENTITY_OPERATIONS.delete : ENTITY_OPERATIONS.trim;
    return this.#perform(operation, { id, atMs, trim }, tenant, sequence, index);
  }

  #subscribe(tenantName: string, subscription: Subscription): EntityResult {
    const { subscriptions } = this.tenantFor(tenantName);
    const { id } = subscription;
    if (subscriptions.has(id)) return refused(id, new Problem('alreadyExists', `subscription ${id} already exists`));
    subscriptions.set(id, subscription);
    this.#observer.subscribed(tenantName, subscription);
    return { id, kind: 'created', notUpdated: NOTHING };
  }

  #resubscribe({ tenant, id, patch }: Extract<Command, { readonly kind: 'resubscribe' }>): EntityResult {
    const subscriptions = this.tenants.get(tenant)?.subscriptions;
    const before = subscriptions?.get(id);
    if (subscriptions === undefined || before === undefined) return refused(id, noSubscription(id));
    const after = patchSubscription(before, patch);
    subscriptions.set(id, after);
    this.#observer.subscribed(tenant, after);
    return { id, kind: 'updated', notUpdated: NOTHING };
  }

  #unsubscribe(tenant: string, id: string): EntityResult {
    if (!this.tenants.get(tenant)?.subscriptions.delete(id)) return refused(id, noSubscription(id));
    this.#observer.unsubscribed(tenant, id);
    return { id, kind: 'deleted', notUpdated: NOTHING };
  }

  #register(tenantName: string, registration: Registration, atMs: number): EntityResult {
    const tenant = this.tenantFor(tenantName);
    const { id } = registration;
    if (tenant.registrations.get(id, atMs) !== undefined)
      return refused(id, new Problem('alreadyExists', `registration ${id} already exists`));
    const conflict = conflictOf(tenant, registration, atMs);
    if (conflict !== undefined) return refused(id, conflict);
    tenant.registrations.delete(id);
    tenant.registrations.put(registration);
    return { id, kind: 'created', notUpdated: NOTHING };
  }

  #reregister({ tenant: name, id, patch, atMs }: Extract<Command, { readonly kind: 'reregister' }>): EntityResult {
    const tenant = this.tenants.get(name);
    const before = tenant?.registrations.get(id, atMs);
    if (tenant === undefined || before === undefined) return refused(id, noRegistration(id));
    const after = patchRegistration(before, patch);
    const conflict = isExpired(after, atMs) ? undefined : conflictOf(tenant, after, atMs);
    if (conflict !== undefined) return refused(id, conflict);
    tenant.registrations.put(after);
    return { id, kind: 'updated', notUpdated: NOTHING };
  }
}

export function noRegistration(id: string): Problem {
  return new Problem('resourceNotFound', `there is no registration ${id}`);
}

export function noSubscription(id: string): Problem {
  return new Problem('resourceNotFound', `there is no subscription ${id}`);
}

function refused(id: string, problem: Problem): EntityResult {
  return { id, kind: 'refused', problem, notUpdated: NOTHING };
}
