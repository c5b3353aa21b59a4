/** Command ↔ record of the log: UTF-8 JSON, entities packed. The log beneath frames, checks and numbers the records. */

import type { Command, InputOperation } from './commands.js';
import { type PackedEntity, packInput, StringTable, unpackInput } from './pack.js';

/** Version of this payload format; the log refuses a newer one and migrates an older one. */
export const RECORD_VERSION = 1;
export const RECORD_KIND = 'broker';

interface EntitiesRecord {
  readonly kind: 'entities';
  readonly tenant: string;
  readonly atMs: number;
  readonly operation: InputOperation;
  readonly observedAt?: string | undefined;
  readonly strings: readonly string[];
  readonly entities: readonly PackedEntity[];
}

type Recorded = EntitiesRecord | Exclude<Command, { readonly kind: 'entities' }>;

export function encodeCommand(command: Command): Uint8Array {
  return Buffer.from(JSON.stringify(toRecord(command)), 'utf8');
}

export function decodeCommand(payload: Uint8Array): Command {
  const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
  const record: Recorded = JSON.parse(text);
  if (record.kind !== 'entities') return record;
  const { kind, tenant, atMs, operation, observedAt, strings, entities } = record;
  const table = new StringTable(strings);
  const inputs = entities.map((packed) => unpackInput(packed, table, atMs));
  return { kind, tenant, atMs, operation, observedAt, inputs };
}

function toRecord(command: Command): Recorded {
  if (command.kind !== 'entities') return command;
  const { kind, tenant, atMs, operation, observedAt, inputs } = command;
  const table = new StringTable();
  const entities = inputs.map((input) => packInput(input, table));
  return { kind, tenant, atMs, operation, observedAt, strings: table.strings, entities };
}
