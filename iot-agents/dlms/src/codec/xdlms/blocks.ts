/**
 * Long messages in pieces: general block transfer (IEC 62056-5-3, 7.3.13) and the block transfer of a service (7.3.3 to 7.3.5).
 * Both number their blocks from 1; a repeated block is dropped, a gap ends the transfer. Pure: the state goes in and comes out.
 */

import { type Decoded, WireError } from '@contor/kit';
import { MAX_LENGTH } from '../cursor.js';
import { addPart, joinParts, type Parts } from '../parts.js';

export interface BlockControl {
  readonly isLastBlock: boolean;
  readonly isStreaming: boolean;
  readonly window: number;
}

export interface Block {
  readonly number: number;
  readonly isLastBlock: boolean;
  readonly data: Uint8Array;
}

export interface Blocks {
  readonly received: number;
  readonly parts: Parts | undefined;
}

export const NO_BLOCKS: Blocks = { received: 0, parts: undefined };

/** Block numbers of the general transfer have 16 bits; a transfer of more blocks than this is an attack or a fault. */
const MAX_BLOCKS = 4096;

export function decodeBlockControl(byte: number): BlockControl {
  return { isLastBlock: (byte & 0x80) !== 0, isStreaming: (byte & 0x40) !== 0, window: byte & 0x3f };
}

export function encodeBlockControl({ isLastBlock, isStreaming, window }: BlockControl): number {
  return (isLastBlock ? 0x80 : 0) | (isStreaming ? 0x40 : 0) | (window & 0x3f);
}

/** A `value` is the whole message. After `garbage` begin again with NO_BLOCKS. */
export function joinBlock(
  blocks: Blocks,
  block: Block,
): { readonly blocks: Blocks; readonly joined: Decoded<Uint8Array> } {
  if (block.number === blocks.received && blocks.received > 0) return { blocks, joined: { kind: 'pending' } };
  if (block.number !== blocks.received + 1)
    return refuse('block.number', 'A block is missing or out of order.', {
      expected: blocks.received + 1,
      actual: block.number,
    });
  const parts = addPart(blocks.parts, block.data);
  if (parts.length > MAX_LENGTH || parts.count > MAX_BLOCKS)
    return refuse('block.endless', 'The blocks of a message have no end.', {
      length: parts.length,
      number: block.number,
    });
  if (!block.isLastBlock) return { blocks: { received: block.number, parts }, joined: { kind: 'pending' } };
  return { blocks: NO_BLOCKS, joined: { kind: 'value', value: joinParts(parts), used: 1 } };
}

/** The blocks of a message, numbered from 1. */
export function splitBlocks(message: Uint8Array, maxData: number): readonly Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < message.length || at === 0; at += maxData)
    blocks.push({
      number: blocks.length + 1,
      isLastBlock: at + maxData >= message.length,
      data: message.subarray(at, at + maxData),
    });
  return blocks;
}

function refuse(code: string, message: string, context: Readonly<Record<string, unknown>>) {
  const joined: Decoded<Uint8Array> = { kind: 'garbage', error: new WireError(code, message, context), used: 1 };
  return { blocks: NO_BLOCKS, joined };
}
