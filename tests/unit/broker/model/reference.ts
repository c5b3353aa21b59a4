/**
 * The entity operations once more, plain and slow: normalized JSON in maps, no log, no packing, no expansion. Written from
 * GS CIM 009 V1.9.1 (4.5, 4.16, 4.18, 5.5.8, 5.5.12, 5.6), to say what the broker must answer. RULES are those that a
 * mutant may turn round.
 */

import {
  attributesOf,
  clean,
  has,
  hasInnerNull,
  type Instance,
  isNull,
  list,
  type Members,
  merged,
  overlay,
  scoped,
  withNamed,
} from './attributes.js';
import { type BatchRule, RULES, type Rule, type Said, show, type Thing } from './rules.js';

const [DONE, BAD, MISSING]: readonly [Said, Said, Said] = [{ status: 204 }, { status: 400 }, { status: 404 }];

export class Reference {
  readonly #tenants = new Map<string, Map<string, Thing>>([['default', new Map()]]);
  readonly #rules: typeof RULES;
  nowMs = 0;

  constructor(rules: Partial<typeof RULES> = {}) {
    this.#rules = { ...RULES, ...rules };
  }

  things(tenant: string): Map<string, Thing> | undefined {
    return this.#tenants.get(this.#rules.tenantsApart ? tenant : 'default');
  }

  /** In order of creation; undefined when there is no such tenant. */
  all(tenant: string, isWanted: (thing: Thing) => boolean = () => true): readonly unknown[] | undefined {
    const things = this.things(tenant);
    return things && [...things].filter(([, thing]) => isWanted(thing)).map(([id, thing]) => show(id, thing));
  }

  create(tenant: string, id: string, body: Members): Said {
    if (has(body, isNull)) return BAD;
    return this.#put(this.#make(tenant), id, body, 'create');
  }

