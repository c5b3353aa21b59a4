/**
 * The options of CoAP (RFC 7252, 5.4 and 5.10, and the documents named beside each row) and what a receiver makes of
 * them: an option it does not know, of a wrong length or repeated where it may not be, is skipped when elective, and
 * spoils the message when critical (RFC 7252, 5.4.1, 5.4.3, 5.4.5).
 */

import { WireError } from '@contor/kit';
import type { CoapOption } from './message.js';

export type OptionFormat = 'empty' | 'opaque' | 'uint' | 'string';

export interface OptionRow {
  readonly number: number;
  readonly name: string;
  readonly format: OptionFormat;
  readonly least: number;
  readonly most: number;
  readonly isRepeatable: boolean;
  readonly source: string;
}

export const OPTIONS = [
  row(1, 'If-Match', 'opaque', 0, 8, true, 'RFC 7252, 5.10.8.1'),
  row(3, 'Uri-Host', 'string', 1, 255, false, 'RFC 7252, 5.10.1'),
  row(4, 'ETag', 'opaque', 1, 8, true, 'RFC 7252, 5.10.6'),
  row(5, 'If-None-Match', 'empty', 0, 0, false, 'RFC 7252, 5.10.8.2'),
  row(6, 'Observe', 'uint', 0, 3, false, 'RFC 7641, 2'),
  row(7, 'Uri-Port', 'uint', 0, 2, false, 'RFC 7252, 5.10.1'),
  row(8, 'Location-Path', 'string', 0, 255, true, 'RFC 7252, 5.10.7'),
  row(9, 'OSCORE', 'opaque', 0, 255, false, 'RFC 8613, 2'),
  row(11, 'Uri-Path', 'string', 0, 255, true, 'RFC 7252, 5.10.1'),
  row(12, 'Content-Format', 'uint', 0, 2, false, 'RFC 7252, 5.10.3'),
  row(14, 'Max-Age', 'uint', 0, 4, false, 'RFC 7252, 5.10.5'),
  row(15, 'Uri-Query', 'string', 0, 255, true, 'RFC 7252, 5.10.1'),
  row(16, 'Hop-Limit', 'uint', 1, 1, false, 'RFC 8768, 3'),
  row(17, 'Accept', 'uint', 0, 2, false, 'RFC 7252, 5.10.4'),
  row(19, 'Q-Block1', 'uint', 0, 3, false, 'RFC 9177, 4.1'),
  row(20, 'Location-Query', 'string', 0, 255, true, 'RFC 7252, 5.10.7'),
  row(23, 'Block2', 'uint', 0, 3, false, 'RFC 7959, 2.1'),
  row(27, 'Block1', 'uint', 0, 3, false, 'RFC 7959, 2.1'),
  row(28, 'Size2', 'uint', 0, 4, false, 'RFC 7959, 4'),
  row(31, 'Q-Block2', 'uint', 0, 3, true, 'RFC 9177, 4.1'),
  row(35, 'Proxy-Uri', 'string', 1, 1034, false, 'RFC 7252, 5.10.2'),
  row(39, 'Proxy-Scheme', 'string', 1, 255, false, 'RFC 7252, 5.10.2'),
  row(60, 'Size1', 'uint', 0, 4, false, 'RFC 7252, 5.10.9'),
  row(252, 'Echo', 'opaque', 1, 40, false, 'RFC 9175, 2.2'),
  row(258, 'No-Response', 'uint', 0, 1, false, 'RFC 7967, 2'),
  row(292, 'Request-Tag', 'opaque', 0, 8, true, 'RFC 9175, 3.2'),
] as const satisfies readonly OptionRow[];

export type OptionName = (typeof OPTIONS)[number]['name'];

/** RFC 7252, 5.4.6: the properties are in the number itself. */
export interface OptionTraits {
  readonly isCritical: boolean;
  readonly isUnsafe: boolean;
  /** No-Cache-Key means something only for options that are safe to forward. */
  readonly isNoCacheKey: boolean;
}

export type OptionValue = Uint8Array | number | string | null;

