/**
 * HDLC frames, format type 3: IEC 62056-46, 6.4.2. The length field says where the closing flag stands, so a flag within the
 * information is no end. A flag may close one frame and open the next, therefore a frame is used up before its closing flag.
 */

import { ByteReader, ByteWriter, type Decoded, WireError } from '@contor/kit';
import { type HdlcAddress, readAddress, writeAddress } from './address.js';
import { decodeControl, encodeControl, type HdlcControl } from './control.js';
import { fcs16 } from './fcs.js';

export interface HdlcFrame {
  readonly destination: HdlcAddress;
  readonly source: HdlcAddress;
  readonly control: HdlcControl;
  /** More frames of the same message follow. */
  readonly isSegmented: boolean;
  readonly information: Uint8Array;
}

export const FLAG = 0x7e;
const FORMAT_TYPE = 0xa0;
const FORMAT_MASK = 0xf0;
const SEGMENTATION = 0x08;
/** Format (2), two addresses of one byte, control, FCS. */
const LEAST_LENGTH = 7;
const MOST_LENGTH = 0x7ff;

/**
 * Skips what is no frame, all of a noise at once; a wrong check sequence between two flags at the right distance costs that
 * frame alone.
 */
export function decodeFrame(bytes: Uint8Array): Decoded<HdlcFrame> {
  if (bytes.length === 0) return { kind: 'pending' };
  const noise = noiseAt(bytes, 0);
  if (noise !== undefined) return garbage(noise.code, noise.message, endOfNoise(bytes, noise.next));
  const start = afterFlags(bytes, 0);
  const [first, second] = [bytes[start], bytes[start + 1]];
  if (first === undefined || second === undefined) return { kind: 'pending' };
  const end = start + lengthOf(first, second);
  if (bytes.length <= end) return { kind: 'pending' };
  if (fcs16(bytes, start, end - 2) !== checkAt(bytes, end - 2))
    return garbage('hdlc.fcs', 'The check sequence of the frame is wrong.', end);
  return readBody(bytes, start, end, (first & SEGMENTATION) !== 0);
}

export function encodeFrame(frame: HdlcFrame): Uint8Array {
  const head = new ByteWriter(16);
  writeAddress(head, frame.destination);
  writeAddress(head, frame.source);
  head.u8(encodeControl(frame.control));
  const hasInformation = frame.information.length > 0;
  const length = 2 + head.length + (hasInformation ? 2 + frame.information.length : 0) + 2;
  if (length > MOST_LENGTH) throw new WireError('wire.long', 'The frame grows beyond its length field.', { length });
  const to = new ByteWriter(length + 2);
  to.u8(FLAG)
    .u8(FORMAT_TYPE | (frame.isSegmented ? SEGMENTATION : 0) | (length >>> 8))
    .u8(length & 0xff)
    .bytes(head.finish());
  if (hasInformation) to.u16Le(checkOf(to)).bytes(frame.information);
  return to.u16Le(checkOf(to)).u8(FLAG).finish();
}

function readBody(bytes: Uint8Array, start: number, end: number, isSegmented: boolean): Decoded<HdlcFrame> {
  const from = new ByteReader(bytes.subarray(start + 2, end - 2));
  try {
    const destination = readAddress(from);
    const source = readAddress(from);
    const control = decodeControl(from.u8());
    if (from.remaining === 0)
      return { kind: 'value', value: { destination, source, control, isSegmented, information: NONE }, used: end };
    const at = start + 2 + from.offset;
    if (fcs16(bytes, start, at) !== from.u16Le())
      return garbage('hdlc.hcs', 'The check sequence of the header is wrong.', end);
    return { kind: 'value', value: { destination, source, control, isSegmented, information: from.rest() }, used: end };
  } catch (error) {
    // Whole by its length, its flags and its check: what is short inside is no beginning of anything.
    if (error instanceof WireError) return { kind: 'garbage', error, used: end };
    throw error;
  }
}

const NONE = new Uint8Array(0);

function checkOf(written: ByteWriter): number {
  const bytes = written.finish();
  return fcs16(bytes, 1, bytes.length);
}

function checkAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

interface Noise {
  readonly code: string;
  readonly message: string;
  /** Where to look again. */
  readonly next: number;
}

/** Why no frame begins here; undefined when one does, or still may. */
function noiseAt(bytes: Uint8Array, at: number): Noise | undefined {
  if (bytes[at] !== FLAG)
    return { code: 'hdlc.flag', message: 'A frame begins with a flag.', next: nextFlag(bytes, at) };
  const start = afterFlags(bytes, at);
  const [first, second] = [bytes[start], bytes[start + 1]];
  if (first === undefined) return undefined;
  if ((first & FORMAT_MASK) !== FORMAT_TYPE)
    return { code: 'hdlc.format', message: 'The frame is not of format type 3.', next: nextFlag(bytes, start) };
  if (second === undefined) return undefined;
  const length = lengthOf(first, second);
  if (length < LEAST_LENGTH)
    return { code: 'hdlc.length', message: 'The frame is shorter than a frame can be.', next: nextFlag(bytes, start) };
  if (bytes.length <= start + length || bytes[start + length] === FLAG) return undefined;
  return { code: 'hdlc.flag', message: 'No flag stands where the frame ends.', next: nextFlag(bytes, start) };
}

function endOfNoise(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const more = noiseAt(bytes, at);
    if (more === undefined) return at;
    at = more.next;
  }
  return at;
}

function afterFlags(bytes: Uint8Array, at: number): number {
  let start = at;
  while (bytes[start] === FLAG) start += 1;
  return start;
}

function lengthOf(first: number, second: number): number {
  return ((first & 0x07) << 8) | second;
}

function nextFlag(bytes: Uint8Array, after: number): number {
  const at = bytes.indexOf(FLAG, after + 1);
  return at < 0 ? bytes.length : at;
}

function garbage(code: string, message: string, used: number): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, {}), used };
}
