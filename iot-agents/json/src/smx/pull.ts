/**
 * Asks meters that wait to be asked (SMX): their present every few seconds, and every minute the files they have recorded since. The place reached in
 * the files is on disk; it moves on when the file is in the ingest log, so a crash in between reads a file again, which changes nothing.
 */

import { join } from 'node:path';
import { type Device, deviceKey, type KnownDevices } from '@contor/agent-kit';
import {
  type Clock,
  type Disk,
  type DocumentStore,
  type Getter,
  isLoopback,
  type Logger,
  openDocuments,
  openDurableLog,
  type Random,
  retrySchedule,
  type Timer,
  TransportError,
} from '@contor/kit';
import { LONGEST_PAYLOAD } from '../codec/bounded-json.js';
import type { Take } from '../outages.js';
import { decodeFile, decodeFileList, type SmxFile } from './codec.js';
import { fetchFile, type Source } from './fetch-file.js';

export interface SmxPullOptions {
  readonly registry: KnownDevices;
  readonly getter: Getter;
  /** Sent as a bearer token when set. */
  readonly token: string | undefined;
  readonly dataFolder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly take: Take;
  readonly setAside: (reason: string, detail: string, bytes: Uint8Array) => Promise<void>;
  readonly onFatal: (error: Error) => void;
}

export interface SmxFigures {
  readonly smxDevices: number;
  readonly smxReads: number;
  readonly smxFiles: number;
  readonly smxFailures: number;
}

export interface SmxPull {
  readonly figures: SmxFigures;
  stop(): Promise<void>;
}

export const SMX_MODEL = 'smx-rest';

const TICK_MS = 1_000;
const FILES_EVERY_MS = 60_000;
const USUAL_INTERVAL_S = 10;
/** A device that does not answer is asked less and less, up to a few minutes. */
const RETRY = { firstMs: 2_000, factor: 2, maxMs: 300_000, jitter: 0.3 } as const;
const WAIT_MS = 8_000;
/** Devices in conversation at once; the others wait for the next tick. */
const MOST_AT_ONCE = 64;
/** Of one device in one round, so that one that was away for a year does not keep us from the others. */
const FILES_A_ROUND = 60;
/** Sixty bytes a device, rewritten. */
const LOG_BYTES = 16 * 2 ** 20;
const CURSOR = 'smx-cursor';
/** A file that arrives broken so often is put aside. */
const MOST_TRIES = 3;

interface Plan {
  liveAtMs: number;
  filesAtMs: number;
  failures: number;
  isBusy: boolean;
  /** How often the next file has arrived broken. */
  tries: number;
}

export async function openSmxPull(options: SmxPullOptions): Promise<SmxPull> {
  const { disk, clock, log, dataFolder, onFatal } = options;
  const limits = { kind: 'smx', version: 1, maxBytes: LOG_BYTES, onFatal };
  const durable = await openDurableLog({ disk, clock, directory: join(dataFolder, 'smx'), ...limits });
  return new Pull(options, await openDocuments({ durable, clock, log }));
}

class Pull implements SmxPull {
  readonly #options: SmxPullOptions;
  readonly #cursors: DocumentStore;
  readonly #retry;
  readonly #plans = new Map<string, Plan>();
  readonly #running = new Set<Promise<void>>();
  readonly #counts = { smxReads: 0, smxFiles: 0, smxFailures: 0 };
  #timer: Timer | undefined;
  #isStopping = false;

  constructor(options: SmxPullOptions, cursors: DocumentStore) {
    this.#options = options;
    this.#cursors = cursors;
    this.#retry = retrySchedule(RETRY, options.random);
    this.#wait();
  }

  get figures(): SmxFigures {
    return { smxDevices: this.#plans.size, ...this.#counts };
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#timer?.cancel();
    await Promise.all(this.#running);
    await this.#cursors.close();
  }

  #wait(): void {
    if (this.#isStopping) return;
    this.#timer = this.#options.clock.after(TICK_MS, () => {
      this.#tick();
      this.#wait();
    });
  }

