/**
 * Information fields joined to messages: IEC 62056-46, 6.4.4.4.2.5 — a frame with the segmentation bit is continued by the next
 * one between the same addresses. Pure: the state goes in and comes out.
 */

import { type Decoded, WireError } from '@contor/kit';
import { MAX_LENGTH } from '../cursor.js';
import { addPart, joinParts, type Parts } from '../parts.js';
import type { HdlcFrame } from './frame.js';

/** Half a megabyte in the smallest frames that are common; a segment more and nobody means a message. */
const MAX_SEGMENTS = 4096;

export interface Segments {
  readonly key: string;
  readonly parts: Parts | undefined;
}

export const NO_SEGMENTS: Segments = { key: '', parts: undefined };

/** A `value` is the whole information of a message. */
export function joinSegment(
  segments: Segments,
  frame: HdlcFrame,
): { readonly segments: Segments; readonly joined: Decoded<Uint8Array> } {
  const { destination, source, control, information, isSegmented } = frame;
  if (segments.parts === undefined && !isSegmented)
    return { segments, joined: { kind: 'value', value: information, used: 1 } };
  const key = `${destination.upper}.${destination.lower ?? ''} ${source.upper}.${source.lower ?? ''} ${control.name}`;
  if (segments.parts !== undefined && segments.key !== key)
    return {
      segments: NO_SEGMENTS,
      joined: refuse('hdlc.segment', 'A message is broken off by another between other addresses.'),
    };
  const parts = addPart(segments.parts, information);
  if (parts.length > MAX_LENGTH || parts.count > MAX_SEGMENTS)
    return { segments: NO_SEGMENTS, joined: refuse('hdlc.endless', 'The segments of a message have no end.') };
  if (isSegmented) return { segments: { key, parts }, joined: { kind: 'pending' } };
  return { segments: NO_SEGMENTS, joined: { kind: 'value', value: joinParts(parts), used: 1 } };
}

/** The frames of a message whose information is longer than the peer takes in one: the addresses and the control are given. */
export function splitInformation(information: Uint8Array, maxInformation: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < information.length; at += maxInformation)
    parts.push(information.subarray(at, at + maxInformation));
  return parts.length > 0 ? parts : [information];
}

function refuse(code: string, message: string): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, {}), used: 1 };
}
