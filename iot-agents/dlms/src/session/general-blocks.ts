/**
 * General block transfer of either side: IEC 62056-5-3, 7.3.13. Whatever APDU it carries, in plain or ciphered, comes in numbered
 * blocks; where the sender does not stream, each window of them is acknowledged before the next.
 */

import { type Decoded, WireError } from '@contor/kit';
import type { Apdu, ApduOf } from '../codec/xdlms/apdus.js';
import {
  type Block,
  type Blocks,
  decodeBlockControl,
  encodeBlockControl,
  joinBlock,
  NO_BLOCKS,
  splitBlocks,
} from '../codec/xdlms/blocks.js';

export interface GeneralBlocks {
  readonly incoming: Blocks;
  /** What the other side has not acknowledged. */
  readonly outgoing: readonly Block[];
  /** Our own blocks so far, empty ones that only acknowledge included. */
  readonly sent: number;
}

export interface GeneralStep {
  readonly blocks: GeneralBlocks;
  readonly heard: Decoded<Uint8Array>;
  /** The acknowledgement of what came, or the next block of what is said. */
  readonly reply?: Apdu;
}

export const NO_GENERAL_BLOCKS: GeneralBlocks = { incoming: NO_BLOCKS, outgoing: [], sent: 0 };

/** One block at a time: the line may be an HDLC link, on which the turn changes with each. */
const WINDOW = 1;
const NOTHING = new Uint8Array(0);

export function hearGeneralBlock(blocks: GeneralBlocks, { body }: ApduOf<'GeneralBlockTransfer'>): GeneralStep {
  const { blockControl, blockNumber, blockNumberAck, blockData } = body;
  if (blocks.outgoing.length > 0 && blockData.length === 0) return sendNext(blocks, blockNumberAck);
  const { isLastBlock, isStreaming } = decodeBlockControl(blockControl);
  const { blocks: incoming, joined } = joinBlock(blocks.incoming, {
    number: blockNumber,
    isLastBlock,
    data: blockData,
  });
  if (joined.kind !== 'pending') return { blocks: NO_GENERAL_BLOCKS, heard: joined };
  const now: GeneralBlocks = { ...blocks, incoming };
  if (isStreaming) return { blocks: now, heard: joined };
  const sent = blocks.sent + 1;
  const reply = toApdu({ number: sent, isLastBlock: true, data: NOTHING }, blockNumber);
  return { blocks: { ...now, sent }, heard: joined, reply };
}

/** An APDU that is longer than the other side takes; the first block goes at once. */
export function sayInBlocks(
  apdu: Uint8Array,
  maxData: number,
): { readonly blocks: GeneralBlocks; readonly first: Apdu } {
  const outgoing = splitBlocks(apdu, maxData);
  const first = toApdu(outgoing[0] as Block, 0);
  return { blocks: { incoming: NO_BLOCKS, outgoing, sent: 1 }, first };
}

function sendNext(blocks: GeneralBlocks, acknowledged: number): GeneralStep {
  const outgoing = blocks.outgoing.filter(({ number }) => number > acknowledged);
  const [next] = outgoing;
  if (next === undefined) return { blocks: NO_GENERAL_BLOCKS, heard: { kind: 'pending' } };
  if (next.number > acknowledged + 1) {
    const error = new WireError('block.number', 'A block is acknowledged that was not sent.', { acknowledged });
    return { blocks: NO_GENERAL_BLOCKS, heard: { kind: 'garbage', error, used: 1 } };
  }
  return { blocks: { ...blocks, outgoing, sent: next.number }, heard: { kind: 'pending' }, reply: toApdu(next, 0) };
}

function toApdu({ number, isLastBlock, data }: Block, blockNumberAck: number): Apdu {
  const blockControl = encodeBlockControl({ isLastBlock, isStreaming: false, window: WINDOW });
  return {
    apdu: 'GeneralBlockTransfer',
    body: { blockControl, blockNumber: number, blockNumberAck, blockData: data },
  };
}