export interface ReadOption extends OptionTraits {
  readonly number: number;
  /** Undefined when the option is not in the table. */
  readonly name: string | undefined;
  readonly value: OptionValue;
}

export type OptionFault = 'unknown' | 'length' | 'repeated' | 'text';

export interface OptionReport {
  readonly recognized: readonly ReadOption[];
  /** Elective ones are silently ignored; a critical one makes 4.02 (or a reset, or silence). */
  readonly unrecognized: readonly {
    readonly option: CoapOption;
    readonly fault: OptionFault;
    readonly isCritical: boolean;
  }[];
}

const BY_NUMBER: ReadonlyMap<number, OptionRow> = new Map(OPTIONS.map((option) => [option.number, option]));
const BY_NAME: ReadonlyMap<string, OptionRow> = new Map(OPTIONS.map((option) => [option.name, option]));

export function optionRow(number: number): OptionRow | undefined {
  return BY_NUMBER.get(number);
}

export function traitsOf(number: number): OptionTraits {
  const isUnsafe = (number & 2) !== 0;
  return { isCritical: (number & 1) !== 0, isUnsafe, isNoCacheKey: !isUnsafe && (number & 0x1e) === 0x1c };
}

export function readOptions(options: readonly CoapOption[]): OptionReport {
  const recognized: ReadOption[] = [];
  const unrecognized: { option: CoapOption; fault: OptionFault; isCritical: boolean }[] = [];
  let previous = -1;
  for (const option of options) {
    const traits = traitsOf(option.number);
    const known = BY_NUMBER.get(option.number);
    const isRepeat = option.number === previous;
    previous = option.number;
    const value = readValue(option.value, known, isRepeat);
    if (typeof value === 'object' && value !== null && 'fault' in value)
      unrecognized.push({ option, fault: value.fault, isCritical: traits.isCritical });
    else recognized.push({ number: option.number, name: known?.name, value, ...traits });
  }
  return { recognized, unrecognized };
}

/** The option as bytes: integers without leading zeros (RFC 7252, 3.2). */
export function encodeOption(name: OptionName, value: OptionValue): CoapOption {
  const known = BY_NAME.get(name);
  if (known === undefined) throw new WireError('coap.option', 'The option is not known.', { name });
  const bytes = valueBytes(value);
  if (bytes.length < known.least || bytes.length > known.most)
    throw new WireError('coap.option-length', 'The option value has a wrong length.', { name, length: bytes.length });
  return { number: known.number, value: bytes };
}

/** RFC 7252, 3.2: leading zeros are allowed on reading; at most six bytes stay exact. */
export function readUint(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

export function writeUint(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
    throw new WireError('wire.range', 'The value does not fit its field.', { value });
  const bytes = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return new Uint8Array(bytes);
}

function readValue(
  bytes: Uint8Array,
  known: OptionRow | undefined,
  isRepeat: boolean,
): OptionValue | { readonly fault: OptionFault } {
  if (known === undefined) return { fault: 'unknown' };
  if (isRepeat && !known.isRepeatable) return { fault: 'repeated' };
  if (bytes.length < known.least || bytes.length > known.most) return { fault: 'length' };
  if (known.format === 'empty') return null;
  if (known.format === 'opaque') return bytes;
  if (known.format === 'uint') return readUint(bytes);
  try {
    // RFC 7252, 3.2: strings are Net-Unicode in UTF-8.
    return UTF8.decode(bytes);
  } catch {
    return { fault: 'text' };
  }
}

function valueBytes(value: OptionValue): Uint8Array {
  if (value === null) return new Uint8Array(0);
  if (typeof value === 'number') return writeUint(value);
  return typeof value === 'string' ? new TextEncoder().encode(value) : value;
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function row<const Name extends string>(
  number: number,
  name: Name,
  format: OptionFormat,
  least: number,
  most: number,
  isRepeatable: boolean,
  source: string,
): OptionRow & { readonly name: Name } {
  return { number, name, format, least, most, isRepeatable, source };
}
