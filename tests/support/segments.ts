/** Hands on the segment files of a durable log (docs/kit.md, "On disk"), to damage them as a bad disk would. */

import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const SEGMENT = /^\d+\.log$/;
/** The header stands twice, 64 bytes each; the format version follows eight bytes of magic. */
const HEADER_COPIES = [0, 64] as const;
const VERSION_OFFSET = 8;
const HEADER_BYTES = 128;

export function segmentsOf(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => SEGMENT.test(name))
    .sort()
    .map((name) => join(folder, name));
}

export function newestSegment(folder: string): string {
  const newest = segmentsOf(folder).at(-1);
  if (newest === undefined) throw new Error(`no segment in ${folder}`);
  return newest;
}

export function appendGarbage(file: string, bytes: Uint8Array): void {
  appendFileSync(file, bytes);
}

/** Cuts bytes off the end. What was acknowledged goes with them: only a control does this. */
export function cutTail(file: string, bytes: number): void {
  truncateSync(file, Math.max(HEADER_BYTES, statSync(file).size - bytes));
}

/** Inverts one byte. */
export function flipByte(file: string, offset: number): void {
  const byte = readFileSync(file)[offset];
  if (byte === undefined) throw new RangeError(`${file} has no byte ${offset}`);
  writeAt(file, offset, Uint8Array.of(byte ^ 0xff));
}

/** As if a later version of the program had written the segment. */
export function claimFormat(file: string, version: number): void {
  for (const copy of HEADER_COPIES) writeAt(file, copy + VERSION_OFFSET, Uint8Array.of(version >> 8, version & 0xff));
}

function writeAt(file: string, offset: number, bytes: Uint8Array): void {
  const open = openSync(file, 'r+');
  try {
    writeSync(open, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(open);
  }
}
