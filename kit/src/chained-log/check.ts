/**
 * Walks along a chain and names what does not hold. Pure: it is handed record after record, from wherever they were kept,
 * and at the end the places that the chain must have gone through.
 */

import type { ChainTip } from '../chained-log.js';
import { decodeLink, GENESIS, hashOfLink } from './link.js';

/** One row per kind of fault, as a person is told of it. */
export const CHAIN_FAULTS = {
  damaged: 'These bytes are not what was written.',
  changed: 'The record is not what was written: its hash does not fit.',
  unlinked: 'The record does not hold on to the one before it.',
  missing: 'These records are missing.',
  anchor: 'The record is not the one that the anchor names.',
  cut: 'The trail ends before this anchor.',
  archive: 'The archive is not the file that was sealed.',
} as const;

export interface ChainFault {
  readonly kind: keyof typeof CHAIN_FAULTS;
  /** First and last record concerned; `through` less than `sequence` when none is known to be. */
  readonly sequence: number;
  readonly through: number;
  /** The file it was found in. */
  readonly where: string;
}

/** A thoroughly broken chain needs no list of every record. */
const MOST_FAULTS = 1_000;

export class ChainCheck {
  readonly faults: ChainFault[] = [];
  /** All of them, also those beyond the list. */
  faultCount = 0;
  records = 0;
  first = 0;
  last: ChainTip;
  readonly #pins: ReadonlyMap<number, string>;
  readonly #met = new Set<number>();
  /** Of the newest record; undefined when it is not known. */
  #before: string | undefined;

  /** `pins` are what the anchors say: a hash for some of the sequences. A chain need not begin at its beginning. */
  constructor(pins: readonly ChainTip[], first = 1) {
    this.last = { sequence: first - 1, hash: GENESIS };
    this.#before = first === 1 ? GENESIS : undefined;
    this.#pins = new Map(pins.map(({ sequence, hash }) => [sequence, hash]));
    this.#contradictions(pins);
  }

  /** The next record, as its payload stands on disk. */
  record(sequence: number, payload: Uint8Array, where: string): void {
    const link = decodeLink(payload);
    if (this.records === 0) this.first = sequence;
    this.records += 1;
    if (sequence > this.last.sequence + 1) this.fault('missing', this.last.sequence + 1, sequence - 1, where);
    if (link === undefined || hashOfLink(link.previous, sequence, link.body) !== link.hash) {
      this.fault('changed', sequence, sequence, where);
    }
    const hash = link?.hash ?? GENESIS;
    const isNext = sequence === this.last.sequence + 1;
    // Behind a gap the hash before is known from an anchor, or not at all.
    const before = (isNext ? this.#before : undefined) ?? this.#pins.get(sequence - 1);
    if (before !== undefined && link?.previous !== before) this.fault('unlinked', sequence, sequence, where);
    const pin = this.#pins.get(sequence);
    if (pin !== undefined) {
      this.#met.add(sequence);
      if (pin !== hash) this.fault('anchor', sequence, sequence, where);
    }
    this.last = { sequence, hash };
    this.#before = hash;
  }

  fault(kind: ChainFault['kind'], sequence: number, through: number, where: string): void {
    this.faultCount += 1;
    if (this.faults.length < MOST_FAULTS) this.faults.push({ kind, sequence, through, where });
  }

  /** After the last record: anchors beyond it tell of a tail that was cut. Answers how many anchors held. */
  end(where: string): number {
    for (const sequence of this.#pins.keys()) {
      if (sequence > this.last.sequence) this.fault('cut', this.last.sequence + 1, sequence, where);
    }
    return this.#met.size;
  }

  /** Two anchors that name different hashes for one record cannot both be true. */
  #contradictions(pins: readonly ChainTip[]): void {
    for (const { sequence, hash } of pins) {
      if (this.#pins.get(sequence) !== hash) this.fault('anchor', sequence, sequence, 'anchors');
    }
  }
}
