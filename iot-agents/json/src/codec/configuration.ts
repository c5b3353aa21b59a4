/**
 * A device asks for its configuration, as iotagent-json words it: `{"type": "configuration", "fields": ["sleepTime"]}` on
 * `…/configuration/commands`, and hears `{"sleepTime": 200, "dt": "20260125T092703Z"}` on `…/configuration/values`.
 */

import { toIso } from '@contor/kit';
import { garbage, isObject, type Parsed, parseJson } from './bounded-json.js';

export interface ConfigurationQuestion {
  /** `subscription` is answered once like the other: a device that wants news asks again. */
  readonly type: 'configuration' | 'subscription';
  readonly fields: readonly string[];
}

/** A device has a handful of settings. */
const MOST_FIELDS = 50;
const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
/** A radio module reads its settings in one small packet. */
const LONGEST_ANSWER = 16 * 1024;

export function decodeQuestion(bytes: Uint8Array): Parsed<ConfigurationQuestion> {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage') return parsed;
  const { type, fields } = isObject(parsed.value) ? parsed.value : {};
  if (type !== 'configuration' && type !== 'subscription')
    return garbage('configuration.type', 'A question about the configuration is of neither type that there is.');
  if (!Array.isArray(fields) || fields.length === 0 || fields.length > MOST_FIELDS || !fields.every(isField))
    return garbage('configuration.fields', 'The fields are not a short list of names.');
  return { kind: 'value', value: { type, fields } };
}

/** Values of the entity's attributes; one it does not have is left out. Undefined when they are too long for a device. */
export function encodeConfiguration(
  entity: Readonly<Record<string, unknown>>,
  { fields }: ConfigurationQuestion,
  nowMs: number,
): Uint8Array | undefined {
  const known = fields.flatMap((name): [string, unknown][] => {
    const attribute = Object.hasOwn(entity, name) ? entity[name] : undefined;
    if (!isObject(attribute)) return [];
    const value = attribute.value ?? attribute.object;
    return value === undefined ? [] : [[name, value]];
  });
  const dt = toIso(nowMs).replace(/[-:]|\.\d+/g, '');
  const bytes = new TextEncoder().encode(JSON.stringify({ ...Object.fromEntries(known), dt }));
  return bytes.length > LONGEST_ANSWER ? undefined : bytes;
}

function isField(name: unknown): name is string {
  return typeof name === 'string' && FIELD.test(name);
}