  #tick(): void {
    const nowMs = this.#options.clock.nowMs();
    const there = new Set<string>();
    for (const device of this.#options.registry.all()) {
      if (device.model !== SMX_MODEL || device.endpoint === undefined) continue;
      const key = deviceKey(device.apiKey, device.deviceId);
      there.add(key);
      const plan = this.#plans.get(key) ?? { liveAtMs: 0, filesAtMs: 0, failures: 0, isBusy: false, tries: 0 };
      this.#plans.set(key, plan);
      const isDue = nowMs >= plan.liveAtMs || nowMs >= plan.filesAtMs;
      if (!isDue || plan.isBusy || this.#running.size >= MOST_AT_ONCE) continue;
      plan.isBusy = true;
      const run = this.#visit(device, key, plan, nowMs).finally(() => {
        plan.isBusy = false;
        this.#running.delete(run);
      });
      this.#running.add(run);
    }
    for (const key of this.#plans.keys()) if (!there.has(key)) this.#plans.delete(key);
  }

  async #visit(device: Device, key: string, plan: Plan, nowMs: number): Promise<void> {
    const { getter, token, log } = this.#options;
    const endpoint = (device.endpoint ?? '').replace(/\/+$/, '');
    const source = { getter, endpoint, headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } };
    try {
      checkPlain(endpoint);
      if (nowMs >= plan.liveAtMs) {
        await this.#readNow(device, source);
        plan.liveAtMs = nowMs + (device.reportingIntervalSeconds ?? USUAL_INTERVAL_S) * 1_000;
      }
      if (nowMs >= plan.filesAtMs) {
        const isMore = await this.#readFiles(device, key, plan, source);
        plan.filesAtMs = isMore ? nowMs : nowMs + FILES_EVERY_MS;
      }
      plan.failures = 0;
    } catch (error) {
      this.#counts.smxFailures += 1;
      // One line an outage of a device.
      if (plan.failures === 0) log.warn({ device: key, error }, 'A device that is asked over HTTP does not answer.');
      plan.failures += 1;
      const againMs = nowMs + this.#retry.delayMs(plan.failures);
      plan.liveAtMs = Math.max(plan.liveAtMs, againMs);
      plan.filesAtMs = Math.max(plan.filesAtMs, againMs);
    }
  }

  async #readNow({ apiKey, deviceId }: Device, { getter, endpoint, headers }: Source): Promise<void> {
    const url = new URL(`${endpoint}/realtime`);
    const { status, body } = await getter.get({ url, headers, waitMs: WAIT_MS, maxBytes: LONGEST_PAYLOAD });
    if (status !== 200) throw new Error(`it answers ${status}`);
    await this.#options.take({ apiKey, deviceId, channel: 'attrs', lane: 'live', bytes: body });
    this.#counts.smxReads += 1;
  }

  /** True when there is more than fits into a round. */
  async #readFiles(device: Device, key: string, plan: Plan, source: Source): Promise<boolean> {
    const { getter, endpoint, headers } = source;
    const url = new URL(`${endpoint}/files`);
    const after = this.#cursors.get(CURSOR, key) as string | undefined;
    if (after !== undefined) url.searchParams.set('after', after);
    const { status, body } = await getter.get({ url, headers, waitMs: WAIT_MS, maxBytes: LONGEST_PAYLOAD });
    if (status !== 200) throw new Error(`it answers ${status}`);
    const list = decodeFileList(body);
    if (list.kind === 'garbage') throw list.error;
    const names = list.value.filter(({ name }) => after === undefined || name > after);
    const files = names.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const file of files.slice(0, FILES_A_ROUND)) {
      if (this.#isStopping) return true;
      if (!(await this.#readFile(device, key, plan, source, file))) return false;
    }
    return files.length > FILES_A_ROUND;
  }

  /** False: it is to be tried again. */
  async #readFile(device: Device, key: string, plan: Plan, source: Source, file: SmxFile): Promise<boolean> {
    const { take, setAside } = this.#options;
    const bytes = await fetchFile(source, file);
    if (bytes === undefined) {
      plan.tries += 1;
      if (plan.tries < MOST_TRIES) return false;
      await setAside('smx.checksum', `${key} ${file.name}`, new Uint8Array());
    } else {
      const { apiKey, deviceId } = device;
      const { batches, badLines } = decodeFile(bytes);
      for (const batch of batches) await take({ apiKey, deviceId, channel: 'attrs', lane: 'late', bytes: batch });
      if (badLines > 0) await setAside('smx.lines', `${key} ${file.name}: ${badLines} lines`, bytes);
      this.#counts.smxFiles += 1;
    }
    plan.tries = 0;
    await this.#cursors.put({ kind: CURSOR, id: key, value: file.name });
    return true;
  }
}

/** Nothing is asked in plain text beyond this machine. */
function checkPlain(endpoint: string): void {
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === 'http:' && !isLoopback(hostname))
    throw new TransportError('smx.plain', `${hostname} would be asked in plain text.`);
}
