/**
 * `contor decode iec62056-21`: whatever a capture of the line holds, by how it begins. A wrong check is shown and said
 * (`bccOk`, `crc16.ok`), for a technician wants to see such bytes; an agent never takes them.
 */

import {
  type DecodeAnswer,
  type DecodeRequest,
  type ExplainedRow,
  fromHex,
  type LineDecoder,
  toHex,
  WireError,
} from '@contor/kit';
import { examineBlock } from '../codec/iec62056/block.js';
import { commandRowOf, errorIn } from '../codec/iec62056/command.js';
import { type DataSet, type DataSets, parseDataSets } from '../codec/iec62056/data-set.js';
import { type Parity, stripParity } from '../codec/iec62056/parity.js';
import { encodePassword, passwordSchemeNamed } from '../codec/iec62056/password.js';
import { cellsOf, isLogAddress, isProfileAddress, parseProfile } from '../codec/iec62056/profile.js';
import {
  decodeOptionSelect,
  decodeRequest,
  type Identification,
  parseIdentification,
} from '../codec/iec62056/sign-on.js';
import { subMetersIn } from '../codec/iec62056/sub-meters.js';
import { summaryOf } from '../codec/iec62056/summary.js';
import { crcAt, type TelegramCrc } from '../codec/iec62056/telegram.js';
import { ACK, CR, EOT, ETX, LF, NAK, SLASH, SOH, STX, toBytes, toText } from '../codec/iec62056/text.js';
import { explainIec62056 } from './iec62056-explain.js';
import { inputOf, refusal } from './input.js';

type Answer = Record<string, unknown>;

export const IEC62056: LineDecoder = {
  protocol: 'iec62056-21',
  about: 'IEC 62056-21: sign-on, readouts, programming mode, P1 telegrams, load profiles',
  example: '02312e382e3028303132333435362e372a6b5768290d0a210d0a034a',
  decode,
  explain,
};

function decode(request: DecodeRequest): DecodeAnswer {
  try {
    const input = inputOf(request);
    if (typeof input.seed === 'string') return { ok: true, ...password(input) };
    return { ok: true, ...message(afterWakeUp(bytesOf(request))) };
  } catch (error) {
    return refusal(error);
  }
}

/** Nothing of a line without bytes; an eighth bit stays on, so that the bytes are those of the wire. */
function explain(request: DecodeRequest): readonly ExplainedRow[] {
  try {
    return explainIec62056(wireBytes(inputOf(request)));
  } catch (error) {
    refusal(error);
    return [];
  }
}

/** `hex`, or `text` with a character a byte; `parity` "even" or "odd" of an eighth bit that is to be checked and taken off. */
function bytesOf(request: DecodeRequest): Uint8Array {
  const input = inputOf(request);
  const { parity = 'none' } = input;
  if (!isParity(parity)) throw new WireError('decode.input', 'The parity is none, even or odd.');
  const stripped = stripParity(wireBytes(input), parity);
  if (stripped instanceof WireError) throw stripped;
  return stripped;
}

function wireBytes({ hex, text }: Readonly<Record<string, unknown>>): Uint8Array {
  if (typeof hex === 'string') return fromHex(hex);
  if (typeof text === 'string') return toBytes(text);
  throw new WireError('decode.input', 'Neither hex nor text.');
}

function isParity(value: unknown): value is Parity {
  return value === 'none' || value === 'even' || value === 'odd';
}

function password({ seed, password, scheme = 'a1700' }: Readonly<Record<string, unknown>>): Answer {
  const row = typeof scheme === 'string' ? passwordSchemeNamed(scheme) : undefined;
  if (row === undefined || typeof password !== 'string' || typeof seed !== 'string')
    throw new WireError('decode.input', 'A seed wants a password, and a scheme that is known.');
  return { answer: row.answer(password, seed), message: toHex(encodePassword(row, password, seed)) };
}

function message(bytes: Uint8Array): Answer {
  const first = bytes[0];
  if (first === undefined) throw short();
  if (first === SOH) return block(bytes);
  if (first === NAK && bytes.length === 1) return { message: 'repeat' };
  if (first === ACK) {
    if (bytes.length === 1) return { message: 'acknowledge' };
    const option = decodeOptionSelect(bytes);
    if (option.kind !== 'value') throw option.kind === 'garbage' ? option.error : short();
    const rest = bytes.subarray(option.used);
    return { optionSelect: option.value, ...(rest.length > 0 && readout(rest)) };
  }
  if (first === SLASH && bytes[1] === 0x3f) {
    const request = decodeRequest(bytes);
    if (request.kind !== 'value') throw request.kind === 'garbage' ? request.error : short();
    return { request: request.value };
  }
  return readout(bytes);
}

/** Zeros wake a meter that lives on a battery (Annex B), and a line end may be left over from the message before. */
function afterWakeUp(bytes: Uint8Array): Uint8Array {
  const from = bytes.findIndex((byte) => byte !== 0 && byte !== CR && byte !== LF);
  return from < 0 ? bytes : bytes.subarray(from);
}

