/**
 * Polling where replicas share the devices: what is another's is in no plan of ours, a conversation ends with the lease, and a lost device is given
 * on when its connection is closed. A reader needs to know nothing of it, but must look at its signal before it sends.
 */

import { type Acquisition, type AcquisitionOptions, openAcquisition } from '../acquisition/open.js';
import type { Reader, ReadFailure } from '../acquisition/reader.js';
import { keyOfDevice } from '../registry/device.js';
import type { Leases } from './leases.js';

interface Talk {
  readonly key: string;
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

const NOT_HELD: ReadFailure = {
  ...{ kind: 'failed', fault: 'not-connected', code: 'lease.not-held', detail: 'Another replica reads this device.' },
  ...{ bytesIn: 0, bytesOut: 0, steps: [] },
};

export function openLeasedAcquisition(leases: Leases, options: AcquisitionOptions): Acquisition {
  const talks = new Set<Talk>();

  const reader: Reader = {
    async read(device, task, signal, tell) {
      const key = keyOfDevice(device);
      if (leases.holds(key) === undefined) return NOT_HELD;
      const abort = new AbortController();
      const reading = options.reader.read(device, task, AbortSignal.any([signal, abort.signal]), tell);
      const talk: Talk = { key, abort, ended: reading.catch(() => undefined) };
      talks.add(talk);
      try {
        return await reading;
      } finally {
        talks.delete(talk);
      }
    },
  };

  const acquisition = openAcquisition({
    ...options,
    reader,
    planOf: (device) => (leases.holds(keyOfDevice(device)) === undefined ? undefined : options.planOf(device)),
  });
  const forget = leases.onChange(async () => {
    acquisition.refresh();
    const lost = [...talks].filter(({ key }) => leases.holds(key) === undefined);
    for (const { abort } of lost) abort.abort(new Error(NOT_HELD.code));
    await Promise.all(lost.map(({ ended }) => ended));
  });
  return {
    get figures() {
      return acquisition.figures;
    },
    start: () => acquisition.start(),
    ask: (wish) => acquisition.ask(wish),
    refresh: () => acquisition.refresh(),
    nextReads: (key) => acquisition.nextReads(key),
    async stop() {
      forget();
      await acquisition.stop();
    },
  };
}
