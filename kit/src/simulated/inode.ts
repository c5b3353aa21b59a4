/** The bytes of one simulated file, twice: as a program sees them, and as they would be found after a power cut. */

import type { Random } from '../random.js';

/** What a page cache writes back at once, and what a drive writes without tearing. */
const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;

export class Inode {
  #seen = new Uint8Array(0);
  #size = 0;
  #durable = new Uint8Array(0);
  #durableSize = 0;
  /** Pages whose contents have changed since they were last durable. */
  readonly #dirty = new Set<number>();

  get size(): number {
    return this.#size;
  }

  read(position: number, length: number): Uint8Array {
    return this.#seen.slice(Math.min(position, this.#size), Math.min(position + length, this.#size));
  }

  append(bytes: Uint8Array): void {
    const end = this.#size + bytes.byteLength;
    this.#seen = withRoom(this.#seen, end);
    this.#seen.set(bytes, this.#size);
    this.#markDirty(this.#size, end);
    this.#size = end;
  }

  truncate(size: number): void {
    this.#seen = withRoom(this.#seen, size);
    this.#seen.fill(0, Math.min(size, this.#size), Math.max(size, this.#size));
    this.#markDirty(Math.min(size, this.#size), Math.max(size, this.#size));
    this.#size = size;
  }

  sync(): void {
    this.#durable = withRoom(this.#durable, this.#size);
    for (const page of this.#dirty) {
      const start = page * PAGE_BYTES;
      const end = Math.min(start + PAGE_BYTES, this.#size);
      if (start < end) this.#durable.set(this.#seen.subarray(start, end), start);
    }
    this.#durableSize = this.#size;
    this.#dirty.clear();
  }

  /** A sync that fails: the kernel reports it once and marks the pages clean, so that no later sync writes them. */
  forgetDirty(): void {
    this.#dirty.clear();
  }

  /** Any bit may rot, also in what is durable. */
  flip(position: number, mask: number): void {
    for (const bytes of [this.#seen, this.#durable]) {
      if (position < bytes.byteLength) bytes[position] = (bytes[position] ?? 0) ^ mask;
    }
  }

  /** Power is cut: of each page not yet durable comes back the old, the new, or a mixture; the size is somewhere between. */
  crash(random: Random): void {
    const size = pickSize(this.#durableSize, this.#size, random);
    const found = new Uint8Array(size);
    found.set(this.#durable.subarray(0, Math.min(size, this.#durableSize)));
    for (const page of [...this.#dirty].sort((a, b) => a - b)) {
      const start = page * PAGE_BYTES;
      const end = Math.min(start + PAGE_BYTES, this.#size, size);
      if (start >= end) continue;
      const fate = random.integer(3);
      if (fate === 0) found.set(this.#seen.subarray(start, end), start);
      if (fate === 1) tear(found, this.#seen, start, end, random);
    }
    this.#seen = found;
    this.#size = size;
    this.#durable = found.slice();
    this.#durableSize = size;
    this.#dirty.clear();
  }

  #markDirty(start: number, end: number): void {
    for (let page = Math.floor(start / PAGE_BYTES); page * PAGE_BYTES < end; page += 1) this.#dirty.add(page);
  }
}

function pickSize(durable: number, seen: number, random: Random): number {
  const fate = random.integer(3);
  if (fate === 0) return durable;
  if (fate === 1) return seen;
  return Math.min(durable, seen) + random.integer(Math.abs(seen - durable) + 1);
}

/** Some sectors of the page were written. */
function tear(found: Uint8Array, seen: Uint8Array, start: number, end: number, random: Random): void {
  for (let at = start; at < end; at += SECTOR_BYTES) {
    const sectorEnd = Math.min(at + SECTOR_BYTES, end);
    if (random.integer(2) === 0) found.set(seen.subarray(at, sectorEnd), at);
  }
}

function withRoom(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  if (needed <= bytes.byteLength) return bytes;
  const grown = new Uint8Array(Math.max(needed, bytes.byteLength * 2, PAGE_BYTES));
  grown.set(bytes);
  return grown;
}
