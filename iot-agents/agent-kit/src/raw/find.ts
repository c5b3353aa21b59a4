/**
 * Raw frames by device and time of arrival, read from the folder of an agent as it lies there, beside a running one or long after: what
 * was put aside, and what is still in the ingest logs.
 */

import { join } from 'node:path';
import { type Disk, errnoOf, readSegment } from '@contor/kit';
import { decodeRecord, INGEST_KIND, INGEST_VERSION, type IngestRecord, migrateRecord } from '../ingest/record.js';
import { RAW_FOLDER } from './keeper.js';

export interface RawQuestion {
  /** Key in the registry. */
  readonly device: string;
  readonly fromMs: number;
  /** Not included. */
  readonly toMs: number;
}

export interface RawFrame {
  readonly record: IngestRecord;
  /** Where it was found: file and sequence. */
  readonly file: string;
  readonly sequence: number;
}

const LANES = ['live', 'late'] as const;
/** A meter sends some; more than these do not help a person. */
const MOST_FRAMES = 1_000;
/** A clock that was set back since the file was begun. */
const SLACK_MS = 3_600_000;

/** In the order of arrival. A frame that came too late to be live stands in both lanes and is told once. */
export async function findRawFrames(
  disk: Disk,
  dataFolder: string,
  question: RawQuestion,
): Promise<readonly RawFrame[]> {
  const found = new Map<string, RawFrame>();
  for (const lane of LANES)
    for (const folder of [join(dataFolder, RAW_FOLDER, lane), join(dataFolder, lane)])
      for (const name of await disk.list(folder)) {
        if (!name.endsWith('.log') || found.size >= MOST_FRAMES) continue;
        await searchFile(disk, join(folder, name), question, found);
      }
  return [...found.values()].sort((a, b) => a.record.receivedAtMs - b.record.receivedAtMs);
}

async function searchFile(
  disk: Disk,
  file: string,
  { device, fromMs, toMs }: RawQuestion,
  found: Map<string, RawFrame>,
): Promise<void> {
  const segment = await readSegment(disk, file).catch(goneMeanwhile);
  // Records are stamped as they come: a file begun later holds none of these.
  if (segment === undefined || segment.kind !== INGEST_KIND || segment.createdAtMs > toMs + SLACK_MS) return;
  for (const { sequence, payload } of segment.records()) {
    const record = decodeRecord(segment.payloadVersion < INGEST_VERSION ? migrateRecord(payload) : payload);
    if (record === undefined || record.device !== device) continue;
    if (record.receivedAtMs < fromMs || record.receivedAtMs >= toMs || found.size >= MOST_FRAMES) continue;
    found.set(`${record.receivedAtMs} ${Buffer.from(record.hash).toString('hex')}`, { record, file, sequence });
  }
}

/** The agent put it aside while we looked; it is found there the next time. */
function goneMeanwhile(error: unknown): undefined {
  if (errnoOf(error) === 'ENOENT') return undefined;
  throw error;
}
