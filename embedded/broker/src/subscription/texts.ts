/**
 * Entities as JSON text in bytes, one behind the other with a comma between them. What several subscribers are told in the
 * same words is written once, and a parcel of neighbours is one range of it: nothing is joined or copied for each of them.
 */

import type { Entity } from '../entity/model.js';
import type { Telling } from './model.js';

/** Where a text stands: `slab` has a comma at `end`. */
interface Place {
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
}

/** About two hundred meters' states, a notification's worth. */
const SLAB_BYTES = 262_144;
/** A generation is what is on its way to several subscribers at once, not a copy of the broker. */
const MAX_PLACES = 4_000;
const MAX_BYTES = 4 * 2 ** 20;
/** Ranges shorter than this on average are copied: a few texts on a slow way would keep whole slabs in memory. */
const WORTH_SHARING = 65_536;
const MOST_BYTES_OF_A_UNIT = 3;
const COMMA = ','.charCodeAt(0);

/** Texts of one shape, in two generations. */
export class Texts {
  readonly #write: (telling: Telling) => string;
  #slab = Buffer.alloc(0);
  #used = 0;
  #young = new Map<Entity, Place>();
  #old = new Map<Entity, Place>();
  #youngBytes = 0;

  constructor(write: (telling: Telling) => string) {
    this.#write = write;
  }

  /** Their texts with commas between them, in as few pieces as may be. */
  of(tellings: readonly Telling[]): readonly Buffer[] {
    const pieces: Buffer[] = [];
    let bytes = 0;
    let range: Place | undefined;
    for (const telling of tellings) {
      const place = this.#placeOf(telling);
      if (range !== undefined && place.slab === range.slab && place.start === range.end + 1) {
        range = { slab: range.slab, start: range.start, end: place.end };
        continue;
      }
      // Not the last one: with the comma behind it.
      if (range !== undefined) pieces.push(range.slab.subarray(range.start, range.end + 1));
      range = place;
    }
    if (range !== undefined) pieces.push(range.slab.subarray(range.start, range.end));
    for (const piece of pieces) bytes += piece.byteLength;
    return bytes >= pieces.length * WORTH_SHARING ? pieces : [Buffer.concat(pieces, bytes)];
  }

  #placeOf(telling: Telling): Place {
    const { entity } = telling;
    const known = this.#young.get(entity) ?? this.#old.get(entity);
    if (known !== undefined) return known;
    const place = this.#put(this.#write(telling));
    this.#youngBytes += place.end - place.start;
    if (this.#young.size >= MAX_PLACES || this.#youngBytes > MAX_BYTES) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(entity, place);
    return place;
  }

  #put(text: string): Place {
    const most = text.length * MOST_BYTES_OF_A_UNIT + 1;
    if (most > SLAB_BYTES) {
      const slab = Buffer.from(`${text},`, 'utf8');
      return { slab, start: 0, end: slab.byteLength - 1 };
    }
    if (this.#used + most > this.#slab.byteLength) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    const end = start + this.#slab.write(text, start, 'utf8');
    this.#slab[end] = COMMA;
    this.#used = end + 1;
    return { slab: this.#slab, start, end };
  }
}
