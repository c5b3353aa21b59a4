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

/** Skips what is no frame; a wrong check sequence between two flags at the right distance costs that frame alone. */
export function decodeFrame(bytes: Uint8Array): Decoded<HdlcFrame> {
  if (bytes.length === 0) return { kind: 'pending' };
  if (bytes[0] !== FLAG) return garbage('hdlc.flag', 'A frame begins with a flag.', nextFlag(bytes, 0));
  let start = 1;
  while (bytes[start] === FLAG) start += 1;
  const [first, second] = [bytes[start], bytes[start + 1]];
  if (first === undefined) return { kind: 'pending' };
  if ((first & FORMAT_MASK) !== FORMAT_TYPE)
    return garbage('hdlc.format', 'The frame is not of format type 3.', nextFlag(bytes, start));
  if (second === undefined) return { kind: 'pending' };
  const length = ((first & 0x07) << 8) | second;
  if (length < LEAST_LENGTH)
    return garbage('hdlc.length', 'The frame is shorter than a frame can be.', nextFlag(bytes, start), { length });
  const end = start + length;
  if (bytes.length <= end) return { kind: 'pending' };
  if (bytes[end] !== FLAG)
    return garbage('hdlc.flag', 'No flag stands where the frame ends.', nextFlag(bytes, start), { length });
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

function nextFlag(bytes: Uint8Array, after: number): number {
  const at = bytes.indexOf(FLAG, after + 1);
  return at < 0 ? bytes.length : at;
}

function garbage(code: string, message: string, used: number, context = {}): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, context), used };
}
