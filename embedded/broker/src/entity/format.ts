/** Entity → representation: normalized, concise or simplified (GS CIM 009 V1.9.1, 4.5.1 to 4.5.5, 4.15, 4.21). */

import type { Context } from '../context/compile.js';
import { isObject, type Json } from '../json.js';
import { chooseLanguage, type LanguageFilter } from './language.js';
import { type Attribute, type AttributeKind, type Entity, KINDS, SAME } from './model.js';

export type Representation = 'normalized' | 'concise' | 'simplified';

/** Which attributes to show; names expanded. `members` are id, type, scope and the system times (pick and omit). */
export interface Projection {
  readonly attributes?: ReadonlySet<string> | undefined;
  readonly omitted?: ReadonlySet<string> | undefined;
  readonly members?: ReadonlySet<string> | undefined;
  readonly omittedMembers?: ReadonlySet<string> | undefined;
}

export interface FormatOptions {
  readonly context: Context;
  readonly representation: Representation;
  readonly sysAttrs: boolean;
  readonly projection?: Projection | undefined;
  /** Language maps become the text of one language. */
  readonly languages?: LanguageFilter | undefined;
  /** Instances to show, by datasetId; `@none` is the default one. */
  readonly datasets?: ReadonlySet<string> | undefined;
}

export type JsonRecord = Record<string, unknown>;

export function formatEntity(entity: Entity, options: FormatOptions): JsonRecord {
  const { context, projection, sysAttrs, datasets } = options;
  const out: JsonRecord = {};
  if (isShown('id', projection)) out.id = entity.id;
  if (isShown('type', projection)) out.type = formatTypes(entity.types, context);
  if (entity.scope !== undefined && isShown('scope', projection)) out.scope = one(entity.scope);
  if (sysAttrs || projection?.members?.has('createdAt')) putTime(out, 'createdAt', entity.createdAt, projection);
  if (sysAttrs || projection?.members?.has('modifiedAt')) putTime(out, 'modifiedAt', entity.modifiedAt, projection);
  for (const attribute of entity.attributes) {
    if (projection !== undefined && !isChosen(attribute.name, projection)) continue;
    if (datasets !== undefined && !datasets.has(attribute.datasetId ?? '@none')) continue;
    put(out, context.compact(attribute.name), formatAttribute(attribute, options), attribute, options);
  }
  return out;
}

export function formatTypes(types: readonly string[], context: Context): string | string[] {
  const first = types[0];
  return types.length === 1 && first !== undefined
    ? context.compact(first)
    : types.map((type) => context.compact(type));
}

export function isChosen(name: string, { attributes, omitted }: Projection): boolean {
  return (attributes === undefined || attributes.has(name)) && !omitted?.has(name);
}

function isShown(member: string, projection: Projection | undefined): boolean {
  if (projection === undefined) return true;
  return (
    (projection.members === undefined || projection.members.has(member)) && !projection.omittedMembers?.has(member)
  );
}

function putTime(out: JsonRecord, member: string, atMs: number, projection: Projection | undefined): void {
  if (isShown(member, projection)) out[member] = new Date(atMs).toISOString();
}

/** 4.5.5: several instances of one attribute are an array; simplified, they are a map by datasetId (4.5.4). */
function put(
  out: JsonRecord,
  name: string,
  formatted: unknown,
  attribute: Attribute,
  { representation }: FormatOptions,
): void {
  const existing = out[name];
  if (representation === 'simplified') {
    if (attribute.datasetId === undefined && existing === undefined) out[name] = formatted;
    else out[name] = { dataset: { ...datasetsOf(existing), [attribute.datasetId ?? '@none']: formatted } };
  } else if (existing === undefined) out[name] = formatted;
  else if (Array.isArray(existing)) existing.push(formatted);
  else out[name] = [existing, formatted];
}

function datasetsOf(existing: unknown): JsonRecord {
  if (existing === undefined) return {};
  const isMap = typeof existing === 'object' && existing !== null && 'dataset' in existing;
  return isMap ? (existing.dataset as JsonRecord) : { '@none': existing };
}

function formatAttribute(attribute: Attribute, options: FormatOptions): unknown {
  return options.languages === undefined
    ? formatInstance(attribute, options)
    : formatInLanguage(attribute, options, options.languages);
}

/** 4.15: a Property with the text, and beside it the language it is in. */
function formatInLanguage(attribute: Attribute, options: FormatOptions, languages: LanguageFilter): unknown {
  const { kind, value } = attribute;
  const chosen = kind === 'LanguageProperty' && isObject(value) ? chooseLanguage(value, languages) : undefined;
  return chosen === undefined
    ? formatInstance(attribute, options)
    : formatInstance({ ...attribute, kind: 'Property', value: chosen.value }, options, chosen.lang);
}

function formatInstance(attribute: Attribute, options: FormatOptions, lang?: string): unknown {
  const value = formatValue(attribute, options.context);
  if (options.representation === 'simplified') return simplify(attribute, value);
  const isConcise = options.representation === 'concise';
  if (isConcise && lang === undefined && isBare(attribute, value, options)) return value;
  const out: JsonRecord = {};
  const kind = attribute.kind === SAME ? 'Property' : attribute.kind;
  if (!isConcise) out.type = kind;
  out[KINDS[kind].member] = value;
  if (lang !== undefined) out.lang = lang;
  if (attribute.unitCode !== undefined) out.unitCode = attribute.unitCode;
  if (attribute.observedAt !== undefined) out.observedAt = attribute.observedAt;
  if (attribute.datasetId !== undefined) out.datasetId = attribute.datasetId;
  if (options.sysAttrs) {
    out.createdAt = new Date(attribute.createdAt).toISOString();
    out.modifiedAt = new Date(attribute.modifiedAt).toISOString();
  }
  for (const part of attribute.parts)
    put(out, options.context.compact(part.name), formatAttribute(part, options), part, options);
  return out;
}

function formatValue({ kind, value }: Attribute, context: Context): Json {
  if (kind !== 'VocabProperty') return value;
  return Array.isArray(value) ? value.map((term) => context.compact(String(term))) : context.compact(String(value));
}

/** Simplified, these kinds keep their member, so that a reader can tell them from a plain value (4.5.4). */
const KEPT: ReadonlySet<AttributeKind | typeof SAME> = new Set(['LanguageProperty', 'VocabProperty', 'JsonProperty']);

function simplify({ kind }: Attribute, value: Json): unknown {
  return KEPT.has(kind) && kind !== SAME ? { [KINDS[kind].member]: value } : value;
}

/** Concise: a Property (or a geometry) with nothing beside it is written as its value (4.5.2.3), unless it could be misread. */
function isBare(attribute: Attribute, value: Json, { sysAttrs }: FormatOptions): boolean {
  if (sysAttrs || attribute.parts.length > 0) return false;
  if (attribute.unitCode !== undefined || attribute.observedAt !== undefined || attribute.datasetId !== undefined)
    return false;
  if (attribute.kind === 'GeoProperty') return true;
  return attribute.kind === 'Property' && !isObject(value) && !Array.isArray(value);
}

function one(values: readonly string[]): string | readonly string[] {
  const [first] = values;
  return values.length === 1 && first !== undefined ? first : values;
}
