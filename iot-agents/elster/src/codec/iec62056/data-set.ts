/**
 * Data sets, IEC 62056-21, 6.5: `address(value*unit)(value*unit)…`, in lines of any length. Tolerant where meters are: odd
 * addresses (`1-1:30D`), reduced ones, none at all, blanks, values broken off to the next line; strict about brackets.
 */

import { WireError } from '@contor/kit';

export interface DataValue {
  readonly value: string;
  readonly unit?: string;
}

export interface DataSet {
  /** As sent, empty when there was none: answers to a command often leave it out. */
  readonly address: string;
  readonly values: readonly DataValue[];
}

/** Where the sets ended: at "!", or at the end of the text. */
export interface DataSets {
  readonly sets: readonly DataSet[];
  readonly end: number;
  readonly isEnded: boolean;
}

/** 6.5 has 16; long OBIS codes and makers' own have more. */
const MAX_ADDRESS = 64;
/** 6.5 has 32, and 128 in mode C; the text message of a P1 port has 2048. */
const MAX_VALUE = 4096;

const [TAB, CR, BLANK, LINE_FEED, BANG, OPEN, CLOSE, STAR] = [0x09, 0x0d, 0x20, 0x0a, 0x21, 0x28, 0x29, 0x2a] as const;

/** A set cut at the end of the text is `wire.short`, so a reader of a stream knows that it may wait. */
export function parseDataSets(text: string, from = 0, to = text.length): DataSets | WireError {
  const sets: DataSet[] = [];
  let values: DataValue[] = [];
  let at = from;
  while (at < to) {
    const code = text.charCodeAt(at);
    if (code === CR || code === LINE_FEED || code === BLANK || code === TAB) {
      at += 1;
    } else if (code === BANG) {
      return { sets, end: at, isEnded: true };
    } else if (code === OPEN) {
      const close = text.indexOf(')', at);
      if (close < 0 || close >= to) return unclosed(at, to);
      if (close - at > MAX_VALUE) return fault('iec62056.value-too-long', at);
      // A value on a line of its own goes on with the set before it: rows of a profile, gas lines of DSMR 2 and 3.
      if (sets.length === 0) sets.push({ address: '', values });
      values.push(bracketed(text, at + 1, close));
      at = close + 1;
    } else {
      const open = addressEnd(text, at, to);
      if (open === to) return to - at > MAX_ADDRESS ? fault('iec62056.address-too-long', at) : short(at);
      if (text.charCodeAt(open) !== OPEN) return fault('iec62056.data-set', open);
      if (open - at > MAX_ADDRESS) return fault('iec62056.address-too-long', at);
      values = [];
      sets.push({ address: text.slice(at, open), values });
      at = open;
    }
  }
  return { sets, end: to, isEnded: false };
}

/** One set, without a line end. */
export function formatDataSet({ address, values }: DataSet): string {
  if (!/^[^()!\r\n]*$/.test(address)) throw new WireError('iec62056.data-set', 'No address of a data set.');
  return `${address}${values.map(formatValue).join('')}`;
}

export function formatValue({ value, unit }: DataValue): string {
  const text = unit === undefined ? value : `${value}*${unit}`;
  if (text.includes(')') || unit?.includes('*') || (unit === undefined && value.includes('*')))
    throw new WireError('iec62056.value', 'The value does not fit between brackets.');
  return `(${text})`;
}

function addressEnd(text: string, from: number, to: number): number {
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === OPEN || code === CLOSE || code === BANG || code === CR || code === LINE_FEED) return at;
  }
  return to;
}

/** The unit stands behind the last star: some meters send `088*C&082*C`. */
function bracketed(text: string, from: number, to: number): DataValue {
  for (let at = to - 1; at >= from; at -= 1) {
    if (text.charCodeAt(at) === STAR) return { value: text.slice(from, at), unit: text.slice(at + 1, to) };
  }
  return { value: text.slice(from, to) };
}

function unclosed(at: number, to: number): WireError {
  return to - at > MAX_VALUE ? fault('iec62056.value-too-long', at) : short(at);
}

function short(at: number): WireError {
  return new WireError('wire.short', 'The text ends within a data set.', { offset: at });
}

function fault(code: string, at: number): WireError {
  return new WireError(code, 'The text is no data set.', { offset: at });
}
