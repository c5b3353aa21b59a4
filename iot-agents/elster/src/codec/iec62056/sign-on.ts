/**
 * The opening of a conversation, IEC 62056-21, 6.3: request, identification, acknowledgement with option select. Each is one
 * line that ends in CR LF.
 */

import { type Decoded, WireError } from '@contor/kit';
import { baudRowOf } from './baud.js';
import { ACK, CR, LF, SLASH, toBytes, toText } from './text.js';

export interface SignOnRequest {
  /** Empty asks whoever is on the line. Up to 32 characters; leading zeros do not count (6.3.2). */
  readonly address: string;
}

export interface Identification {
  /** The whole line without CR LF. */
  readonly line: string;
  /** Three letters of the FLAG association; a small third letter means a reaction time of 20 ms instead of 200 ms. */
  readonly manufacturer: string;
  readonly baudCharacter: string;
  /** Absent for a meter of mode A. */
  readonly baud?: number;
  /** Of every `\W` in front of the text: `2` announces mode E, `@` programming with R5, W5, R6 (Elster). */
  readonly enhancements: readonly string[];
  /** The name of the meter: what follows the baud character and its enhancements. */
  readonly identification: string;
}

export interface OptionSelect {
  /** 0 normal, 1 secondary, 2 HDLC (mode E). */
  readonly protocolControl: string;
  readonly baudCharacter: string;
  /** 0 data readout, 1 programming mode, 2 binary mode; 6 to 9 belong to the manufacturer. */
  readonly modeControl: string;
}

/** 6.3.2 allows 32, and passwords travel here with some meters. */
const MAX_ADDRESS = 64;
/** 6.3.2 has 16 characters after the baud character; P1 ports send more. */
const MAX_LINE = 128;

export function encodeRequest({ address }: SignOnRequest): Uint8Array {
  if (address.length > MAX_ADDRESS || /[/!\r\n]/.test(address))
    throw new WireError('iec62056.address', 'No address of a meter.', { length: address.length });
  return toBytes(`/?${address}!\r\n`);
}

export function decodeRequest(bytes: Uint8Array): Decoded<SignOnRequest> {
  return oneLine(bytes, SLASH, (line) => {
    const match = /^\/\?([^/!]{0,64})!$/.exec(line);
    return match === null ? undefined : { address: match[1] ?? '' };
  });
}

export function encodeIdentification(identification: Pick<Identification, 'line'>): Uint8Array {
  if (parseIdentification(identification.line) === undefined)
    throw new WireError('iec62056.identification', 'No identification of a meter.');
  return toBytes(`${identification.line}\r\n`);
}

export function decodeIdentification(bytes: Uint8Array): Decoded<Identification> {
  return oneLine(bytes, SLASH, parseIdentification);
}

/** The line without CR LF; undefined when it is no identification. */
export function parseIdentification(line: string): Identification | undefined {
  if (line.length > MAX_LINE) return undefined;
  const match = /^\/([A-Za-z]{3})(.)((?:\\.)*)(.*)$/s.exec(line);
  if (match === null) return undefined;
  const [, manufacturer = '', baudCharacter = '', enhanced = '', identification = ''] = match;
  const baud = baudRowOf(baudCharacter)?.baud;
  const enhancements = [...enhanced.matchAll(/\\(.)/gs)].map(([, letter = '']) => letter);
  return { line, manufacturer, baudCharacter, ...(baud !== undefined && { baud }), enhancements, identification };
}

export function encodeOptionSelect({ protocolControl, baudCharacter, modeControl }: OptionSelect): Uint8Array {
  const text = `${protocolControl}${baudCharacter}${modeControl}`;
  if (!OPTION.test(text)) throw new WireError('iec62056.option', 'No option select.');
  return toBytes(`\x06${text}\r\n`);
}

export function decodeOptionSelect(bytes: Uint8Array): Decoded<OptionSelect> {
  return oneLine(bytes, ACK, (line) => {
    const match = OPTION.exec(line.slice(1));
    if (match === null) return undefined;
    const [, protocolControl = '', baudCharacter = '', modeControl = ''] = match;
    return { protocolControl, baudCharacter, modeControl };
  });
}

const OPTION = /^([0-9])([0-9A-Z])([0-9A-Z])$/;

function oneLine<T>(bytes: Uint8Array, first: number, parse: (line: string) => T | undefined): Decoded<T> {
  if (bytes.length === 0) return { kind: 'pending' };
  const begins = bytes.indexOf(first);
  if (begins !== 0)
    return garbage('iec62056.noise', 'The line does not begin a message.', begins < 0 ? bytes.length : begins);
  const end = bytes.subarray(0, MAX_LINE + 2).indexOf(CR);
  if (end < 0)
    return bytes.length < MAX_LINE + 2 ? { kind: 'pending' } : garbage('iec62056.line-too-long', TOO_LONG, 1);
  if (end + 1 === bytes.length) return { kind: 'pending' };
  if (bytes[end + 1] !== LF) return garbage('iec62056.line', 'A line ends in CR LF.', end + 1);
  const value = parse(toText(bytes, 0, end));
  if (value === undefined) return garbage('iec62056.sign-on', 'The line is no such message.', end + 2);
  return { kind: 'value', value, used: end + 2 };
}

const TOO_LONG = 'The line does not end.';

function garbage(code: string, message: string, used: number): { kind: 'garbage'; error: WireError; used: number } {
  return { kind: 'garbage', error: new WireError(code, message), used };
}
