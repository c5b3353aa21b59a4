/**
 * Information fields joined to messages: IEC 62056-46, 6.4.4.4.2.5 — a frame with the segmentation bit is continued by the next
 * one between the same addresses. Pure: the state goes in and comes out.
 */

import { type Decoded, WireError } from '@contor/kit';
import { MAX_LENGTH } from '../cursor.js';
import type { HdlcFrame } from './frame.js';

/** Half a megabyte in the smallest frames that are common; a segment more and nobody means a message. */
const MAX_SEGMENTS = 4096;

export interface Segments {
  readonly key: string;
  readonly parts: readonly Uint8Array[];
  readonly length: number;
}

export const NO_SEGMENTS: Segments = { key: '', parts: [], length: 0 };

/** A `value` is the whole information of a message. */
export function joinSegment(
  segments: Segments,
  frame: HdlcFrame,
): { readonly segments: Segments; readonly joined: Decoded<Uint8Array> } {
  const { destination, source, control, information, isSegmented } = frame;
  if (segments.parts.length === 0 && !isSegmented)
    return { segments, joined: { kind: 'value', value: information, used: 1 } };
  const key = `${destination.upper}.${destination.lower ?? ''} ${source.upper}.${source.lower ?? ''} ${control.name}`;
  if (segments.parts.length > 0 && segments.key !== key)
    return {
      segments: NO_SEGMENTS,
      joined: refuse('hdlc.segment', 'A message is broken off by another between other addresses.'),
    };
  const length = segments.length + information.length;
  if (length > MAX_LENGTH || segments.parts.length >= MAX_SEGMENTS)
    return { segments: NO_SEGMENTS, joined: refuse('hdlc.endless', 'The segments of a message have no end.') };
  const parts = [...segments.parts, information];
  if (isSegmented) return { segments: { key, parts, length }, joined: { kind: 'pending' } };
  return { segments: NO_SEGMENTS, joined: { kind: 'value', value: concat(parts, length), used: 1 } };
}

/** The frames of a message whose information is longer than the peer takes in one: the addresses and the control are given. */
export function splitInformation(information: Uint8Array, maxInformation: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < information.length; at += maxInformation)
    parts.push(information.subarray(at, at + maxInformation));
  return parts.length > 0 ? parts : [information];
}

export function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function refuse(code: string, message: string): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, {}), used: 1 };
}
