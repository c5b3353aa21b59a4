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

function written(ms: number, form: number): string {
  const text = new Date(ms).toISOString();
  return form === WITHOUT_MILLISECONDS ? `${text.slice(0, 19)}Z` : text;
}
