/**
 * Blocks with a check character, IEC 62056-21, 6.3.5 to 6.5 and Annex A: `STX data ETX BCC`, `SOH command STX data ETX BCC`,
 * and partial blocks that end in EOT instead of ETX (Annex A.2).
 */

import { type Decoded, WireError } from '@contor/kit';
import { blockCheck } from '../checksum.js';
import { EOT, ETX, MAX_MESSAGE, SOH, STX, toBytes, toText } from './text.js';

export interface Block {
  /** Command letter and type, as `R5`; absent in an answer. */
  readonly command?: string;
  readonly data: string;
  /** False in a partial block: more follows after an ACK. */
  readonly isLast: boolean;
}

export interface BlockCheck {
  readonly given: number;
  readonly computed: number;
}

export interface CheckedBlock extends Block {
  readonly check: BlockCheck;
}

/** Like `decodeBlock`, but shows a block with a wrong check instead of refusing it: for the eyes of a technician. */
export function examineBlock(bytes: Uint8Array): Decoded<CheckedBlock> {
  const first = bytes[0];
  if (first === undefined) return { kind: 'pending' };
  if (first !== SOH && first !== STX) return garbage('iec62056.noise', bytes, 1);
  const end = endOf(bytes);
  if (end < 0) return bytes.length < MAX_MESSAGE ? { kind: 'pending' } : garbage('iec62056.block-too-long', bytes, 1);
  const given = bytes[end + 1];
  if (given === undefined) return { kind: 'pending' };
  const parts = split(toText(bytes, 0, end));
  if (parts === undefined) return garbage('iec62056.block', bytes, end + 2);
  const check = { given, computed: blockCheck(bytes, 1, end + 1) };
  return { kind: 'value', value: { ...parts, isLast: bytes[end] === ETX, check }, used: end + 2 };
}

export function decodeBlock(bytes: Uint8Array): Decoded<Block> {
  const examined = examineBlock(bytes);
  if (examined.kind !== 'value') return examined;
  const { check, ...value } = examined.value;
  if (check.given === check.computed) return { kind: 'value', value, used: examined.used };
  const error = new WireError('wire.checksum', 'The block check character does not fit.', {
    expected: check.computed,
    actual: check.given,
  });
  return { kind: 'garbage', error, used: examined.used };
}

export function encodeBlock({ command, data, isLast }: Block): Uint8Array {
  if (hasFrameCharacter(data) || (command !== undefined && !COMMAND.test(command)))
    throw new WireError('iec62056.block', 'The data does not fit into a block.');
  const end = isLast ? '\x03' : '\x04';
  // B0 has no data and no STX: `SOH B 0 ETX BCC` (6.5, break message).
  const head = command === undefined ? '\x02' : `\x01${command}${command.startsWith('B') && data === '' ? '' : '\x02'}`;
  const bytes = toBytes(`${head}${data}${end}\0`);
  bytes[bytes.length - 1] = blockCheck(bytes, 1, bytes.length - 1);
  return bytes;
}

const COMMAND = /^[A-Z][0-9A-Z]$/;

function hasFrameCharacter(data: string): boolean {
  return toBytes(data).some((byte) => byte >= SOH && byte <= EOT);
}

function endOf(bytes: Uint8Array): number {
  const etx = bytes.indexOf(ETX);
  const eot = (etx < 0 ? bytes : bytes.subarray(0, etx)).indexOf(EOT);
  return eot < 0 ? etx : eot;
}

function split(text: string): { readonly command?: string; readonly data: string } | undefined {
  if (text.charCodeAt(0) === STX) return { data: text.slice(1) };
  const command = text.slice(1, 3);
  if (!COMMAND.test(command)) return undefined;
  if (text.length === 3) return { command, data: '' };
  return text.charCodeAt(3) === STX ? { command, data: text.slice(4) } : undefined;
}

/** Skips to where a block might begin. */
function garbage(code: string, bytes: Uint8Array, least: number): Decoded<never> {
  let used = least;
  while (used < bytes.length && bytes[used] !== SOH && bytes[used] !== STX) used += 1;
  return { kind: 'garbage', error: new WireError(code, 'The bytes are no block.'), used };
}
