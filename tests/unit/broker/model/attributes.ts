/** What the reference model knows of attributes: normalized JSON, what removes, how two become one (GS CIM 009 V1.9.1, 4.5, 5.5.8, 5.5.12). */

export const NULL = 'urn:ngsi-ld:null';
export type Members = Readonly<Record<string, unknown>>;
/** An attribute instance as it is on the wire, normalized. */
export type Instance = Members & { readonly type: string };
export type Attributes = ReadonlyMap<string, readonly Instance[]>;

const VALUE: Readonly<Record<string, string>> = {
  Property: 'value',
  Relationship: 'object',
  LanguageProperty: 'languageMap',
};
const isObject = (json: unknown): json is Members => typeof json === 'object' && json !== null && !Array.isArray(json);
const isInstance = (json: unknown): json is Instance => isObject(json) && Object.hasOwn(VALUE, String(json.type));
export const list = (json: unknown): readonly string[] => (json === undefined ? [] : ([json].flat() as string[]));
export const one = (items: readonly unknown[]): unknown => (items.length === 1 ? items[0] : items);
const contentOf = (instance: Instance): unknown => instance[VALUE[instance.type] ?? ''];
export const has = (json: unknown, test: (json: unknown) => boolean): boolean =>
  test(json) || (typeof json === 'object' && json !== null && Object.values(json).some((item) => has(item, test)));

/** 4.5.0, 4.5.18: what removes. */
export function isNull(json: unknown): boolean {
  if (!isInstance(json)) return json === NULL;
  const value = contentOf(json);
  return value === NULL || (isObject(value) && value['@none'] === NULL);
}

/** A null inside a value, where only a merge may have one (5.5.4). */
export const hasInnerNull = (json: unknown): boolean =>
  has(json, (item) => isInstance(item) && !isNull(item) && has(contentOf(item), isNull));

/** RFC 7396: what a patch brings where there is nothing to remove. */
export function clean<T>(json: T): T {
  if (!isObject(json)) return json;
  return Object.fromEntries(
    Object.entries(json).flatMap(([key, item]) => (isNull(item) ? [] : [[key, clean(item)]])),
  ) as T;
}

export function attributesOf(body: Members): Attributes {
  const named = Object.entries(body).filter(([key]) => !['id', 'type', 'scope'].includes(key));
  return new Map(
    named.map(([key, json]) => [
      key,
      list(json).map((item) => (isInstance(item) ? item : { type: 'Property', value: item })),
    ]),
  );
}

/** 5.5.8 on one attribute: member by member, each as a whole. */
export function overlay(old: Instance, fragment: Members): Instance {
  const kept = Object.entries({ ...old, ...fragment }).filter(([key]) => !isNull(fragment[key]));
  return Object.fromEntries(kept.map(([key, item]) => [key, isInstance(item) ? clean(item) : item])) as Instance;
}

export function withNamed(attributes: Attributes, name: string, instances: readonly Instance[]): Attributes {
  const others = new Map(attributes);
  if (instances.length > 0) others.set(name, instances);
  else others.delete(name);
  return others;
}

/** 5.5.12: RFC 7396, but a sub-attribute takes its kind along, and a value does not outlive its kind. */
export function merged(
  old: unknown,
  patch: unknown,
  rules: { readonly mergeGoesIn: boolean; readonly mergeChangesKind: boolean },
): unknown {
  if (!isObject(patch) || !isObject(old)) return clean(patch);
  const isOther = isInstance(patch) && patch.type !== old.type;
  if (isOther && !rules.mergeChangesKind) return old;
  const gone = isOther ? [VALUE[String(old.type)], patch.type === 'Property' ? '' : 'unitCode'] : [];
  const result: Record<string, unknown> = Object.fromEntries(
    Object.entries(old).filter(([key]) => !gone.includes(key)),
  );
  for (const [key, item] of Object.entries(patch)) {
    if (isNull(item)) delete result[key];
    else result[key] = rules.mergeGoesIn ? merged(result[key], item, rules) : clean(item);
  }
  return result;
}

/** 4.18. */
export function scoped(old: readonly string[], scope: unknown, rule: string): readonly string[] {
  if (scope === undefined || (rule === 'update' && old.length === 0)) return old;
  if (rule === 'appendNew') return [...new Set([...old, ...list(scope)])];
  return scope === NULL ? [] : list(scope);
}
