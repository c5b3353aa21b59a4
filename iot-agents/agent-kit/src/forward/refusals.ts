/** Putting on a shelf what may not go on, and keeping a translator's own fault from stopping everybody else's readings. */

import type { Clock, Logger } from '@contor/kit';
import { errnoOf, toHex } from '@contor/kit';
import type { IngestRecord } from '../ingest/record.js';
import type { Shelf } from '../shelf.js';
import type { Entity, Refusal, Translation } from './state.js';

export interface Shelves {
  readonly clock: Clock;
  readonly log: Logger;
  readonly quarantine: Shelf;
  readonly deadLetters: Shelf;
}

export async function putRefusals(refusals: readonly Refusal[], record: IngestRecord, shelves: Shelves): Promise<void> {
  for (const { shelf, reason, detail } of refusals) {
    const { tenant, device, channel } = record;
    shelves.log.warn(
      { tenant, device, channel, shelf, reason, detail, frame: toHex(record.hash) },
      'A reading was put on a shelf.',
    );
    const content = contentOf(record.bytes);
    await (shelf === 'quarantine' ? shelves.quarantine : shelves.deadLetters).put({
      atMs: record.receivedAtMs,
      reason,
      detail,
      tenant,
      device,
      channel,
      content,
    });
  }
}

export async function putDeadLetter(tenant: string, entity: Entity, reason: string, shelves: Shelves): Promise<void> {
  shelves.log.error(
    { tenant, entity: entity.id, reason },
    'An entity was refused for what it is: kept as a dead letter.',
  );
  await shelves.deadLetters.put({
    atMs: shelves.clock.nowMs(),
    reason: 'entity.refused',
    detail: reason,
    tenant,
    device: '',
    channel: '',
    content: JSON.stringify(entity),
  });
}

/**
 * A translator is pure and total. Should it throw all the same, the fault is ours and is logged with its cause; but the
 * record is in a durable log, and crashing on it would mean crashing on it again after every restart.
 */
export function translateSafely(
  translate: (record: IngestRecord) => Translation,
  record: IngestRecord,
  log: Logger,
): Translation {
  try {
    return translate(record);
  } catch (error) {
    log.error(
      { device: record.device, channel: record.channel, frame: toHex(record.hash), error },
      'A record could not be translated.',
    );
    const detail = error instanceof Error ? error.message : String(error);
    return { states: [], acquired: [], refusals: [{ shelf: 'dead-letters', reason: 'translation.failed', detail }] };
  }
}

const NOT_UTF8 = 'ERR_ENCODING_INVALID_ENCODED_DATA';

/** Text where it is text; otherwise the bytes in hexadecimal. */
export function contentOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    // Not `instanceof`: an error of Node itself comes from another realm when we run in a VM context.
    if (errnoOf(error) !== NOT_UTF8) throw error;
    return toHex(bytes);
  }
}
