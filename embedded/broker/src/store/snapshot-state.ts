/** The state as frames of a snapshot, and the way back. */

import type { HostedContext } from '../context/registry.js';
import type { RegistrationState } from '../registration/model.js';
import { type Boxes, type BoxState, NEVER_SENT } from '../subscription/model.js';
import type { CapturedTable } from './entity-table.js';
import type { Memory } from './memory.js';
import { packTelling, StringTable, unpackEntity, unpackTelling } from './pack.js';
import { packedFrames, restorePacked } from './packed-frame.js';
import type { CapturedPages } from './pages.js';
import type { Frame } from './snapshot-file.js';

/** Items in one frame: small enough to breathe between frames, large enough to share strings. */
const ITEMS_PER_FRAME = 500;

interface CapturedTenant {
  readonly name: string;
  readonly table: CapturedTable;
  readonly registrations: readonly RegistrationState[];
}

/** The state at one record. */
interface Captured {
  readonly sequence: number;
  readonly savedAtMs: number;
  readonly contexts: readonly HostedContext[];
  readonly names: readonly string[];
  readonly pages: CapturedPages;
  readonly tenants: readonly CapturedTenant[];
  readonly boxes: readonly BoxState[];
}

/** What lies where is noted at once, packed entities being immutable; they are copied later, frame by frame. */
export function captureState(memory: Memory, boxes: Boxes, sequence: number, savedAtMs: number): Iterable<Frame> {
  const { tenants, shelf, contexts } = memory;
  return frames({
    sequence,
    savedAtMs,
    contexts: [...contexts.hosted.values()],
    names: shelf.names.all.slice(),
    pages: shelf.pages.capture(),
    tenants: [...tenants.values()].map(({ name, table, registrations }) => ({
      name,
      table: table.capture(),
      registrations: registrations.capture(savedAtMs),
    })),
    boxes: boxes.capture(),
  });
}

function* frames({ sequence, savedAtMs, contexts, names, pages, tenants, boxes }: Captured): Iterable<Frame> {
  yield { kind: 'head', sequence, savedAtMs };
  yield { kind: 'contexts', contexts };
  yield { kind: 'names', names };
  for (const { name, table, registrations } of tenants) {
    yield* packedFrames(name, table, pages);
    for (const some of slices(registrations)) yield { kind: 'registrations', tenant: name, registrations: some };
  }
  for (const { tenant, subscription, status, cursor, pending } of boxes) {
    yield { kind: 'subscription', tenant, subscription, status, cursor };
    for (const some of slices(pending)) {
      const table = new StringTable();
      const entries = some.map((telling) => packTelling(telling, table));
      yield { kind: 'outbox', tenant, subscription: subscription.id, strings: table.strings, entries };
    }
  }
}

function* slices<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let at = 0; at < items.length; at += ITEMS_PER_FRAME) yield items.slice(at, at + ITEMS_PER_FRAME);
}

/** Entities go to memory as they come, which can be cleared again; the rest waits until the whole file was found good. */
export async function restoreState(found: AsyncIterable<Frame>, memory: Memory, boxes: Boxes): Promise<void> {
  const later: Frame[] = [];
  for await (const frame of found) {
    if (frame.kind === 'names') memory.shelf.names.restore(frame.names);
    else if (frame.kind === 'packed') restorePacked(frame, memory);
    else later.push(frame);
  }
  for (const frame of later) restore(frame, memory, boxes);
}

function restore(frame: Frame, memory: Memory, boxes: Boxes): void {
  switch (frame.kind) {
    case 'contexts':
      for (const context of frame.contexts) memory.contexts.host(context);
      break;
    case 'entities': {
      const table = new StringTable(frame.strings);
      const tenant = memory.tenantFor(frame.tenant);
      for (const packed of frame.entities) tenant.put(unpackEntity(packed, table));
      break;
    }
    case 'registrations':
      memory.tenantFor(frame.tenant).registrations.restore(frame.registrations);
      break;
    case 'subscription': {
      const { tenant, subscription, status, cursor } = frame;
      memory.tenantFor(tenant).subscriptions.set(subscription.id, subscription);
      boxes.restore({ tenant, subscription, status, cursor, pending: [] });
      break;
    }
    case 'outbox': {
      const table = new StringTable(frame.strings);
      const subscription = memory.tenantFor(frame.tenant).subscriptions.get(frame.subscription);
      if (subscription === undefined) break;
      const pending = frame.entries.map((packed) => unpackTelling(packed, table));
      boxes.restore({ tenant: frame.tenant, subscription, status: NEVER_SENT, cursor: 0, pending });
      break;
    }
  }
}