  replace(tenant: string, id: string, body: Members): Said {
    return this.#change(tenant, id, has(body, isNull), (old, things) => {
      things.set(id, this.#whole(body, old));
      return DONE;
    });
  }

  write(tenant: string, id: string, body: Members, rule: Rule): Said {
    const isWrong = rule === 'update' ? hasInnerNull(body) : rule !== 'merge' && has(body, isNull);
    return this.#change(tenant, id, isWrong, (_old, things) => this.#put(things, id, body, rule));
  }

  /** 5.6.4 and 5.6.19. */
  writeOne(tenant: string, id: string, name: string, fragment: Members, isPartial: boolean): Said {
    const isWrong = isPartial ? hasInnerNull(fragment) : has(fragment, isNull);
    return this.#change(tenant, id, isWrong, (old, things) => {
      const before = old.attributes.get(name) ?? [];
      const existing = before.find(({ datasetId }) => datasetId === fragment.datasetId);
      if (existing === undefined) return MISSING;
      if (isPartial && !isNull(fragment) && fragment.type !== existing.type && this.#rules.partialKeepsKind) return BAD;
      const after = isPartial ? overlay(existing, fragment) : (fragment as Instance);
      const kept = before.flatMap((item) => (item !== existing ? [item] : isNull(fragment) ? [] : [after]));
      things.set(id, { ...old, attributes: withNamed(old.attributes, name, kept) });
      return DONE;
    });
  }

  /** 5.6.5. */
  deleteOne(tenant: string, id: string, name: string, datasetId: string | undefined, isAll: boolean): Said {
    return this.#change(tenant, id, false, (old, things) => {
      const before = old.attributes.get(name) ?? [];
      const isAlso = isAll || !this.#rules.deleteTakesOne;
      const kept = before.filter((item) => !isAlso && item.datasetId !== datasetId);
      if (kept.length === before.length) return MISSING;
      things.set(id, { ...old, attributes: withNamed(old.attributes, name, kept) });
      return DONE;
    });
  }

  delete(tenant: string, id: string): Said {
    return this.#change(tenant, id, false, (_old, things) => (things.delete(id) ? DONE : MISSING));
  }

  /** 5.6.21, by type. */
  purge(tenant: string, type: string, drop: string | undefined): Said {
    for (const [id, thing] of this.things(tenant) ?? []) {
      if (!thing.types.includes(type)) continue;
      if (drop === undefined) this.things(tenant)?.delete(id);
      else this.things(tenant)?.set(id, { ...thing, attributes: withNamed(thing.attributes, drop, []) });
    }
    return this.things(tenant) === undefined ? MISSING : DONE;
  }

  /** Each item on its own, in order (4.6.6). An item is its id when it is to be deleted. */
  batch(tenant: string, items: readonly (Members & { readonly id: string })[], rule: BatchRule): Said {
    const isWrong = (item: Members): boolean => !['merge', 'delete'].includes(rule) && has(item, isNull);
    const things = items.every(isWrong) ? new Map() : this.#make(tenant);
    const [success, created, errors] = [new Set<string>(), new Set<string>(), [] as string[]];
    for (const item of this.#rules.repeatsInOrder ? items : [...items].reverse()) {
      const { status } = isWrong(item)
        ? BAD
        : rule === 'delete'
          ? this.delete(tenant, item.id)
          : this.#put(things, item.id, item, rule);
      if (status === 201) created.add(item.id);
      if (status < 207) success.add(item.id);
      else errors.push(`${item.id} ${status === 207 ? 400 : status}`);
    }
    if (errors.length > 0) return { status: 207, body: { success: [...success].sort(), errors: errors.sort() } };
    return created.size === 0 ? DONE : { status: 201, body: [...created].sort() };
  }

  #make(tenant: string): Map<string, Thing> {
    const things = this.things(tenant) ?? new Map<string, Thing>();
    this.#tenants.set(this.#rules.tenantsApart ? tenant : 'default', things);
    return things;
  }

  #change(tenant: string, id: string, isWrong: boolean, deed: (old: Thing, things: Map<string, Thing>) => Said): Said {
    const things = this.things(tenant);
    const old = things?.get(id);
    return isWrong && things ? BAD : things === undefined || old === undefined ? MISSING : deed(old, things);
  }

  #whole(body: Members, old: Thing | undefined): Thing {
    const createdAt = this.#rules.replaceKeepsCreation ? (old?.createdAt ?? this.nowMs) : this.nowMs;
    const types = body.type === undefined ? (old?.types ?? []) : list(body.type);
    return { types, scope: list(body.scope), attributes: attributesOf(body), createdAt };
  }

  #put(things: Map<string, Thing>, id: string, body: Members, rule: Exclude<BatchRule, 'delete'> | 'update'): Said {
    const old = things.get(id);
    if (old === undefined && !['create', 'upsertReplace', 'upsertUpdate'].includes(rule)) return MISSING;
    if (old !== undefined && rule === 'create') return { status: 409 };
    const isWhole = old === undefined || (rule === 'upsertReplace' && this.#rules.upsertReplaces);
    const { thing, failed } = isWhole ? { thing: this.#whole(body, old), failed: [] } : this.#into(old, body, rule);
    things.set(id, thing);
    if (old === undefined) return { status: 201 };
    if (failed.length === 0) return DONE;
    const updated = [...attributesOf(body).keys()].filter((name) => !failed.includes(name));
    return { status: 207, body: { updated, notUpdated: failed } };
  }

  #into(old: Thing, body: Members, rule: string): { readonly thing: Thing; readonly failed: readonly string[] } {
    const failed: string[] = [];
    let { attributes } = old;
    for (const [name, instances] of attributesOf(body)) {
      for (const item of instances) {
        const before = attributes.get(name) ?? [];
        const existing = before.find(({ datasetId }) => datasetId === item.datasetId);
        const isKept = existing && rule === 'appendNew' && this.#rules.noOverwriteKeeps;
        const isNothing = !existing && (isNull(item) || (rule === 'update' && !this.#rules.updateAdds));
        if (isKept || isNothing) {
          if (rule !== 'merge') failed.push(name);
        } else if (isNull(item))
          attributes = withNamed(
            attributes,
            name,
            before.filter((other) => other !== existing),
          );
        else if (!existing) attributes = withNamed(attributes, name, [...before, clean(item)]);
        else {
          const after =
            rule === 'merge'
              ? merged(existing, item, this.#rules)
              : this.#rules.updateReplaces
                ? clean(item)
                : overlay(existing, item);
          attributes = withNamed(
            attributes,
            name,
            before.map((other) => (other === existing ? (after as Instance) : other)),
          );
        }
      }
    }
    if (body.scope !== undefined && rule === 'update' && old.scope.length === 0) failed.push('scope');
    const types = this.#rules.typesStay
      ? [...new Set([...old.types, ...list(body.type)])]
      : this.#whole(body, old).types;
    return { thing: { ...old, types, scope: scoped(old.scope, body.scope, rule), attributes }, failed };
  }
}
