/**
 * Which intervals of which profile are stored, per meter and local day: the book behind the Acquisition entities
 * (DESIGN 2.6). It lives in the late lane's cursor file, so that book and cursor never disagree: records that are read
 * again after a crash find the book as it was before them, and write the same into it.
 */

import { localDay, localDayBounds, toIso } from '@contor/kit';
import { entity, urn } from '@contor/orion-config';
import type { AcquiredIntervals, Entity } from './state.js';

/** One meter, one profile, one local day. */
export interface SavedPage {
  readonly tenant: string;
  readonly name: string;
  readonly refDevice: string;
  readonly profile: string;
  readonly zone: string;
  readonly day: string;
  readonly intervalSeconds: number;
  /** Bit n is the n-th interval of the day; hexadecimal. */
  readonly slots: string;
  readonly counter: number;
  readonly recordedAtMs: number;
  /** The counter that the broker has confirmed. */
  readonly announced: number;
}

interface Page extends Omit<SavedPage, 'slots' | 'counter' | 'recordedAtMs' | 'announced'> {
  slots: bigint;
  counter: number;
  recordedAtMs: number;
  announced: number;
}

export interface Announcement {
  readonly pageKey: string;
  readonly tenant: string;
  readonly counter: number;
  readonly entity: Entity;
}

/** Later than this nothing is announced again by itself (DESIGN 2.7: settled Acquisitions go after 35 days). */
const DAYS_KEPT = 36;
const DAY_MS = 86_400_000;

export class AcquisitionBook {
  readonly #pages = new Map<string, Page>();

  load(saved: readonly SavedPage[]): void {
    for (const page of saved)
      this.#pages.set(keyOf(page.tenant, page.name, page.profile, page.day), {
        ...page,
        slots: BigInt(`0x${page.slots}`),
      });
  }

  save(): SavedPage[] {
    return [...this.#pages.values()].map((page) => ({ ...page, slots: page.slots.toString(16) }));
  }

  /** What the record of `receivedAtMs` brought. The counter grows with every record, and survives a lost data folder. */
  enter(tenant: string, acquired: AcquiredIntervals, receivedAtMs: number): void {
    const touched = new Set<Page>();
    for (const startMs of acquired.startsMs) {
      const page = this.#pageOf(tenant, acquired, localDay(startMs, acquired.zone));
      page.slots |= 1n << BigInt(Math.floor((startMs - dayStartMs(page)) / (page.intervalSeconds * 1_000)));
      touched.add(page);
    }
    for (const page of touched) {
      page.counter = Math.max(page.counter + 1, receivedAtMs);
      page.recordedAtMs = receivedAtMs;
    }
    this.#prune(receivedAtMs);
  }

  get pendingCount(): number {
    let count = 0;
    for (const page of this.#pages.values()) if (page.announced < page.counter) count += 1;
    return count;
  }

  /** What the broker does not know yet. */
  pending(): Announcement[] {
    const waiting = [...this.#pages].filter(([, page]) => page.announced < page.counter);
    return waiting.map(([pageKey, page]) => ({
      pageKey,
      tenant: page.tenant,
      counter: page.counter,
      entity: toEntity(page),
    }));
  }

  announced({ pageKey, counter }: Announcement): void {
    const page = this.#pages.get(pageKey);
    if (page !== undefined) page.announced = Math.max(page.announced, counter);
  }

  #pageOf(tenant: string, acquired: AcquiredIntervals, day: string): Page {
    const { name, refDevice, profile, zone, intervalSeconds } = acquired;
    const key = keyOf(tenant, name, profile, day);
    const known = this.#pages.get(key);
    if (known !== undefined && known.intervalSeconds === intervalSeconds) return known;
    // A meter that was set to another interval begins its day anew: the old slots mean other times.
    const counter = known?.counter ?? 0;
    const page: Page = {
      tenant,
      name,
      refDevice,
      profile,
      zone,
      day,
      intervalSeconds,
      slots: 0n,
      counter,
      recordedAtMs: 0,
      announced: 0,
    };
    this.#pages.set(key, page);
    return page;
  }

  #prune(nowMs: number): void {
    for (const [key, page] of this.#pages) {
      // Pages stand in the order in which they were first written; the first young one ends the search.
      if (page.recordedAtMs > nowMs - DAYS_KEPT * DAY_MS) return;
      if (page.announced >= page.counter) this.#pages.delete(key);
    }
  }
}

interface Gap {
  readonly start: string;
  readonly end: string;
  readonly reason: string;
}

/** From the beginning of the local day to the end of the newest interval: what came after has not happened yet. */
function toEntity(page: Page): Entity {
  const startMs = dayStartMs(page);
  const slots = [...page.slots.toString(2)].reverse();
  const intervalMs = page.intervalSeconds * 1_000;
  const gaps = gapsOf(slots, startMs, intervalMs);
  return entity('Acquisition', urn('Acquisition', `${page.name}:${page.profile}:${page.day}`))
    .relationship('refDevice', page.refDevice)
    .property('profile', page.profile)
    .property('localDay', page.day)
    .property('timeZone', page.zone)
    .property('windowStart', toIso(startMs))
    .property('windowEnd', toIso(startMs + slots.length * intervalMs))
    .property('intervalSeconds', page.intervalSeconds)
    .property('expectedCount', slots.length)
    .property('storedCount', slots.filter((bit) => bit === '1').length)
    .property('counter', page.counter)
    .property('gaps', JSON.stringify(gaps))
    .property('gapCount', gaps.length)
    .property('recordedAt', toIso(page.recordedAtMs))
    .build();
}

function gapsOf(slots: readonly string[], startMs: number, intervalMs: number): Gap[] {
  const gaps: Gap[] = [];
  for (let slot = 0; slot < slots.length; slot += 1) {
    if (slots[slot] === '1') continue;
    const first = slot;
    while (slots[slot + 1] === '0') slot += 1;
    gaps.push({
      start: toIso(startMs + first * intervalMs),
      end: toIso(startMs + (slot + 1) * intervalMs),
      reason: 'not received',
    });
  }
  return gaps;
}

function dayStartMs({ day, zone }: Page): number {
  return localDayBounds(day, zone).startMs;
}

function keyOf(tenant: string, name: string, profile: string, day: string): string {
  return `${tenant}/${name}/${profile}/${day}`;
}
