/**
 * Packed entities in pages of a megabyte, outside the heap of the engine. What was written is never changed: a new state is
 * written behind the others and the old one is waste, so whoever holds a page (a snapshot under way) reads what was there
 * when it took it. A page with much waste is emptied, its living moved to the newest, and forgotten.
 */

import type { ByteReader } from './byte-reader.js';

const PAGE_BYTES = 2 ** 20;
/** Larger ones get a page of their own, or they would leave too much room unused at the end of the common ones. */
const MOST_IN_COMMON = PAGE_BYTES / 8;
/** owner u32 · length u32. */
const HEAD_BYTES = 8;
/** Waste beyond this share of all pages, and these bytes, is cleared away: a quarter more memory for few moves. */
const MOST_WASTE = 0.2;
const LEAST_WASTE = 4 * PAGE_BYTES;
const NOWHERE = 2 ** 32 - 1;
/** Pages emptied when a page is begun: more than one, so that waste always goes faster than it comes. */
const EMPTIED_AT_ONCE = 2;

export interface CapturedPages {
  packed(owner: number): Uint8Array;
}

interface Page {
  readonly bytes: Buffer;
  readonly view: DataView;
  used: number;
  /** Bytes of it that are not waste. */
  living: number;
}

export class Pages {
  /** By number; numbers of forgotten pages are used again. */
  readonly #pages: (Page | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #freeOwners: number[] = [];
  #owners = 0;
  /** By owner: page and place in it. */
  #pageOf = new Uint32Array(256);
  #placeOf = new Uint32Array(256);
  #newest = -1;
  #bytes = 0;
  #living = 0;

  /** What the pages take, and how much of it is alive. */
  get bytes(): number {
    return this.#bytes;
  }

  get living(): number {
    return this.#living;
  }

  /** Keeps a copy and answers the number to ask for it. */
  add(packed: Uint8Array): number {
    const owner = this.#freeOwners.pop() ?? this.#newOwner();
    this.#write(owner, packed);
    return owner;
  }

  replace(owner: number, packed: Uint8Array): void {
    this.#waste(owner);
    this.#write(owner, packed);
  }

  remove(owner: number): void {
    this.#waste(owner);
    this.#pageOf[owner] = NOWHERE;
    this.#freeOwners.push(owner);
  }

  /** Puts the reader at what this owner keeps. */
  read(owner: number, reader: ByteReader): void {
    const { bytes, view } = this.#page(this.#pageOf[owner] ?? 0);
    reader.moveTo(bytes, view, (this.#placeOf[owner] ?? 0) + HEAD_BYTES);
  }

  /** Everything as it is now, to be read while writing goes on. */
  capture(): CapturedPages {
    const pages = this.#pages.slice();
    const pageOf = this.#pageOf.slice(0, this.#owners);
    const placeOf = this.#placeOf.slice(0, this.#owners);
    return {
      packed(owner) {
        const page = pages[pageOf[owner] ?? 0];
        const at = placeOf[owner] ?? 0;
        if (page === undefined) throw new RangeError(`there is no page of ${owner}`);
        const start = at + HEAD_BYTES;
        return page.bytes.subarray(start, start + page.view.getUint32(at + 4));
      },
    };
  }

  clear(): void {
    this.#pages.length = 0;
    this.#freeNumbers.length = 0;
    this.#freeOwners.length = 0;
    this.#owners = 0;
    this.#newest = -1;
    this.#bytes = 0;
    this.#living = 0;
  }

  #page(number: number): Page {
    const page = this.#pages[number];
    if (page === undefined) throw new RangeError(`there is no page ${number}`);
    return page;
  }

  #newOwner(): number {
    const owner = this.#owners;
    this.#owners += 1;
    if (owner === this.#pageOf.length) {
      this.#pageOf = grown(this.#pageOf);
      this.#placeOf = grown(this.#placeOf);
    }
    return owner;
  }

  #write(owner: number, packed: Uint8Array): void {
    const size = HEAD_BYTES + packed.byteLength;
    const number = size > MOST_IN_COMMON ? this.#newPage(size) : this.#room(size);
    const page = this.#page(number);
    const at = page.used;
    page.view.setUint32(at, owner);
    page.view.setUint32(at + 4, packed.byteLength);
    page.bytes.set(packed, at + HEAD_BYTES);
    page.used += size;
    page.living += size;
    this.#living += size;
    this.#pageOf[owner] = number;
    this.#placeOf[owner] = at;
  }

  /** The page that takes the next common record. */
  #room(size: number): number {
    const newest = this.#pages[this.#newest];
    if (newest !== undefined && newest.used + size <= PAGE_BYTES) return this.#newest;
    this.#newest = this.#newPage(PAGE_BYTES);
    for (let emptied = 0; emptied < EMPTIED_AT_ONCE && this.#hasMuchWaste(); emptied += 1) this.#emptyOne();
    // What moved may have filled it.
    return this.#room(size);
  }

  #hasMuchWaste(): boolean {
    const waste = this.#bytes - this.#living - PAGE_BYTES;
    return waste > LEAST_WASTE && waste > this.#bytes * MOST_WASTE;
  }

  #newPage(size: number): number {
    const bytes = Buffer.allocUnsafeSlow(size);
    const page: Page = { bytes, view: new DataView(bytes.buffer), used: 0, living: 0 };
    const number = this.#freeNumbers.pop() ?? this.#pages.length;
    this.#pages[number] = page;
    this.#bytes += size;
    return number;
  }

  #waste(owner: number): void {
    const number = this.#pageOf[owner] ?? 0;
    const page = this.#page(number);
    const size = HEAD_BYTES + page.view.getUint32((this.#placeOf[owner] ?? 0) + 4);
    page.living -= size;
    this.#living -= size;
    if (page.living === 0 && number !== this.#newest) this.#forget(number, page);
  }

  #forget(number: number, page: Page): void {
    this.#pages[number] = undefined;
    this.#freeNumbers.push(number);
    this.#bytes -= page.bytes.byteLength;
  }

  /** The living of the page that has least of them move to the newest. A record is alive where its owner points. */
  #emptyOne(): void {
    let emptiest = -1;
    let least = 1;
    for (const [number, page] of this.#pages.entries()) {
      if (page === undefined || number === this.#newest) continue;
      const share = page.living / page.bytes.byteLength;
      if (share >= least) continue;
      least = share;
      emptiest = number;
    }
    const page = this.#pages[emptiest];
    if (page === undefined) return;
    for (let at = 0; at < page.used; ) {
      const owner = page.view.getUint32(at);
      const length = page.view.getUint32(at + 4);
      if (this.#pageOf[owner] === emptiest && this.#placeOf[owner] === at) {
        const start = at + HEAD_BYTES;
        this.#move(owner, page.bytes.subarray(start, start + length));
      }
      at += HEAD_BYTES + length;
    }
    this.#living -= page.living;
    page.living = 0;
    this.#forget(emptiest, page);
  }

  /** As a write, but without clearing away in between. */
  #move(owner: number, packed: Uint8Array): void {
    const newest = this.#page(this.#newest);
    if (newest.used + HEAD_BYTES + packed.byteLength > PAGE_BYTES) this.#newest = this.#newPage(PAGE_BYTES);
    this.#write(owner, packed);
  }
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
