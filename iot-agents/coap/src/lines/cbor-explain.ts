/** The heads of CBOR items one by one, for the eyes (RFC 8949, 3): a string with its bytes, a container as its head. */

import type { ExplainedRow } from '@contor/kit';
import { decodeItem } from '../codec/cbor/decode.js';
import { formatDiagnostic } from '../codec/cbor/diagnostic.js';
import { Cutter } from './cutter.js';

const NAMES = ['integer', 'integer', 'bytes', 'text', 'array', 'map', 'tag', 'simple or float'] as const;
const ARGUMENT_BYTES: ReadonlyMap<number, number> = new Map([
  [24, 1],
  [25, 2],
  [26, 4],
  [27, 8],
]);
const INDEFINITE = 31;
const UNTIL_BREAK = 'until a break';

export function explainCbor(bytes: Uint8Array): readonly ExplainedRow[] {
  const cutter = new Cutter(bytes);
  while (cutter.remaining > 0) {
    const first = cutter.peek();
    const [majorType, info] = [first >> 5, first & 31];
    const argumentBytes = ARGUMENT_BYTES.get(info) ?? 0;
    const argument = argumentBytes === 0 ? info : argumentOf(cutter, argumentBytes);
    const isString = majorType === 2 || majorType === 3;
    const content = isString && info !== INDEFINITE ? Math.min(argument, cutter.remaining) : 0;
    const name = first === 0xff ? 'break' : (NAMES[majorType] ?? '');
    cutter.take(1 + argumentBytes + content, name, (row) => say(row, majorType, info, argument));
  }
  return cutter.rows;
}

function say(row: Uint8Array, majorType: number, info: number, argument: number): string {
  if (majorType === 6) return `tag ${argument}`;
  const isContainer = majorType === 4 || majorType === 5;
  if (info === INDEFINITE) return majorType === 7 ? 'the end of what has no length' : UNTIL_BREAK;
  if (isContainer) return `${argument} ${majorType === 4 ? 'items' : 'pairs'}`;
  const decoded = decodeItem(row);
  if (decoded.kind === 'value') return formatDiagnostic(decoded.value);
  return decoded.kind === 'garbage' ? decoded.error.message : 'cut off';
}

function argumentOf(cutter: Cutter, length: number): number {
  let argument = 0;
  for (let index = 1; index <= length; index += 1) argument = argument * 256 + cutter.peek(index);
  return argument;
}
