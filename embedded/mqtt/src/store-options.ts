/** What the store is told when it opens. */

import type { Clock, Disk } from '@contor/kit';
import type { Room } from './room.js';

export interface StoreOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  /** Filters of topics whose messages are kept for the first persistent subscriber when there is none. */
  readonly mustDeliver: readonly string[];
  /** Of one session. */
  readonly maxQueueBytes: number;
  /** Of all sessions together; the log takes at most about four times as much. */
  readonly maxStoreBytes: number;
  /** Payloads kept in memory; the others are read from the log when their turn comes. */
  readonly maxMemoryBytes: number;
  readonly segmentBytes?: number;
  /** The log is cleaned when it is larger than this and twice what is alive in it. Default 32 MiB. */
  readonly cleanAboveBytes?: number;
  /** Hears when messages are refused for want of room, and when they are taken. */
  readonly room?: Pick<Room, 'refused' | 'accepted'>;
  readonly onFatal: (error: Error) => void;
}
