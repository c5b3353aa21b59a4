/** The columns of a file of devices ↔ devices as the provisioning API words them. */

import type { Cell } from './table.js';

export type WireDevice = Readonly<Record<string, unknown>>;
export type Read<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly reason: string };

interface ColumnRow {
  readonly name: string;
  readonly holds: 'text' | 'number' | 'flag' | 'json';
  /** Where it stands in a device of the API. */
  readonly in: 'device' | 'contor' | 'connection';
  readonly field?: string;
}

/** In this order they are written, and only those that some device needs. */
export const COLUMNS = [
  { name: 'device_id', holds: 'text', in: 'device' },
  { name: 'apikey', holds: 'text', in: 'device' },
  { name: 'service_path', holds: 'text', in: 'device' },
  { name: 'model', holds: 'text', in: 'contor' },
  { name: 'serialNumber', holds: 'text', in: 'contor' },
  { name: 'entity_name', holds: 'text', in: 'device' },
  { name: 'entity_type', holds: 'text', in: 'device' },
  { name: 'name', holds: 'text', in: 'contor' },
  { name: 'refDevice', holds: 'text', in: 'contor' },
  { name: 'refPoint', holds: 'text', in: 'contor' },
  { name: 'timezone', holds: 'text', in: 'device' },
  { name: 'registerDigits', holds: 'number', in: 'contor' },
  { name: 'reportingIntervalSeconds', holds: 'number', in: 'contor' },
  { name: 'scheduleGroup', holds: 'text', in: 'contor' },
  { name: 'connection_kind', holds: 'text', in: 'connection', field: 'kind' },
  { name: 'connection_address', holds: 'text', in: 'connection', field: 'address' },
  { name: 'connection_line', holds: 'text', in: 'connection', field: 'line' },
  { name: 'keyReference', holds: 'text', in: 'contor' },
  { name: 'isSimulated', holds: 'flag', in: 'contor' },
  { name: 'isAutoprovisioned', holds: 'flag', in: 'contor' },
  { name: 'transport', holds: 'text', in: 'device' },
  { name: 'protocol', holds: 'text', in: 'device' },
  { name: 'endpoint', holds: 'text', in: 'device' },
  { name: 'timestamp', holds: 'flag', in: 'device' },
  { name: 'explicitAttrs', holds: 'json', in: 'device' },
  { name: 'attributes', holds: 'json', in: 'device' },
  { name: 'lazy', holds: 'json', in: 'device' },
  { name: 'commands', holds: 'json', in: 'device' },
  { name: 'static_attributes', holds: 'json', in: 'device' },
  { name: 'internal_attributes', holds: 'json', in: 'device' },
  { name: 'ngsiVersion', holds: 'json', in: 'device' },
  { name: 'payloadType', holds: 'json', in: 'device' },
  { name: 'polling', holds: 'json', in: 'device' },
  { name: 'autoprovision', holds: 'json', in: 'device' },
  { name: 'defaultEntityNameConjunction', holds: 'json', in: 'device' },
  { name: 'description', holds: 'json', in: 'device' },
] as const satisfies readonly ColumnRow[];

const ROWS: readonly ColumnRow[] = COLUMNS;
const ALWAYS: readonly string[] = ['device_id', 'apikey'];

export function readHeader(cells: readonly Cell[]): Read<readonly ColumnRow[]> {
  const found: ColumnRow[] = [];
  for (const cell of cells) {
    const row = ROWS.find(({ name }) => name === cell?.trim());
    if (row === undefined) return { kind: 'fault', reason: `"${cell ?? ''}" is not a column of ours` };
    if (found.includes(row)) return { kind: 'fault', reason: `the column "${row.name}" stands there twice` };
    found.push(row);
  }
  if (!found.some(({ name }) => name === 'device_id'))
    return { kind: 'fault', reason: 'there is no column "device_id"' };
  return { kind: 'value', value: found };
}

/** `service_path` is among its fields; the caller sends it as the header it is. */
export function readCells(columns: readonly ColumnRow[], cells: readonly Cell[]): Read<WireDevice> {
  if (cells.length > columns.length) return { kind: 'fault', reason: 'there are more cells than columns' };
  const parts: Record<ColumnRow['in'], Record<string, unknown>> = { device: {}, contor: {}, connection: {} };
  for (const [index, { name, holds, field = name, in: part }] of columns.entries()) {
    const cell = cells[index];
    if (cell === undefined) continue;
    const value = readCell(holds, cell);
    if (value === undefined) return { kind: 'fault', reason: `"${name}" holds no ${WORDS[holds]}` };
    parts[part][field] = value;
  }
  const { device, contor, connection } = parts;
  if (Object.keys(connection).length > 0) contor.connection = connection;
  const others = Array.isArray(device.internal_attributes) ? (device.internal_attributes as unknown[]) : [];
  const internal = Object.keys(contor).length > 0 ? [...others, { contor }] : others;
  return { kind: 'value', value: { ...device, ...(internal.length > 0 && { internal_attributes: internal }) } };
}

/** Header and rows. */
export function toTable(devices: readonly WireDevice[]): readonly (readonly Cell[])[] {
  const all = devices.map(cellsOf);
  const used = ROWS.filter(({ name }) => ALWAYS.includes(name) || all.some((cells) => cells.has(name)));
  return [used.map(({ name }) => name), ...all.map((cells) => used.map(({ name }) => cells.get(name)))];
}

const WORDS: Readonly<Record<ColumnRow['holds'], string>> = {
  text: 'text',
  number: 'number',
  flag: 'true or false',
  json: 'JSON',
};

function readCell(holds: ColumnRow['holds'], cell: string): unknown {
  if (holds === 'text') return cell;
  if (holds === 'number') return /^\d{1,9}$/.test(cell) ? Number(cell) : undefined;
  if (holds === 'flag') return cell === 'true' ? true : cell === 'false' ? false : undefined;
  try {
    return JSON.parse(cell) as unknown;
  } catch {
    return undefined; // Told as a cell that holds no JSON.
  }
}

function cellsOf(device: WireDevice): ReadonlyMap<string, string> {
  const internal = Array.isArray(device.internal_attributes) ? (device.internal_attributes as unknown[]) : [];
  const ours = internal.find(isOurs)?.contor ?? {};
  const others = internal.filter((one) => !isOurs(one));
  const parts = {
    device: { ...device, internal_attributes: others.length > 0 ? others : undefined },
    contor: ours,
    connection: (ours.connection ?? {}) as Readonly<Record<string, unknown>>,
  };
  const cells = new Map<string, string>();
  for (const { name, holds, field = name, in: part } of ROWS) {
    const value: unknown = (parts[part] as Readonly<Record<string, unknown>>)[field];
    // The root is what nobody needs to say.
    if (value === undefined || (name === 'service_path' && value === '/')) continue;
    cells.set(name, holds === 'json' ? JSON.stringify(value) : String(value));
  }
  return cells;
}

function isOurs(one: unknown): one is { readonly contor: Readonly<Record<string, unknown>> } {
  return typeof one === 'object' && one !== null && 'contor' in one;
}
