/**
 * `contor history export` and `import`: rows as lines of JSON, each an entity as a notification has it, so that what one server tells
 * another takes as it is. Sending a line twice changes nothing.
 */

import { createInterface } from 'node:readline';
import { ProtocolError } from '@contor/kit';
import { askServer, type ServerFlags } from './server.js';

export interface ExportFlags extends ServerFlags {
  readonly attrs?: string;
  readonly from?: string;
  readonly to?: string;
}

export interface Imported {
  readonly rows: number;
  readonly refused: readonly { readonly line: number; readonly reason: string }[];
}

interface Columns {
  readonly entities: readonly {
    readonly type: string;
    readonly id: string;
    readonly index: readonly number[];
    readonly units?: Readonly<Record<string, string>>;
    readonly columns: Readonly<Record<string, readonly unknown[]>>;
  }[];
}

/** Lines of one notification: large enough to share an fsync, small enough for the body limit. */
const MAX_LINES = 500;
const MAX_BYTES = 4 * 2 ** 20;
/** Entities asked for at once: QuantumLeap's limit. */
const PAGE = 10_000;
/** What is told of a broken file before it is given up. */
const MAX_REFUSED = 1_000;

/** One line a row, entity by entity; resolves with how many. */
export async function exportRows(
  type: string,
  flags: ExportFlags,
  write: (line: string) => Promise<void>,
): Promise<number> {
  const ids = await idsOf(type, flags);
  let rows = 0;
  for (const id of ids) {
    const { entities } = (await askServer(flags, columnsOf(type, id, flags))) as Columns;
    for (const entity of entities) {
      for (const line of linesOf(entity)) {
        await write(line);
        rows += 1;
      }
    }
  }
  return rows;
}

/** Sorted: they come newest first, and what is newest changes while they are asked for. */
async function idsOf(type: string, flags: ServerFlags): Promise<readonly string[]> {
  const ids = new Set<string>();
  for (let offset = 0; ; offset += PAGE) {
    const path = `/v2/entities?type=${encodeURIComponent(type)}&limit=${PAGE}&offset=${offset}`;
    const page = (await askServer(flags, path)) as readonly { readonly id: string }[];
    for (const { id } of page) ids.add(id);
    if (page.length < PAGE) return [...ids].sort();
  }
}

/** Lines that cannot be taken are named and left out; the others go on. */
export async function importRows(
  input: NodeJS.ReadableStream,
  flags: ServerFlags,
  onProgress: (rows: number) => void,
): Promise<Imported> {
  const refused: { line: number; reason: string }[] = [];
  let rows = 0;
  let waiting: Line[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    rows += await sendLines(waiting, flags, refused);
    waiting = [];
    bytes = 0;
    onProgress(rows);
  };
  let number = 0;
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (text.trim() === '') continue;
    waiting.push({ number, text });
    bytes += text.length;
    if (waiting.length >= MAX_LINES || bytes >= MAX_BYTES) await send();
    if (refused.length >= MAX_REFUSED) break;
  }
  if (waiting.length > 0) await send();
  return { rows, refused };
}

interface Line {
  readonly number: number;
  readonly text: string;
}

/** A notification is taken whole or not at all: of a refused one the halves are tried, down to the line that is wrong. */
async function sendLines(
  lines: readonly Line[],
  flags: ServerFlags,
  refused: { line: number; reason: string }[],
): Promise<number> {
  const data = lines.map(({ text }) => parse(text));
  const reason = data.includes(undefined) ? 'it is no JSON object' : await refusalOf(flags, data);
  if (reason === undefined) return lines.length;
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) {
    refused.push({ line: only.number, reason });
    return 0;
  }
  const middle = Math.ceil(lines.length / 2);
  return (
    (await sendLines(lines.slice(0, middle), flags, refused)) + (await sendLines(lines.slice(middle), flags, refused))
  );
}

/** undefined: it is on disk. What is no fault of the lines ends the import. */
async function refusalOf(flags: ServerFlags, data: readonly unknown[]): Promise<string | undefined> {
  try {
    await askServer(flags, '/v2/notify', { method: 'POST', body: { data } });
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError && (error.code === 'server.400' || error.code === 'server.413'))
      return error.message;
    throw error;
  }
}

function columnsOf(type: string, id: string, { attrs, from, to }: ExportFlags): string {
  const query = new URLSearchParams({ type, format: 'columns' });
  for (const [name, value] of Object.entries({ attrs, fromDate: from, toDate: to })) {
    if (value !== undefined) query.set(name, value);
  }
  return `/v2/entities/${encodeURIComponent(id)}?${query}`;
}

function* linesOf({ id, type, index, units = {}, columns }: Columns['entities'][number]): Iterable<string> {
  for (const [row, ms] of index.entries()) {
    const observedAt = new Date(ms).toISOString();
    const attributes = Object.entries(columns).flatMap(([name, values]) => {
      const value = values[row] ?? null;
      const unitCode = units[name];
      return value === null
        ? []
        : [[name, { type: 'Property', value, ...(unitCode && { unitCode }), observedAt }] as const];
    });
    if (attributes.length > 0) yield JSON.stringify({ id, type, ...Object.fromEntries(attributes) });
  }
}

function parse(text: string): object | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
