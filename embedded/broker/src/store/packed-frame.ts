/** Entities in a frame of a snapshot: the tenant, then each id and what lies packed behind it, copied as it is. */

import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { CapturedTable } from './entity-table.js';
import type { Memory } from './memory.js';
import { unpackTypes } from './packed.js';
import type { CapturedPages } from './pages.js';
import type { PackedFrame } from './snapshot-file.js';

/** A frame is made at one go: small enough to let requests in between. */
const FRAME_BYTES = 256 * 1024;

/** An empty tenant is a tenant too, and makes one frame. */
export function* packedFrames(
  tenant: string,
  { ids, owners }: CapturedTable,
  pages: CapturedPages,
): Iterable<PackedFrame> {
  let at = 0;
  do {
    const writer = new ByteWriter(FRAME_BYTES);
    writer.text(tenant);
    for (; at < ids.length && writer.at < FRAME_BYTES; at += 1) {
      const id = ids[at] ?? '';
      if (id === '') continue;
      const packed = pages.packed(owners[at] ?? 0);
      writer.text(id);
      writer.varint(packed.byteLength);
      writer.raw(packed);
    }
    yield { kind: 'packed', bytes: writer.written() };
  } while (at < ids.length);
}

export function restorePacked({ bytes }: PackedFrame, memory: Memory): void {
  const reader = new ByteReader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { table } = memory.tenantFor(reader.text());
  const { names } = memory.shelf;
  while (reader.at < reader.bytes.byteLength) {
    const id = reader.text();
    const packed = reader.raw(reader.varint());
    const end = reader.at;
    reader.at = end - packed.byteLength;
    const types = unpackTypes(reader, names);
    reader.at = end;
    table.putPacked(id, types, packed);
  }
}
