/**
 * The journal: requests, meters, control and alarms as documents on disk, each written before anybody acts on it. Everything a restart
 * needs to know is here; the entities in the broker are a view of it.
 */

import {
  type Clock,
  type Disk,
  type Document,
  type DocumentStore,
  type DocumentWatcher,
  type Logger,
  openDocuments,
  openDurableLog,
} from '@contor/kit';
import type { NgsiEntity } from '@contor/orion-config';
import { type ControlRecord, type RequestRecord, RUNNING, type Status, type TargetRecord } from '../core/records.js';

export interface Journal {
  request(id: string): RequestRecord | undefined;
  requests(): readonly RequestRecord[];
  targets(request: string): readonly TargetRecord[];
  /** Meters something is still to be done about, in order of when it is due. */
  unfinished(): readonly TargetRecord[];
  readonly control: ControlRecord;
  alarms(): readonly NgsiEntity[];
  keepRequest(record: RequestRecord): Promise<void>;
  keepTarget(record: TargetRecord): Promise<void>;
  keepTargets(records: readonly TargetRecord[]): Promise<void>;
  keepControl(record: ControlRecord): Promise<void>;
  keepAlarm(alarm: NgsiEntity): Promise<void>;
  alarmTold(id: string): Promise<void>;
  close(): Promise<void>;
}

export interface JournalOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly log: Logger;
  readonly onFatal: (error: Error) => void;
}

const VERSION = 1;
/** A bulk request of ten thousand meters is some four megabytes. */
const LOG_LIMIT_BYTES = 2 ** 30;
/** As long as a request may lie in the broker; after that its id is too old to be asked for again. */
const KEPT_MS = 35 * 86_400_000;
const UNFINISHED: readonly Status[] = ['waiting', 'sending', 'unknown'];
const CONTROL_ID = 'control';

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { disk, clock, directory, log, onFatal } = options;
  const limits = { kind: 'commands', version: VERSION, maxBytes: LOG_LIMIT_BYTES, onFatal };
  await disk.makeDirectory(directory);
  const durable = await openDurableLog({ disk, clock, directory, ...limits });
  const index = new JournalIndex();
  return new DocumentJournal(await openDocuments({ durable, clock, watcher: index, log }), index, clock);
}

/** Requests, meters by request, and the few that are not over, so that nobody walks over a month of them each second. */
class JournalIndex implements DocumentWatcher {
  readonly requests = new Map<string, RequestRecord>();
  readonly byRequest = new Map<string, Map<string, TargetRecord>>();
  readonly unfinished = new Map<string, TargetRecord>();

  came({ kind, id, value }: Document): void {
    if (kind === 'request') this.requests.set(id, value as RequestRecord);
    if (kind !== 'target') return;
    const record = value as TargetRecord;
    const own = this.byRequest.get(record.request) ?? new Map<string, TargetRecord>();
    this.byRequest.set(record.request, own.set(record.device, record));
    if (UNFINISHED.includes(record.status)) this.unfinished.set(id, record);
    else this.unfinished.delete(id);
  }

  went({ kind, id, value }: Document): void {
    if (kind === 'request') this.requests.delete(id);
    if (kind !== 'target') return;
    const { request, device } = value as TargetRecord;
    const own = this.byRequest.get(request);
    own?.delete(device);
    if (own?.size === 0) this.byRequest.delete(request);
    this.unfinished.delete(id);
  }
}

class DocumentJournal implements Journal {
  readonly #documents: DocumentStore;
  readonly #clock: Clock;
  readonly #index: JournalIndex;

  constructor(documents: DocumentStore, index: JournalIndex, clock: Clock) {
    this.#documents = documents;
    this.#index = index;
    this.#clock = clock;
  }

  request(id: string): RequestRecord | undefined {
    return this.#index.requests.get(id);
  }

  requests(): readonly RequestRecord[] {
    return [...this.#index.requests.values()];
  }

  targets(request: string): readonly TargetRecord[] {
    return [...(this.#index.byRequest.get(request)?.values() ?? [])];
  }

  unfinished(): readonly TargetRecord[] {
    return [...this.#index.unfinished.values()].sort((a, b) => (a.dueAtMs ?? 0) - (b.dueAtMs ?? 0));
  }

  get control(): ControlRecord {
    return (this.#documents.get('control', CONTROL_ID) as ControlRecord | undefined) ?? RUNNING;
  }

  alarms(): readonly NgsiEntity[] {
    return [...this.#documents.all('alarm')].map(({ value }) => value as NgsiEntity);
  }

  keepRequest(record: RequestRecord): Promise<void> {
    return this.#put('request', record.id, record);
  }

  keepTarget(record: TargetRecord): Promise<void> {
    return this.#put('target', `${record.request} ${record.device}`, record);
  }

  async keepTargets(records: readonly TargetRecord[]): Promise<void> {
    await Promise.all(records.map((record) => this.keepTarget(record)));
  }

  keepControl(record: ControlRecord): Promise<void> {
    return this.#documents.put({ kind: 'control', id: CONTROL_ID, value: record });
  }

  keepAlarm(alarm: NgsiEntity): Promise<void> {
    return this.#put('alarm', alarm.id, alarm);
  }

  alarmTold(id: string): Promise<void> {
    return this.#documents.remove('alarm', id);
  }

  close(): Promise<void> {
    return this.#documents.close();
  }

  #put(kind: string, id: string, value: unknown): Promise<void> {
    return this.#documents.put({ kind, id, value, expiresAtMs: this.#clock.nowMs() + KEPT_MS });
  }
}
