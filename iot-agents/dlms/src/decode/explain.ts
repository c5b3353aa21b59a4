/** Every byte and what it says: of frames their fields, of an APDU the marks that its reader leaves. */

import type { ExplainedRow, WireError } from '@contor/kit';
import { decodeAcse, isAcseTag } from '../codec/acse/apdu.js';
import { decodeData } from '../codec/axdr/read-data.js';
import type { Mark } from '../codec/cursor.js';
import { decodeFrame, FLAG, type HdlcFrame } from '../codec/hdlc/frame.js';
import { hasLlc } from '../codec/llc.js';
import { decodeApdu, isApduTag } from '../codec/xdlms/apdu.js';
import type { DlmsRequest } from './request.js';

const WRAPPER_SIZE = 8;

export function explainBytes(bytes: Uint8Array, request: DlmsRequest): readonly ExplainedRow[] {
  const marks: Mark[] = [];
  if (bytes[0] === FLAG) markFrames(bytes, marks);
  else if (hasLlc(bytes)) markLlc(bytes, 0, marks);
  else if (request.layer === 'wrapper' || (bytes[0] === 0 && bytes[1] === 1 && bytes.length > WRAPPER_SIZE)) {
    marks.push(
      field(0, 2, 'version', '1'),
      field(2, 4, 'source', u16(bytes, 2)),
      field(4, 6, 'destination', u16(bytes, 4)),
    );
    marks.push(field(6, 8, 'length', u16(bytes, 6)));
    markApdu(bytes.subarray(WRAPPER_SIZE), WRAPPER_SIZE, marks);
  } else if (request.layer === 'axdr') markData(bytes, marks);
  else markApdu(bytes, 0, marks);
  return rowsOf(bytes, marks);
}

/** Marks in the order of the bytes; what no mark speaks of has its own row, so that no byte is left out. */
function rowsOf(bytes: Uint8Array, marks: readonly Mark[]): readonly ExplainedRow[] {
  const rows: ExplainedRow[] = [];
  let at = 0;
  for (const mark of [...marks].sort((a, b) => a.start - b.start)) {
    if (mark.start < at || mark.end <= mark.start) continue;
    if (mark.start > at) rows.push({ bytes: bytes.subarray(at, mark.start), name: '', says: 'not read' });
    rows.push({ bytes: bytes.subarray(mark.start, mark.end), name: mark.name, says: mark.says });
    at = mark.end;
  }
  if (at < bytes.length) rows.push({ bytes: bytes.subarray(at), name: '', says: 'not read' });
  return rows;
}

function markFrames(bytes: Uint8Array, marks: Mark[]): void {
  let at = 0;
  while (at < bytes.length) {
    const decoded = decodeFrame(bytes.subarray(at));
    if (decoded.kind === 'pending') {
      if (bytes.length - at === 1) marks.push(field(at, at + 1, 'flag', 'end'));
      return;
    }
    if (decoded.kind === 'garbage') marks.push(field(at, at + decoded.used, 'no frame', decoded.error.message));
    else markFrame(decoded.value, at, at + decoded.used, marks);
    at += decoded.used;
  }
}

function markFrame(frame: HdlcFrame, start: number, end: number, marks: Mark[]): void {
  const { destination, source, control, information, isSegmented } = frame;
  const headerSize = 2 + destination.size + source.size + 1;
  const check = information.length > 0 ? information.length + 2 : 0;
  const from = end - 2 - check - headerSize;
  marks.push(field(start, from, 'flag', 'begin'));
  marks.push(field(from, from + 2, 'format', `type 3, ${end - from} bytes${isSegmented ? ', segmented' : ''}`));
  let at = from + 2;
  for (const [name, address] of [
    ['destination', destination],
    ['source', source],
  ] as const) {
    marks.push(
      field(at, at + address.size, name, `${address.upper}${address.lower === undefined ? '' : `/${address.lower}`}`),
    );
    at += address.size;
  }
  marks.push(field(at, at + 1, 'control', JSON.stringify(control)));
  if (information.length > 0) {
    marks.push(field(at + 1, at + 3, 'HCS', 'right'));
    if (hasLlc(information)) markLlc(information, at + 3, marks);
    else markContinued(information, at + 3, marks);
  }
  marks.push(field(end - 2, end, 'FCS', 'right'));
}

/** The middle of a message is not the beginning of one, unless blocks are numbered here. */
function markContinued(information: Uint8Array, at: number, marks: Mark[]): void {
  if (information[0] === 0xe0) markApdu(information, at, marks);
  else marks.push(field(at, at + information.length, 'information', `${information.length} bytes`));
}

function markLlc(bytes: Uint8Array, at: number, marks: Mark[]): void {
  marks.push(field(at, at + 3, 'LLC', bytes[1] === 0xe6 ? 'command' : 'response'));
  markApdu(bytes.subarray(3), at + 3, marks);
}

function markApdu(bytes: Uint8Array, at: number, marks: Mark[]): void {
  const tag = bytes[0] ?? 0;
  if (isAcseTag(tag)) keep(bytes, at, marks, (trace) => decodeAcse(bytes, trace));
  else if (isApduTag(tag)) keep(bytes, at, marks, (trace) => decodeApdu(bytes, trace));
  else markData(bytes, marks, at);
}

function markData(bytes: Uint8Array, marks: Mark[], at = 0): void {
  keep(bytes, at, marks, (trace) => decodeData(bytes, trace));
}

function keep(
  bytes: Uint8Array,
  at: number,
  marks: Mark[],
  decode: (trace: Mark[]) => { kind: string; error?: WireError },
): void {
  const trace: Mark[] = [];
  const decoded = decode(trace);
  for (const mark of trace) marks.push({ ...mark, start: mark.start + at, end: mark.end + at });
  const read = trace.reduce((most, { end }) => Math.max(most, end), 0);
  if (decoded.kind !== 'value' && read < bytes.length)
    marks.push(field(at + read, at + bytes.length, 'not read', decoded.error?.message ?? 'The message goes on.'));
}

function field(start: number, end: number, name: string, says: string): Mark {
  return { start, end, name, says };
}

function u16(bytes: Uint8Array, at: number): string {
  return String(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
}
