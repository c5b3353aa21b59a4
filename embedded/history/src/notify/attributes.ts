/**
 * One attribute of a notified entity → one cell: what it is worth, when it was observed, in which unit. Reads NGSI-LD
 * normalized, concise and simplified forms (GS CIM 009 V1.9.1, 4.5.1 to 4.5.4) and NGSI v2 attributes.
 */

import { simpleLocation } from '../geo/simple-location.js';
import { parseInstant } from '../time.js';

/** How a column keeps values. Fixed by the first value of an (entity type, attribute). */
/** `integer` comes from a dialect only: our own numbers keep their decimals whatever came first. */
export type ColumnKind = 'number' | 'integer' | 'text' | 'boolean' | 'json';

export interface Cell {
  readonly name: string;
  readonly value: unknown;
  /** What the sender declared the column to be; the value decides when nothing was declared. */
  readonly declared: ColumnKind | undefined;
  readonly unit: string | undefined;
  readonly observedAtMs: number | undefined;
}

export interface CellRules {
  /** Several instances of an attribute are columns of their own, and so is its quality. */
  readonly keepsInstances: boolean;
  /** Kinds of attributes beyond Property, Relationship and GeoProperty, too. */
  readonly keepsAllKinds: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const FEW_KINDS: ReadonlySet<unknown> = new Set(['Property', 'Relationship', 'GeoProperty']);

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
  'geo:json': 'json',
  Array: 'json',
};

/** Sent instead of a value when an attribute was deleted (GS CIM 009 V1.9.1, 4.5.0). */
const NGSI_LD_NULL = 'urn:ngsi-ld:null';

/** Cells whose name has this mark stand beside the attribute that is named before it, and are told only when asked for. */
export const BESIDE = '@';
const QUALITY = 'quality';

/** Nothing (null, deleted), one cell, or several: one for each instance, and one for its quality. */
export function toCells(name: string, attribute: unknown, rules: CellRules): readonly Cell[] {
  if (!rules.keepsInstances || !rules.keepsAllKinds) {
    return toFewerCells(name, attribute, rules);
  }
  if (isFields(attribute) && (attribute.datasetId !== undefined || attribute[QUALITY] !== undefined)) {
    return ofInstances(name, [attribute]);
  }
  // Several instances of one attribute (GS CIM 009 V1.9.1, 4.5.5); a plain array is a value.
  if (Array.isArray(attribute) && attribute.length > 0 && attribute.every(looksLikeInstance)) {
    return ofInstances(name, attribute);
  }
  const cell = toCell(name, attribute);
  return cell === undefined ? [] : [cell];
}

function toFewerCells(name: string, attribute: unknown, rules: CellRules): readonly Cell[] {
  const isList = Array.isArray(attribute) && attribute.length > 0 && attribute.every(looksLikeInstance);
  const form = isFields(attribute) ? FORMS.find(({ type }) => type === attribute.type) : undefined;
  const isOfMany = form !== undefined && !FEW_KINDS.has(form.type);
  if ((isList && !rules.keepsInstances) || (isOfMany && !rules.keepsAllKinds)) {
    return [];
  }
  const cell = toCell(name, attribute);
  return cell === undefined ? [] : [cell];
}

function ofInstances(name: string, instances: readonly unknown[]): readonly Cell[] {
  return instances.flatMap((instance) => {
    const { datasetId, [QUALITY]: quality } = isFields(instance) ? instance : {};
    const own = typeof datasetId === 'string' ? `${name}${BESIDE}${datasetId}` : name;
    const cell = toCell(own, instance);
    const beside = cell === undefined ? undefined : toCell(`${own}${BESIDE}${QUALITY}`, quality);
    // The quality of a value is as old as the value.
    const dated = beside === undefined ? undefined : { ...beside, observedAtMs: cell?.observedAtMs };
    return [cell, dated].filter((item) => item !== undefined);
  });
}

function toCell(name: string, instance: unknown): Cell | undefined {
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
    const geometry = simpleLocation(String(instance.type), instance.value);
    return geometry === undefined
      ? cell(name, instance.value, V2_KINDS[String(instance.type)], instance)
      : cell(name, geometry, 'json', instance);
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
