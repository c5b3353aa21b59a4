/** What a field of the provisioning API may hold: each check gives the value or says in a few words what was expected. */

import type { AttributeRow, CommandRow, Connection, ExplicitAttrs, Metadata, StaticRow } from '../registry/device.js';

export type Check<T> = (value: unknown) => { readonly ok: T } | { readonly expected: string };

const LONGEST_TEXT = 1_000;
/** Attributes of one device; a polyphase meter with everything switched on has about a hundred. */
const MOST_ROWS = 200;
const MOST_METADATA = 20;
/** Objects within objects: those of an API body stand seven deep, and GeoJSON in them a few more. */
const DEEPEST = 20;
/** Values of others that we keep: as text. */
const LONGEST_VALUE = 4_096;

const NAME = /^[A-Za-z_][A-Za-z0-9_.:~-]{0,99}$/;
const TYPE = /^[A-Za-z][A-Za-z0-9_.:/#-]{0,199}$/;
const LOCAL_NAME = /^[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/;
/** Members of an entity that are no attributes, and what is none of ours to define. */
const RESERVED: readonly string[] = ['id', 'type', '@context', '__proto__', 'scope'];

export const text: Check<string> = (value) =>
  typeof value === 'string' && value.length <= LONGEST_TEXT ? { ok: value } : expected('a text');

export function pattern(shape: RegExp, what: string): Check<string> {
  return (value) => (typeof value === 'string' && shape.test(value) ? { ok: value } : expected(what));
}

export const flag: Check<boolean> = (value) => (typeof value === 'boolean' ? { ok: value } : expected('true or false'));

export function integer(min: number, max: number): Check<number> {
  return (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? { ok: value }
      : expected(`a whole number from ${min} to ${max}`);
}

export const localName = pattern(LOCAL_NAME, 'a name that an identifier may end with');
export const entityType = pattern(TYPE, 'the name of a type');
export const deviceId = pattern(/^[A-Za-z0-9._:~-]{1,100}$/, 'up to 100 letters, digits and . _ : ~ -');
export const apiKey = pattern(/^[A-Za-z0-9._~-]{1,100}$/, 'up to 100 letters, digits and . _ ~ -');
export const resource = pattern(/^(?:\/[A-Za-z0-9._~/-]{0,99})?$/, 'a path of up to 100 characters, or nothing');

/** Asking costs a tenth of a millisecond, and a fleet lives in a few zones. */
const knownZones = new Set<string>();
const MOST_ZONES = 1_000;

export const timeZone: Check<string> = (value) => {
  if (typeof value !== 'string' || value.length > 64) return expected('an IANA time zone');
  if (knownZones.has(value)) return { ok: value };
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    if (knownZones.size < MOST_ZONES) knownZones.add(value);
    return { ok: value };
  } catch {
    return expected('an IANA time zone');
  }
};

export const anything: Check<unknown> = (value) =>
  value === undefined || JSON.stringify(value).length > LONGEST_VALUE
    ? expected(`JSON of at most ${LONGEST_VALUE} characters`)
    : { ok: value };

export const anyList: Check<readonly unknown[]> = (value) =>
  Array.isArray(value) && value.length <= MOST_ROWS && 'ok' in anything(value)
    ? { ok: value }
    : expected(`a list of at most ${LONGEST_VALUE} characters`);

export const connection: Check<Connection> = (value) => {
  const kinds: readonly unknown[] = ['tcp', 'listen', 'serial'];
  if (!isObject(value) || !kinds.includes(value.kind)) return expected('a connection of kind tcp, listen or serial');
  const { kind, address, line, ...others } = value;
  const isGood = [address, line].every((one) => one === undefined || 'ok' in text(one));
  if (!isGood || Object.keys(others).length > 0) return expected('kind, and perhaps address and line, as texts');
  return { ok: value as unknown as Connection };
};

export const explicitAttrs: Check<ExplicitAttrs> = (value) => {
  if (typeof value === 'boolean') return { ok: value };
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return { ok: value };
  const isList =
    Array.isArray(value) &&
    value.length <= MOST_ROWS &&
    value.every((one) => typeof one === 'string' || (isObject(one) && typeof one.object_id === 'string'));
  return isList ? { ok: value as ExplicitAttrs } : expected('true, false, an expression, or a list of attributes');
};

const objectId = pattern(/^[^\p{Cc}]{1,100}$/u, 'a text of up to 100 characters');
const attributeName: Check<string> = (value) =>
  typeof value === 'string' && NAME.test(value) && !RESERVED.includes(value)
    ? { ok: value }
    : expected('the name of an attribute');
const attributeType = pattern(/^[A-Za-z][A-Za-z0-9_.:/#-]{0,99}$/, 'the name of a type');

/** Rows: wire name, our name, what it may hold. */
export interface FieldRow {
  readonly wire: string;
  readonly field: string;
  readonly check: Check<unknown>;
  readonly isRequired?: true;
}

const metadata: Check<Metadata> = (value) => {
  const isGood =
    isObject(value) &&
    Object.keys(value).length <= MOST_METADATA &&
    Object.entries(value).every(
      ([name, one]) => NAME.test(name) && isObject(one) && 'value' in one && 'ok' in anything(one),
    );
  return isGood ? { ok: value as Metadata } : expected('metadata, each with a value');
};

const NAMED = [
  { wire: 'name', field: 'name', check: attributeName, isRequired: true },
  { wire: 'type', field: 'type', check: attributeType, isRequired: true },
] as const satisfies readonly FieldRow[];

export const ATTRIBUTE_FIELDS = [
  { wire: 'object_id', field: 'objectId', check: objectId },
  ...NAMED,
  { wire: 'expression', field: 'expression', check: text },
  { wire: 'skipValue', field: 'skipValue', check: anything },
  { wire: 'metadata', field: 'metadata', check: metadata },
  { wire: 'entity_name', field: 'entityName', check: text },
  { wire: 'entity_type', field: 'entityType', check: attributeType },
] as const satisfies readonly FieldRow[];

export const STATIC_FIELDS = [
  ...NAMED,
  { wire: 'value', field: 'value', check: anything, isRequired: true },
  { wire: 'metadata', field: 'metadata', check: metadata },
] as const satisfies readonly FieldRow[];

export const COMMAND_FIELDS = [
  { wire: 'object_id', field: 'objectId', check: objectId },
  ...NAMED,
  { wire: 'expression', field: 'expression', check: text },
] as const satisfies readonly FieldRow[];

export const attributes = rows<AttributeRow>(ATTRIBUTE_FIELDS);
export const statics = rows<StaticRow>(STATIC_FIELDS);
export const commands = rows<CommandRow>(COMMAND_FIELDS);

/** Fields of a row that mean nothing here (`reverse`, `mqtt`, `contentType`, …) are dropped: a row is small and ours. */
function rows<Row>(fields: readonly FieldRow[]): Check<readonly Row[]> {
  return (value) => {
    if (!Array.isArray(value)) return expected('a list');
    if (value.length > MOST_ROWS) return expected(`at most ${MOST_ROWS} of them`);
    const found: Row[] = [];
    for (const [index, one] of value.entries()) {
      const read = isObject(one) ? readFields(one, fields) : expected('an object');
      if ('expected' in read) return expected(`[${index}]: ${read.expected}`);
      found.push(read.ok as Row);
    }
    return { ok: found };
  };
}

/** The known fields of an object under our names. */
export function readFields(
  value: Readonly<Record<string, unknown>>,
  fields: readonly FieldRow[],
): { readonly ok: Readonly<Record<string, unknown>> } | { readonly expected: string } {
  const found: Record<string, unknown> = {};
  for (const { wire, field, check, isRequired } of fields) {
    const one = Object.hasOwn(value, wire) ? value[wire] : undefined;
    if (one === undefined || (one === null && wire !== 'value' && wire !== 'skipValue')) {
      if (isRequired) return expected(`"${wire}"`);
      continue;
    }
    const checked = check(one);
    if ('expected' in checked) return expected(`"${wire}" to be ${checked.expected}`);
    found[field] = checked.ok;
  }
  return { ok: found };
}

export function writeFields(row: object, fields: readonly FieldRow[]): Record<string, unknown> {
  const values = row as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    fields.flatMap(({ wire, field }) => (values[field] === undefined ? [] : [[wire, values[field]]])),
  );
}

/** Without recursion of ours: a body of brackets alone is a hundred thousand deep. */
export function isTooDeep(body: unknown): boolean {
  let level: readonly unknown[] = [body];
  for (let depth = 0; depth <= DEEPEST; depth += 1) {
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function expected(what: string): { readonly expected: string } {
  return { expected: what };
}
