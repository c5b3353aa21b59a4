/** The broker without its HTTP side: the store and the post office on one folder. What `index` serves, and what checks cut the power of. */

import { type Clock, type Disk, type Keyring, type Logger, type Random, retrySchedule } from '@contor/kit';
import type { ContextSource } from './context/compile.js';
import { CORE_URL } from './context/core.js';
import { ContextRegistry } from './context/registry.js';
import type { Json } from './json.js';
import { DiskRoom } from './store/disk-room.js';
import { Store } from './store/store.js';
import { veilOf } from './store/veil.js';
import { DeadLetters } from './subscription/dead-letters.js';
import { Journal } from './subscription/journal.js';
import { PostOffice, type PostOfficeOptions } from './subscription/post-office.js';
import { shelfOf } from './subscription/rounds.js';

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
  /** Default: four times `maxOutboxBytes`. */
  readonly maxOutboxesBytes?: number;
  readonly maxDeadLetterBytes?: number;
  /** Default: the core @context alone. */
  readonly contexts?: ContextRegistry;
  readonly deliver: PostOfficeOptions['deliver'];
  readonly onFatal: (error: Error) => void;
  /** With it what lets in elsewhere is wrapped on disk. */
  readonly keyring?: Keyring | undefined;
}

export interface BrokerCore {
  readonly store: Store;
  readonly office: PostOffice;
  readonly letters: DeadLetters;
  readonly contexts: ContextRegistry;
  readonly room: DiskRoom;
}

const DEFAULT_DEAD_LETTER_BYTES = 256 * 2 ** 20;
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
  const { maxOutboxesBytes = maxOutboxBytes * 4, maxDeadLetterBytes = DEFAULT_DEAD_LETTER_BYTES } = options;
  const journal = new Journal({ disk, clock, log, dataFolder, onFatal });
  await journal.load();
  const letters = await DeadLetters.open({ disk, clock, log, dataFolder, maxBytes: maxDeadLetterBytes, onFatal });
  const schedule = retrySchedule(RETRIES, random);
  const office = new PostOffice({
    ...{ clock, log, schedule, deliver, journal, letters, room, maxOutboxBytes, maxOutboxesBytes, onFatal },
  });
  const store = await Store.open({
    ...{ disk, clock, log, contexts, room, maxLogBytes, snapshotBytes, onFatal },
    directory: dataFolder,
    boxes: office,
    veil: options.keyring && veilOf(options.keyring),
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });
  office.lookInto((name) => {
    const tenant = store.memory.tenants.get(name);
    return tenant && shelfOf(tenant.table);
  });
  return { store, office, letters, contexts, room };
}

export function createContexts(
  preloaded: ReadonlyMap<string, Json>,
  defaultSource: ContextSource,
  mayFetch?: (url: string) => boolean,
): ContextRegistry {
  return new ContextRegistry(preloaded, defaultSource, mayFetch);
}
