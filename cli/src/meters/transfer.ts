/** `contor meters import` and `export`: a file of devices against the provisioning API of a running agent. */

import { ProtocolError } from '@contor/kit';
import { askServer, type ServerFlags } from '../tools/server.js';
import { type Read, readCells, readHeader, toTable, type WireDevice } from './columns.js';
import { formatTable, parseTable, type Separator } from './table.js';

export interface ImportFlags extends ServerFlags {
  readonly tenant: string;
  readonly replace?: boolean;
}

export interface Refused {
  readonly line: number;
  readonly reason: string;
}

export interface Imported {
  readonly rows: number;
  readonly taken: number;
  readonly refused: readonly Refused[];
}

interface Answer {
  readonly taken: number;
  readonly refused: readonly { readonly index: number; readonly name: string; readonly message: string }[];
}

interface Placed {
  readonly line: number;
  readonly device: WireDevice;
}

/** Enough to share a commit, small enough for a line of progress. */
const BATCH = 500;
const BATCH_CHARACTERS = 2 * 2 ** 20;
const PAGE = 1_000;

/** Rejects where the file is no table, or the server is away; a row that cannot be is named, and the others go on. */
export async function importDevices(
  text: string,
  flags: ImportFlags,
  tell: (done: number, of: number) => void,
): Promise<Imported> {
  const { placed, refused } = readFile(text);
  const rows = placed.length + refused.length;
  let taken = 0;
  let done = refused.length;
  for (const [servicePath, all] of byServicePath(placed))
    for (const batch of batchesOf(all)) {
      const answer = await send(batch, servicePath, flags);
      taken += answer.taken;
      refused.push(...answer.refused);
      done += batch.length;
      tell(done, rows);
    }
  return { rows, taken, refused: refused.sort((one, other) => one.line - other.line) };
}

export async function exportDevices(flags: ServerFlags, separator: Separator): Promise<string> {
  const devices: WireDevice[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const headers = { 'Fiware-ServicePath': '/*' };
    const path = `/iot/devices?limit=${PAGE}&offset=${offset}`;
    const page = (await askServer(flags, path, { headers })) as { devices: readonly WireDevice[] };
    devices.push(...page.devices);
    if (page.devices.length < PAGE) return formatTable(toTable(devices), separator);
  }
}

function readFile(text: string): { readonly placed: readonly Placed[]; readonly refused: Refused[] } {
  const [header, ...rows] = parseTable(text);
  const columns = readHeader(header?.cells ?? []);
  if (columns.kind === 'fault') return { placed: [], refused: [{ line: header?.line ?? 1, reason: columns.reason }] };
  const read = rows.map(({ line, cells }) => ({ line, device: readCells(columns.value, cells) }));
  return {
    placed: read.flatMap(({ line, device }) => (device.kind === 'value' ? [{ line, device: device.value }] : [])),
    refused: read.flatMap(({ line, device }) => (isFault(device) ? [{ line, reason: device.reason }] : [])),
  };
}

function isFault<T>(read: Read<T>): read is Extract<Read<T>, { kind: 'fault' }> {
  return read.kind === 'fault';
}

function byServicePath(placed: readonly Placed[]): ReadonlyMap<string, readonly Placed[]> {
  const groups = new Map<string, Placed[]>();
  for (const { line, device } of placed) {
    const { service_path: path = '/', ...rest } = device;
    const group = groups.get(String(path)) ?? [];
    groups.set(String(path), group);
    group.push({ line, device: rest });
  }
  return groups;
}

function* batchesOf(all: readonly Placed[]): Iterable<readonly Placed[]> {
  let batch: Placed[] = [];
  let characters = 0;
  for (const placed of all) {
    const length = JSON.stringify(placed.device).length;
    if (batch.length >= BATCH || (batch.length > 0 && characters + length > BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(placed);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}

async function send(batch: readonly Placed[], servicePath: string, flags: ImportFlags) {
  const path = `/iot/devices?options=each${flags.replace === true ? ',replace' : ''}`;
  const asked = { method: 'POST', body: { devices: batch.map(({ device }) => device) } } as const;
  const headers = { 'Fiware-ServicePath': servicePath };
  let answer: Answer;
  try {
    answer = (await askServer(flags, path, { ...asked, headers })) as Answer;
  } catch (error) {
    // Not one of its rows: their service path, for instance.
    if (!(error instanceof ProtocolError && error.code === 'server.400')) throw error;
    return { taken: 0, refused: batch.map(({ line }) => ({ line, reason: error.message })) };
  }
  const refused = answer.refused.map(({ index, name, message }) => ({
    line: batch[index]?.line ?? 0,
    reason: `${name} ${message}`,
  }));
  return { taken: answer.taken, refused };
}
