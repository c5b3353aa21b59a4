/** The broker without its HTTP side: the store and the post office on one folder. What `index` serves, and what checks cut the power of. */

import { join } from 'node:path';
import { type Clock, type Disk, type Logger, openCheckpoint, type Random, retrySchedule } from '@contor/kit';
import type { ContextSource } from './context/compile.js';
import { CORE_URL } from './context/core.js';
import { ContextRegistry } from './context/registry.js';
import type { Json } from './json.js';
import { DiskRoom } from './store/disk-room.js';
import { Store } from './store/store.js';
import { PostOffice, type PostOfficeOptions } from './subscription/post-office.js';

export interface BrokerCoreOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly log: Logger;
  readonly dataFolder: string;
  readonly maxLogBytes: number;
  readonly snapshotBytes: number;
  readonly segmentBytes?: number;
  readonly maxOutboxBytes: number;
  /** Default: the core @context alone. */
  readonly contexts?: ContextRegistry;
  readonly deliver: PostOfficeOptions['deliver'];
  readonly onFatal: (error: Error) => void;
}

export interface BrokerCore {
  readonly store: Store;
  readonly office: PostOffice;
  readonly contexts: ContextRegistry;
  readonly room: DiskRoom;
}

const RETRIES = { firstMs: 250, factor: 2, maxMs: 30_000, jitter: 0.3 };

/** Recovered and ready to write. Notifications begin with `office.start()`. */
export async function openBrokerCore(options: BrokerCoreOptions): Promise<BrokerCore> {
  const {
    clock,
    disk,
    random,
    log,
    dataFolder,
    maxLogBytes,
    snapshotBytes,
    segmentBytes,
    maxOutboxBytes,
    deliver,
    onFatal,
  } = options;
  const contexts = options.contexts ?? createContexts(new Map(), CORE_URL);
  await disk.makeDirectory(dataFolder);
  const room = new DiskRoom({ disk, clock, log, dataFolder, onFatal });
  const cursors = openCheckpoint({
    disk,
    path: join(dataFolder, 'cursors'),
    onDamaged: (keptAs) =>
      log.warn({ keptAs }, 'The cursors are damaged; notifications since the last snapshot are sent again.'),
  });
  const office = new PostOffice({
    clock,
    random,
    log,
    schedule: retrySchedule(RETRIES, random),
    deliver,
    cursors,
    room,
    maxOutboxBytes,
    onFatal,
  });
  await office.load();
  const store = await Store.open({
    ...{ disk, clock, log, contexts, room, maxLogBytes, snapshotBytes, onFatal },
    directory: dataFolder,
    boxes: office,
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });
  return { store, office, contexts, room };
}

export function createContexts(
  preloaded: ReadonlyMap<string, Json>,
  defaultSource: ContextSource,
  mayFetch?: (url: string) => boolean,
): ContextRegistry {
  return new ContextRegistry(preloaded, defaultSource, mayFetch);
}
