/**
 * Moments (observedAt) as bytes: one that is written as `2026-11-20T07:00:10.000Z`, with or without the milliseconds, is a
 * number; any other stays the text it is. Attributes of one message share their moment, so the last one is remembered.
 */

import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** How the moment was written. */
const AS_TEXT = 0;
const WITH_MILLISECONDS = 1;
const WITHOUT_MILLISECONDS = 2;

export class Moments {
  #putText = '';
  #putForm = AS_TEXT;
  #putMs = 0;
  #takenForm = AS_TEXT;
  #takenMs = 0;
  #takenText = '';

  put(text: string, into: ByteWriter): void {
    if (text !== this.#putText) this.#look(text);
    into.byte(this.#putForm);
    if (this.#putForm === AS_TEXT) into.text(text);
    else into.double(this.#putMs);
  }

  take(from: ByteReader): string {
    const form = from.byte();
    if (form === AS_TEXT) return from.text();
    const ms = from.double();
    if (ms !== this.#takenMs || form !== this.#takenForm) {
      this.#takenText = written(ms, form);
      this.#takenMs = ms;
      this.#takenForm = form;
    }
    return this.#takenText;
  }

  /** The moment that stands at another place of the same bytes. */
  peek(from: ByteReader, at: number): string {
    const here = from.at;
    from.at = at;
    const text = this.take(from);
    from.at = here;
    return text;
  }

  #look(text: string): void {
    const ms = text.length === 20 || text.length === 24 ? Date.parse(text) : Number.NaN;
    const form = text.length === 20 ? WITHOUT_MILLISECONDS : WITH_MILLISECONDS;
    this.#putText = text;
    this.#putMs = ms;
    this.#putForm = !Number.isNaN(ms) && written(ms, form) === text ? form : AS_TEXT;
  }
}

const DAY_MS = 86_400_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_none, value) => String(value).padStart(2, '0'));

/** The day of the last moment, as it is written: most moments are of the same one, and the rest of them is arithmetic. */
let day = Number.NaN;
let dayText = '';

function written(ms: number, form: number): string {
  const itsDay = Math.floor(ms / DAY_MS);
  if (itsDay !== day) {
    dayText = new Date(itsDay * DAY_MS).toISOString().slice(0, -13);
    day = itsDay;
  }
  const inDay = ms - itsDay * DAY_MS;
  const second = Math.floor(inDay / 1_000);
  const minute = Math.floor(second / 60);
  const hour = Math.floor(minute / 60);
  const time = `${dayText}${TWO_DIGITS[hour]}:${TWO_DIGITS[minute % 60]}:${TWO_DIGITS[second % 60]}`;
  if (form === WITHOUT_MILLISECONDS) return `${time}Z`;
  const rest = inDay - second * 1_000;
  return rest < 10 ? `${time}.00${rest}Z` : rest < 100 ? `${time}.0${rest}Z` : `${time}.${rest}Z`;
}
