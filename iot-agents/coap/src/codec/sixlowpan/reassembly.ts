/**
 * Fragments to packets (RFC 4944, 5.3). Time is an argument. Bounded in entries, bytes and seconds, over all and per sender:
 * whoever sends only beginnings displaces beginnings, never packets (trust T10).
 */

import { toHex, WireError } from '@contor/kit';
import { IPV6_HEADER_BYTES } from '../ipv6/packet.js';
import type { Contexts } from './addresses.js';
import { decompress } from './decompress.js';
import { type ElidedChecksum, type Expanded, restoreChecksum } from './expansion.js';
import { decodeFrame, type FragmentHeader, type SixlowpanFrame } from './frame.js';
import type { Link } from './link.js';

export interface ReassemblyLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly maxEntriesPerSource: number;
  readonly lifetimeMs: number;
}

export const REASSEMBLY_LIMITS: ReassemblyLimits = {
  /** A gateway's mesh has some hundred nodes, each with at most a few packets on the way. */
  maxEntries: 512,
  maxBytes: 512 * 1024,
  maxEntriesPerSource: 8,
  /** RFC 4944, 5.3: at most 60 s. */
  lifetimeMs: 60_000,
};

export type Received =
  | { readonly kind: 'packet'; readonly bytes: Uint8Array; readonly link: Link; readonly isChecksumElided: boolean }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'refused'; readonly error: WireError };

interface Entry {
  readonly source: string;
  readonly bytes: Uint8Array;
  readonly startedMs: number;
  /** Start to end of each fragment that is there; they never overlap. */
  readonly ranges: Map<number, number>;
  filled: number;
  elidedChecksum: ElidedChecksum | undefined;
}

export class Reassembler {
  readonly #contexts: Contexts;
  readonly #limits: ReassemblyLimits;
  /** In the order of their beginnings, so the first one is the oldest. */
  readonly #entries = new Map<string, Entry>();
  readonly #perSource = new Map<string, number>();
  #bytes = 0;

  constructor(contexts: Contexts, limits: ReassemblyLimits = REASSEMBLY_LIMITS) {
    this.#contexts = contexts;
    this.#limits = limits;
  }

  /** Bytes held by packets that are not whole yet. */
  get heldBytes(): number {
    return this.#bytes;
  }

  get entries(): number {
    return this.#entries.size;
  }

  receive(bytes: Uint8Array, hop: Link, nowMs: number): Received {
    this.expire(nowMs);
    const decoded = decodeFrame(bytes, hop);
    if (decoded.kind !== 'value') return refused(decoded.kind === 'garbage' ? decoded.error : SHORT);
    const frame = decoded.value;
    const isLater = frame.fragment?.isFirst === false;
    const expanded = isLater ? { bytes: frame.payload, elidedChecksum: undefined } : this.#expand(frame);
    if (expanded instanceof WireError) return refused(expanded);
    if (frame.fragment !== undefined) return this.#addFragment(frame, frame.fragment, expanded, nowMs);
    return finish(frame, expanded.bytes, expanded.elidedChecksum);
  }

  expire(nowMs: number): void {
    for (const [key, entry] of this.#entries) {
      if (nowMs - entry.startedMs < this.#limits.lifetimeMs) return;
      this.#drop(key, entry);
    }
  }

  #expand(frame: SixlowpanFrame): Expanded | WireError {
    const expanded = decompress(frame.payload, frame.link, this.#contexts, frame.fragment?.size);
    if (expanded.kind === 'value') return expanded.value;
    return expanded.kind === 'garbage' ? expanded.error : SHORT;
  }

  #addFragment(frame: SixlowpanFrame, header: FragmentHeader, expanded: Expanded, nowMs: number): Received {
    const { size, tag, offset } = header;
    const end = offset + expanded.bytes.length;
    // RFC 4944, 5.3: all but the last are multiples of eight octets; and a packet is no shorter than its header.
    if (end > size || end === offset || size < IPV6_HEADER_BYTES || (end < size && end % 8 !== 0))
      return refused(new WireError('sixlowpan.fragment', 'A fragment does not fit its packet.', { offset, end, size }));
    const source = name(frame.link.source);
    const key = `${source}>${name(frame.link.destination)}:${size}:${tag}`;
    const entry = this.#entries.get(key) ?? this.#begin(key, source, size, nowMs);
    const verdict = place(entry, offset, expanded.bytes);
    if (verdict === 'overlap') {
      this.#drop(key, entry);
      return refused(new WireError('sixlowpan.overlap', 'Two fragments overlap.', { offset, end, size }));
    }
    if (expanded.elidedChecksum !== undefined) entry.elidedChecksum = expanded.elidedChecksum;
    if (entry.filled < size) return { kind: 'waiting' };
    this.#drop(key, entry);
    return finish(frame, entry.bytes, entry.elidedChecksum);
  }

  #begin(key: string, source: string, size: number, nowMs: number): Entry {
    if ((this.#perSource.get(source) ?? 0) >= this.#limits.maxEntriesPerSource) this.#dropOldest(source);
    while (this.#entries.size >= this.#limits.maxEntries || this.#bytes + size > this.#limits.maxBytes) {
      if (!this.#dropOldest()) break;
    }
    const entry: Entry = {
      source,
      bytes: new Uint8Array(size),
      startedMs: nowMs,
      ranges: new Map(),
      filled: 0,
      elidedChecksum: undefined,
    };
    this.#entries.set(key, entry);
    this.#perSource.set(source, (this.#perSource.get(source) ?? 0) + 1);
    this.#bytes += size;
    return entry;
  }

  #dropOldest(source?: string): boolean {
    for (const [key, entry] of this.#entries) {
      if (source !== undefined && entry.source !== source) continue;
      this.#drop(key, entry);
      return true;
    }
    return false;
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#bytes -= entry.bytes.length;
    const left = (this.#perSource.get(entry.source) ?? 1) - 1;
    if (left === 0) this.#perSource.delete(entry.source);
    else this.#perSource.set(entry.source, left);
  }
}

/** The same fragment again is welcome and changes nothing; one that says something else about the same bytes is an attack. */
function place(entry: Entry, start: number, bytes: Uint8Array): 'placed' | 'repeated' | 'overlap' {
  const end = start + bytes.length;
  if (entry.ranges.get(start) === end)
    return Buffer.compare(entry.bytes.subarray(start, end), bytes) === 0 ? 'repeated' : 'overlap';
  for (const [otherStart, otherEnd] of entry.ranges) if (start < otherEnd && otherStart < end) return 'overlap';
  entry.ranges.set(start, end);
  entry.bytes.set(bytes, start);
  entry.filled += bytes.length;
  return 'placed';
}

function finish(frame: SixlowpanFrame, bytes: Uint8Array, elided: ElidedChecksum | undefined): Received {
  try {
    if (elided !== undefined) restoreChecksum(bytes, elided);
    return { kind: 'packet', bytes, link: frame.link, isChecksumElided: elided !== undefined };
  } catch (error) {
    if (error instanceof WireError) return refused(error);
    throw error;
  }
}

function name(address: Uint8Array | undefined): string {
  return address === undefined ? '' : toHex(address);
}

function refused(error: WireError): Received {
  return { kind: 'refused', error };
}

const SHORT = new WireError('sixlowpan.short', 'The frame ends within its headers.');
