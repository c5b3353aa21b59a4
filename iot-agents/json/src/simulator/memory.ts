/**
 * What a meter must remember across a power cut of the simulator: how far it has come and what nobody has acked yet. Not
 * the messages themselves: they are a function of their time. One small file for the street.
 */

import { join } from 'node:path';
import { type Disk, openCheckpoint } from '@contor/kit';
import type { BreakerMemory } from './breaker.js';

export interface MeterMemory {
  /** The first ten-second slot that was not made into a message yet. */
  nextSlotMs: number;
  /** Slots sent or waiting, without an ack. */
  readonly unackedSlots: Set<number>;
  /** The first interval that was not made into a profile message yet. */
  nextIntervalMs: number;
  /** Profile messages without an ack: start of the first interval → number of intervals. */
  readonly unackedProfiles: Map<number, number>;
  /** Absent until it is switched for the first time. */
  breaker?: BreakerMemory | undefined;
}

export interface StreetMemory {
  /** When this street was started for the first time. */
  readonly firstStartMs: number;
  readonly meters: Map<string, MeterMemory>;
}

interface SavedMeter {
  readonly nextSlotMs: number;
  readonly unackedSlots: readonly number[];
  readonly nextIntervalMs: number;
  readonly unackedProfiles: readonly (readonly [number, number])[];
  readonly breaker?: BreakerMemory;
}

export interface StreetMemoryFile {
  read(): Promise<StreetMemory | undefined>;
  write(memory: StreetMemory): Promise<void>;
}

export function openStreetMemory(disk: Disk, dataFolder: string): StreetMemoryFile {
  const file = openCheckpoint({ disk, path: join(dataFolder, 'street') });
  return {
    async read() {
      const bytes = await file.read();
      if (bytes === undefined) return undefined;
      const saved = JSON.parse(new TextDecoder().decode(bytes)) as {
        firstStartMs: number;
        meters: [string, SavedMeter][];
      };
      const meters = saved.meters.map(([deviceId, meter]): [string, MeterMemory] => [
        deviceId,
        { ...meter, unackedSlots: new Set(meter.unackedSlots), unackedProfiles: new Map(meter.unackedProfiles) },
      ]);
      return { firstStartMs: saved.firstStartMs, meters: new Map(meters) };
    },
    write({ firstStartMs, meters }) {
      const saved = [...meters].map(([deviceId, meter]): [string, SavedMeter] => [deviceId, savedMeter(meter)]);
      return file.write(new TextEncoder().encode(JSON.stringify({ firstStartMs, meters: saved })));
    },
  };
}

function savedMeter({ breaker, unackedSlots, unackedProfiles, nextSlotMs, nextIntervalMs }: MeterMemory): SavedMeter {
  const saved = { nextSlotMs, unackedSlots: [...unackedSlots], nextIntervalMs, unackedProfiles: [...unackedProfiles] };
  return breaker === undefined ? saved : { ...saved, breaker };
}
