/**
 * What the extension of an unbundled meter (SMX) serves over HTTP: `GET {endpoint}/realtime` is one measure as on `attrs`; `GET {endpoint}/files?after=`
 * lists files that are complete, oldest first; `GET {endpoint}/files/{name}` is one of them, in lines of JSON, a measure each, also by Range (RFC 9110, 14).
 */

import { garbage, isObject, type Parsed, parseJson } from '../codec/bounded-json.js';

export interface SmxFile {
  readonly name: string;
  readonly bytes: number;
  /** SHA-256 of the whole, in hexadecimal. */
  readonly sha256: string;
}

/** A minute of seconds is some twenty kilobytes. */
export const LARGEST_FILE = 1024 * 1024;
const MOST_FILES = 2_000;
/** Becomes part of an address, and sorts by time. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const SHA256 = /^[0-9a-f]{64}$/;

export function decodeFileList(bytes: Uint8Array): Parsed<readonly SmxFile[]> {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage') return parsed;
  const files = isObject(parsed.value) ? parsed.value.files : undefined;
  if (!Array.isArray(files) || files.length > MOST_FILES || !files.every(isFile))
    return garbage('smx.files', 'The answer is no list of files.');
  return { kind: 'value', value: files };
}

export interface Lines {
  /** Arrays of measures, as a device would have published them. */
  readonly batches: readonly Uint8Array[];
  readonly badLines: number;
}

/** Measures in one message of ours. */
const BATCH = 200;

export function decodeFile(bytes: Uint8Array): Lines {
  const batches: Uint8Array[] = [];
  let badLines = 0;
  let good: string[] = [];
  const flush = (): void => {
    if (good.length > 0) batches.push(Buffer.from(`[${good.join(',')}]`));
    good = [];
  };
  for (const line of Buffer.from(bytes).toString().split('\n')) {
    if (line.trim() === '') continue;
    const parsed = parseJson(Buffer.from(line));
    if (parsed.kind === 'value' && isObject(parsed.value)) good.push(line);
    else badLines += 1;
    if (good.length === BATCH) flush();
  }
  flush();
  return { batches, badLines };
}

function isFile(value: unknown): value is SmxFile {
  if (!isObject(value)) return false;
  const { name, bytes, sha256 } = value;
  return (
    typeof name === 'string' &&
    NAME.test(name) &&
    Number.isSafeInteger(bytes) &&
    Number(bytes) >= 0 &&
    Number(bytes) <= LARGEST_FILE &&
    typeof sha256 === 'string' &&
    SHA256.test(sha256)
  );
}
