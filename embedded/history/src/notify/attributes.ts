/**
 * One attribute of a notified entity → one cell: what it is worth, when it was observed, in which unit. Reads NGSI-LD
 * normalized, concise and simplified forms (GS CIM 009 V1.9.1, 4.5.1 to 4.5.4) and NGSI v2 attributes.
 */

import { parseInstant } from '../time.js';

/** How a column keeps values. Fixed by the first value of an (entity type, attribute). */
export type ColumnKind = 'number' | 'text' | 'boolean' | 'json';

export interface Cell {
  readonly name: string;
  readonly value: unknown;
  /** What the sender declared the column to be; the value decides when nothing was declared. */
  readonly declared: ColumnKind | undefined;
  readonly unit: string | undefined;
  readonly observedAtMs: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** NGSI-LD attribute types and the member that holds what is kept (GS CIM 009 V1.9.1, 4.5.2 to 4.5.24). */
const FORMS = [
  { type: 'Property', member: 'value' },
  { type: 'Relationship', member: 'object' },
  { type: 'GeoProperty', member: 'value', declared: 'json' },
  { type: 'LanguageProperty', member: 'languageMap', declared: 'json' },
  { type: 'VocabProperty', member: 'vocab' },
  { type: 'JsonProperty', member: 'json', declared: 'json' },
  { type: 'ListProperty', member: 'valueList', declared: 'json' },
  { type: 'ListRelationship', member: 'objectList', declared: 'json' },
] as const satisfies readonly { type: string; member: string; declared?: ColumnKind }[];

/** NGSI v2 attribute types that say more than the value itself. */
const V2_KINDS: Readonly<Record<string, ColumnKind>> = {
  Number: 'number',
  Integer: 'number',
  Float: 'number',
  Boolean: 'boolean',
  Text: 'text',
  DateTime: 'text',
  ISO8601: 'text',
  StructuredValue: 'json',
  Array: 'json',
};

/** Sent instead of a value when an attribute was deleted (GS CIM 009 V1.9.1, 4.5.0). */
const NGSI_LD_NULL = 'urn:ngsi-ld:null';

/** `undefined`: nothing to keep (null, deleted, or only instances with a datasetId). */
export function toCell(name: string, attribute: unknown): Cell | undefined {
  const instance = Array.isArray(attribute) ? defaultInstance(attribute) : attribute;
  if (instance === undefined || instance === null) {
    return undefined;
  }
  if (!isFields(instance)) {
    return cell(name, instance, undefined, {});
  }
  const form = FORMS.find(
    (row) => (instance.type === undefined || instance.type === row.type) && row.member in instance,
  );
  if (form !== undefined) {
    return cell(name, instance[form.member], 'declared' in form ? form.declared : undefined, instance);
  }
  if ('value' in instance) {
    return cell(name, instance.value, V2_KINDS[String(instance.type)], instance);
  }
  // A declared attribute without its value says nothing; any other object is a simplified value.
  return FORMS.some((row) => row.type === instance.type) ? undefined : cell(name, instance, 'json', {});
}

function cell(name: string, raw: unknown, declared: ColumnKind | undefined, instance: Fields): Cell | undefined {
  const value = isFields(raw) && '@value' in raw ? raw['@value'] : raw;
  if (value === null || value === undefined || value === NGSI_LD_NULL) {
    return undefined;
  }
  return { name, value, declared, unit: unitOf(instance), observedAtMs: instantOf(instance.observedAt) };
}

/** Several instances of one attribute: the one without datasetId (GS CIM 009 V1.9.1, 4.5.5). A plain array is a value. */
function defaultInstance(instances: readonly unknown[]): unknown {
  const areInstances = instances.length > 0 && instances.every(looksLikeInstance);
  return areInstances
    ? instances.find((instance) => isFields(instance) && instance.datasetId === undefined)
    : instances;
}

function looksLikeInstance(item: unknown): boolean {
  return isFields(item) && FORMS.some((row) => item.type === row.type && row.member in item);
}

function unitOf(instance: Fields): string | undefined {
  if (typeof instance.unitCode === 'string') {
    return instance.unitCode;
  }
  const metadata = isFields(instance.metadata) ? instance.metadata.unitCode : undefined;
  return isFields(metadata) && typeof metadata.value === 'string' ? metadata.value : undefined;
}

export function instantOf(value: unknown): number | undefined {
  const text = isFields(value) ? (value['@value'] ?? value.value) : value;
  return typeof text === 'string' ? parseInstant(text) : undefined;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
