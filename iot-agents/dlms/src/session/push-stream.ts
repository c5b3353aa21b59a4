/**
 * A line on which meters speak unasked: HDLC frames or wrapper units in any chunking → whole APDUs. Segments and general blocks are joined for
 * each speaker by himself. What keys are needed for is not opened here.
 */

import { WireError } from '@contor/kit';
import { decodeFrame, FLAG, type HdlcFrame } from '../codec/hdlc/frame.js';
import { joinSegment, NO_SEGMENTS, type Segments } from '../codec/hdlc/segments.js';
import { decodeLlc, hasLlc } from '../codec/llc.js';
import { decodeWrapper, type WrapperUnit } from '../codec/wrapper.js';
import { decodeWholeApdu } from '../codec/xdlms/apdu.js';
import { type Blocks, decodeBlockControl, joinBlock, NO_BLOCKS } from '../codec/xdlms/blocks.js';
import { Cutter } from './link/cutter.js';

export type Heard =
  | { readonly kind: 'apdu'; readonly bytes: Uint8Array }
  | { readonly kind: 'refused'; readonly error: WireError };

interface Speaker {
  segments: Segments;
  blocks: Blocks;
}

/** Meters on one line at a time: a concentrator passes their pushes on one after the other. */
const MOST_SPEAKERS = 1_024;
const BLOCK_TAG = 0xe0;
const CARRYING: readonly string[] = ['UI', 'I'];

export class PushStream {
  readonly #speakers = new Map<string, Speaker>();
  #frames: Cutter<HdlcFrame> | undefined;
  #units: Cutter<WrapperUnit> | undefined;

  /** Bytes that were no frame of anything, so often. */
  get garbage(): number {
    return (this.#frames?.garbage ?? 0) + (this.#units?.garbage ?? 0);
  }

  hear(chunk: Uint8Array): readonly Heard[] {
    const heard: Heard[] = [];
    if (this.#frames === undefined && this.#units === undefined) {
      if (chunk[0] === FLAG) this.#frames = new Cutter<HdlcFrame>(decodeFrame);
      else this.#units = new Cutter<WrapperUnit>(decodeWrapper);
    }
    for (const frame of this.#frames?.take(chunk) ?? []) this.#takeFrame(frame, heard);
    for (const { source, payload } of this.#units?.take(chunk) ?? [])
      this.#takePayload(this.#speaker(String(source)), payload, heard);
    return heard;
  }

  #takeFrame(frame: HdlcFrame, heard: Heard[]): void {
    if (!CARRYING.includes(frame.control.name) || frame.information.length === 0) return;
    const speaker = this.#speaker(`${frame.source.upper} ${frame.source.lower ?? ''}`);
    const { segments, joined } = joinSegment(speaker.segments, frame);
    speaker.segments = segments;
    if (joined.kind === 'garbage') heard.push({ kind: 'refused', error: joined.error });
    if (joined.kind !== 'value') return;
    const unit = hasLlc(joined.value) ? decodeLlc(joined.value) : undefined;
    this.#takePayload(speaker, unit?.kind === 'value' ? unit.value.payload : joined.value, heard);
  }

  #takePayload(speaker: Speaker, payload: Uint8Array, heard: Heard[]): void {
    if (payload[0] !== BLOCK_TAG) {
      heard.push({ kind: 'apdu', bytes: payload });
      return;
    }
    const decoded = decodeWholeApdu(payload);
    if (decoded.kind !== 'value' || decoded.value.apdu !== 'GeneralBlockTransfer') {
      const short = new WireError('wire.short', 'The bytes end before the block does.', {});
      heard.push({ kind: 'refused', error: decoded.kind === 'garbage' ? decoded.error : short });
      return;
    }
    const { blockNumber, blockControl, blockData } = decoded.value.body;
    const { isLastBlock } = decodeBlockControl(blockControl);
    // A first block begins anew, whatever was lost of the message before.
    const before = blockNumber === 1 ? NO_BLOCKS : speaker.blocks;
    const { blocks, joined } = joinBlock(before, { number: blockNumber, isLastBlock, data: blockData });
    speaker.blocks = blocks;
    if (joined.kind === 'garbage') heard.push({ kind: 'refused', error: joined.error });
    if (joined.kind === 'value') heard.push({ kind: 'apdu', bytes: joined.value });
  }

  #speaker(key: string): Speaker {
    const known = this.#speakers.get(key);
    if (known !== undefined) return known;
    const [oldest] = this.#speakers.keys();
    if (this.#speakers.size >= MOST_SPEAKERS && oldest !== undefined) this.#speakers.delete(oldest);
    const speaker = { segments: NO_SEGMENTS, blocks: NO_BLOCKS };
    this.#speakers.set(key, speaker);
    return speaker;
  }
}
