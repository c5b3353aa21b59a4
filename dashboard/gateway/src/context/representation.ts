/**
 * Normalized entities in the other representations of GS CIM 009 (4.5.2.3 concise, 4.5.4 simplified). What is hidden from somebody can be
 * told from the normalized one alone, so the broker is asked for that, and what was asked for is made here.
 */

export const REPRESENTATIONS = ['normalized', 'concise', 'simplified'] as const;

export type Representation = (typeof REPRESENTATIONS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** Which member carries the value, and whether it stays beside the value when that is all there is (4.5.4). */
const KINDS: Readonly<Record<string, { readonly member: string; readonly isKept?: true }>> = {
  Property: { member: 'value' },
  Relationship: { member: 'object' },
  GeoProperty: { member: 'value' },
  LanguageProperty: { member: 'languageMap', isKept: true },
  VocabProperty: { member: 'vocab', isKept: true },
  JsonProperty: { member: 'json', isKept: true },
  ListProperty: { member: 'valueList', isKept: true },
  ListRelationship: { member: 'objectList', isKept: true },
};

/** Of an entity, and not attributes of it. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...['id', 'type', 'scope', '@context', 'createdAt', 'modifiedAt', 'deletedAt', 'expiresAt'],
]);

export function represent(entity: Fields, representation: Representation): Fields {
  if (representation === 'normalized') return entity;
  return Object.fromEntries(
    Object.entries(entity).map(([name, value]) => [
      name,
      MEMBERS.has(name) ? value : representation === 'concise' ? concise(value) : simplified(value),
    ]),
  );
}

function simplified(attribute: unknown): unknown {
  const instances: readonly unknown[] = Array.isArray(attribute) ? attribute : [attribute];
  const [first] = instances;
  if (instances.length === 1 && datasetOf(first) === undefined) return simplifiedOne(first);
  return { dataset: Object.fromEntries(instances.map((one) => [datasetOf(one) ?? '@none', simplifiedOne(one)])) };
}

function simplifiedOne(instance: unknown): unknown {
  const kind = kindOf(instance);
  if (kind === undefined || !isFields(instance)) return instance;
  const value = instance[kind.member];
  return kind.isKept === true ? { [kind.member]: value } : value;
}

function concise(attribute: unknown): unknown {
  return Array.isArray(attribute) ? attribute.map(conciseOne) : conciseOne(attribute);
}

function conciseOne(instance: unknown): unknown {
  const kind = kindOf(instance);
  if (kind === undefined || !isFields(instance)) return instance;
  const { type, ...rest } = instance;
  const value = rest[kind.member];
  const isAlone = Object.keys(rest).length === 1;
  // A bare object or list could be misread as something else.
  if (isAlone && (type === 'GeoProperty' || (type === 'Property' && typeof value !== 'object'))) return value;
  return Object.fromEntries(
    Object.entries(rest).map(([name, part]) => [
      name,
      name === kind.member || !isAttribute(part) ? part : concise(part),
    ]),
  );
}

function isAttribute(part: unknown): boolean {
  return Array.isArray(part) ? part.every((one) => kindOf(one) !== undefined) : kindOf(part) !== undefined;
}

function kindOf(instance: unknown): (typeof KINDS)[string] | undefined {
  const type = isFields(instance) ? instance.type : undefined;
  return typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
}

function datasetOf(instance: unknown): string | undefined {
  const datasetId = isFields(instance) ? instance.datasetId : undefined;
  return typeof datasetId === 'string' ? datasetId : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