/** An identification, and what follows it; a capture may also begin or end between any two lines. */
function readout(bytes: Uint8Array): Answer {
  const text = toText(bytes);
  const lineEnd = bytes[0] === SLASH ? text.indexOf('\r\n') : 0;
  if (lineEnd < 0) throw short();
  const identification = bytes[0] === SLASH ? parseIdentification(text.slice(0, lineEnd)) : undefined;
  if (bytes[0] === SLASH && identification === undefined)
    throw new WireError('iec62056.identification', 'No identification.');
  const from = skipLineEnds(text, identification === undefined ? tornLine(text) : lineEnd);
  if (identification !== undefined && from === text.length)
    return { ...maker(identification), ...alone(identification) };
  const torn = identification === undefined && from > 0 ? { passedOver: toHex(bytes.subarray(0, from)) } : {};
  const said = identification === undefined ? torn : { ...maker(identification), identification: identification.line };
  return { ...said, ...data(bytes, text, from) };
}

/** Where a capture begins in the middle of a line: what is left of that line is no data set, and is passed over. */
function tornLine(text: string): number {
  const lineEnd = text.indexOf('\r\n');
  const line = text.slice(0, Math.max(0, lineEnd));
  return ['(', '!', '\x02'].some((mark) => line.includes(mark)) ? 0 : line.length;
}

function maker({ manufacturer, baudCharacter, baud }: Identification): Answer {
  return { manufacturer, baudCharacter, ...(baud !== undefined && { baud }) };
}

/** The line alone, as it comes in a sign-on: what follows the baud character is the name of the meter. */
function alone({ identification, enhancements }: Identification): Answer {
  return { identification, ...(enhancements.length > 0 && { enhancements }) };
}

function data(bytes: Uint8Array, text: string, from: number): Answer {
  const isBlock = bytes[from] === STX;
  const end = isBlock ? blockEnd(bytes, from) : -1;
  const framed = end >= 0 && end + 1 < bytes.length ? block(bytes.subarray(from)) : {};
  const parsed = parseDataSets(text, isBlock ? from + 1 : from, end >= 0 ? end : text.length);
  if (!('sets' in parsed)) {
    // A block may hold something else than data sets; its frame has been read all the same.
    if ('data' in framed) return framed;
    throw parsed;
  }
  const crc16 = crc(bytes, text, parsed);
  const isFit = framed.bccOk !== false && crc16?.ok !== false;
  return { ...framed, ...telling(parsed, isFit), ...(crc16 && { crc16 }) };
}

/** At ETX, or at the EOT of a partial block. */
function blockEnd(bytes: Uint8Array, from: number): number {
  return bytes.findIndex((byte, at) => at > from && (byte === ETX || byte === EOT));
}

function block(bytes: Uint8Array): Answer {
  const examined = examineBlock(bytes);
  if (examined.kind !== 'value') throw examined.kind === 'garbage' ? examined.error : short();
  const { command, data, isLast, check } = examined.value;
  const name = command === undefined ? undefined : commandRowOf(command)?.name;
  const error = errorIn(examined.value);
  return {
    bccOk: check.given === check.computed,
    bcc: check.computed,
    ...(command !== undefined && { command }),
    ...(name !== undefined && { commandName: name }),
    data,
    ...(!isLast && { isPartial: true }),
    ...(error !== undefined && { error }),
  };
}

/** The CRC covers the telegram from its "/": without that there is nothing to compute. */
function crc(bytes: Uint8Array, text: string, { end, isEnded }: DataSets): TelegramCrc | undefined {
  const crc16 = isEnded && bytes[0] === SLASH ? crcAt(bytes, text, end) : undefined;
  return crc16 instanceof WireError ? undefined : crc16;
}

function telling({ sets }: DataSets, isFit: boolean): Answer {
  const profile = profileIn(sets);
  const subMeters = subMetersIn(sets);
  return {
    sets,
    ...(profile !== undefined && { profile }),
    ...(isFit && summaryOf(sets)),
    ...(subMeters.length > 0 && { subMeters }),
  };
}

/** Series and logs in their order; a header alone, without rows, as one object with the number of its channels. */
function profileIn(sets: readonly DataSet[]): unknown {
  const parts = sets.flatMap((set): readonly Answer[] => {
    if (isLogAddress(set.address)) return [{ address: set.address, cells: cellsOf(set) }];
    if (!isProfileAddress(set.address)) return [];
    const block = parseProfile(set);
    if (block instanceof WireError) return [{ address: set.address, cells: cellsOf(set), fault: block.code }];
    const { status, channels, rows, ...head } = block;
    const said = /^[0-9A-Fa-f]+$/.test(status) ? { status } : { statusText: status };
    return [rows.length === 0 ? { ...head, ...said, channels: channels.length } : { ...head, ...said, channels, rows }];
  });
  const [only] = parts;
  return parts.length === 0 ? undefined : parts.length === 1 && typeof only?.channels === 'number' ? only : parts;
}

function skipLineEnds(text: string, from: number): number {
  let at = from;
  while (text[at] === '\r' || text[at] === '\n') at += 1;
  return at;
}

function short(): WireError {
  return new WireError('wire.short', 'The bytes end before the message does.');
}
