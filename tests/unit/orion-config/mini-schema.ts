/** As much of JSON Schema as our own schemas use: a test needs no library to see that they mean what they say. */

type Schema = Readonly<Record<string, unknown>> | boolean;

export function faultsOf(schema: unknown, value: unknown, path = '$'): readonly string[] {
  if (schema === true) return [];
  if (schema === false) return [`${path} must not be there`];
  const {
    type,
    const: constant,
    pattern,
    required = [],
    properties = {},
    additionalProperties,
    anyOf,
    items,
    minItems,
  } = schema as Rules;
  const faults: string[] = [];
  if (anyOf !== undefined && !anyOf.some((one) => faultsOf(one, value, path).length === 0))
    faults.push(...faultsOf(anyOf[0], value, path));
  if (type !== undefined && ![type].flat().some((one) => isOf(one, value)))
    faults.push(`${path} is not ${[type].flat().join(' or ')}`);
  if (constant !== undefined && value !== constant) faults.push(`${path} is not ${String(constant)}`);
  if (pattern !== undefined && !(typeof value === 'string' && new RegExp(pattern, 'u').test(value)))
    faults.push(`${path} does not match`);
  if (Array.isArray(value)) {
    if (minItems !== undefined && value.length < minItems) faults.push(`${path} is too short`);
    if (items !== undefined)
      for (const [index, one] of value.entries()) faults.push(...faultsOf(items, one, `${path}[${index}]`));
  } else if (typeof value === 'object' && value !== null) {
    for (const name of required) if (!(name in value)) faults.push(`${path}.${name} is missing`);
    for (const [name, member] of Object.entries(value)) {
      const rule = properties[name] ?? additionalProperties !== false;
      faults.push(...faultsOf(rule, member, `${path}.${name}`));
    }
  }
  return faults;
}

interface Rules {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
