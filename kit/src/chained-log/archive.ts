/**
 * An archive: records of a chain sealed into one file that is never written again.
 *
 *   header (16)   magic `CONTORCA` · format version u16 · zero
 *   block         header (36): compressed length u32 · length u32 · first sequence u64 · lowest label f64 · highest label f64 ·
 *                 CRC-32 of these 32 bytes u32; then deflated (RFC 1951): records of length u32 · sequence u64 · payload
 *
 * The label of a record is the caller's, for instance its time: whoever looks for a day reads the blocks of that day only.
 */

import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { ChainTip } from '../chained-log.js';
import { createOver } from '../checkpoint.js';
import { crc32 } from '../crc32.js';
import type { Disk, DiskFile } from '../disk.js';
import { DamagedFileError, errnoOf } from '../errors.js';
import { decodeLink, encodeLink, type Link } from './link.js';

const MAGIC = Buffer.from('CONTORCA', 'latin1');
const FORMAT_VERSION = 1;
const FILE_HEADER_BYTES = 16;
const BLOCK_HEADER_BYTES = 36;
const RECORD_HEADER_BYTES = 12;
/** Records of a block before it is packed: some hundreds, and a page is read from a block or two. */
const BLOCK_BYTES = 256 * 1024;
/** A block holds at least one record, and a record of a chain may have 16 MiB. */
const LARGEST_BLOCK_BYTES = 17 * 2 ** 20;

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);

export interface ArchivedRecord extends Link {
  readonly sequence: number;
  readonly label: number;
}

export interface Sealed {
  readonly sha256: string;
  readonly bytes: number;
  readonly records: number;
  readonly first: number;
  readonly last: ChainTip;
}

/** Writes a new file, durable when it resolves; the caller gives it its final name. One that stands there is replaced. */
export async function writeArchive(disk: Disk, path: string, records: AsyncIterable<ArchivedRecord>): Promise<Sealed> {
  const file = await createOver(disk, path);
  try {
    const sealing = new Sealing(file);
    await sealing.begin();
    for await (const record of records) await sealing.add(record);
    const sealed = await sealing.end();
    await file.sync();
    return sealed;
  } finally {
    await file.close();
  }
}

class Sealing {
  readonly #file: DiskFile;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #records = 0;
  #first = 0;
  #last: ChainTip = { sequence: 0, hash: '' };
  #block: Uint8Array[] = [];
  #blockBytes = 0;
  #blockFirst = 0;
  #lowest = Number.POSITIVE_INFINITY;
  #highest = Number.NEGATIVE_INFINITY;

  constructor(file: DiskFile) {
    this.#file = file;
  }

  async begin(): Promise<void> {
    const header = Buffer.alloc(FILE_HEADER_BYTES);
    MAGIC.copy(header, 0);
    header.writeUInt16BE(FORMAT_VERSION, 8);
    await this.#write(header);
  }

  async add(record: ArchivedRecord): Promise<void> {
    const { sequence, hash, label } = record;
    const payload = encodeLink(record);
    const header = Buffer.alloc(RECORD_HEADER_BYTES);
    header.writeUInt32BE(payload.byteLength, 0);
    header.writeBigUInt64BE(BigInt(sequence), 4);
    if (this.#records === 0) this.#first = sequence;
    if (this.#block.length === 0) this.#blockFirst = sequence;
    this.#block.push(header, payload);
    this.#blockBytes += header.byteLength + payload.byteLength;
    this.#lowest = Math.min(this.#lowest, label);
    this.#highest = Math.max(this.#highest, label);
    this.#records += 1;
    this.#last = { sequence, hash };
    if (this.#blockBytes >= BLOCK_BYTES) await this.#flush();
  }

  async end(): Promise<Sealed> {
    if (this.#block.length > 0) await this.#flush();
    const sha256 = this.#hash.digest('hex');
    return { sha256, bytes: this.#bytes, records: this.#records, first: this.#first, last: this.#last };
  }

  async #flush(): Promise<void> {
    const packed = await deflate(Buffer.concat(this.#block));
    const header = Buffer.alloc(BLOCK_HEADER_BYTES);
    header.writeUInt32BE(packed.byteLength, 0);
    header.writeUInt32BE(this.#blockBytes, 4);
    header.writeBigUInt64BE(BigInt(this.#blockFirst), 8);
    header.writeDoubleBE(this.#lowest, 16);
    header.writeDoubleBE(this.#highest, 24);
    header.writeUInt32BE(crc32(header.subarray(0, 32)), 32);
    await this.#write(header, packed);
    this.#block = [];
    this.#blockBytes = 0;
    this.#lowest = Number.POSITIVE_INFINITY;
    this.#highest = Number.NEGATIVE_INFINITY;
  }

  async #write(...pieces: readonly Uint8Array[]): Promise<void> {
    await this.#file.append(pieces);
    for (const piece of pieces) {
      this.#hash.update(piece);
      this.#bytes += piece.byteLength;
    }
  }
}

export interface ArchiveBlock {
  readonly offset: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly firstSequence: number;
  readonly lowest: number;
  readonly highest: number;
}

export type ArchiveStep =
  | { readonly kind: 'record'; readonly sequence: number; readonly payload: Uint8Array }
  | { readonly kind: 'damaged' };

/** Every record of the file, in order; after a damage that leaves no way on, nothing more. `onBytes` sees the whole file. */
export async function* readArchive(
  disk: Disk,
  path: string,
  onBytes: (bytes: Uint8Array) => void,
): AsyncGenerator<ArchiveStep> {
  const file = await disk.open(path, 'read');
  try {
    const size = await file.size();
    const header = await file.read(0, FILE_HEADER_BYTES);
    onBytes(header);
    let offset = FILE_HEADER_BYTES;
    if (!isArchive(header)) offset = size;
    if (offset === size && size !== FILE_HEADER_BYTES) yield { kind: 'damaged' };
    while (offset < size) {
      const bytes = await file.read(offset, BLOCK_HEADER_BYTES);
      onBytes(bytes);
      const block = decodeBlockHeader(bytes, offset);
      const packed = block && (await file.read(offset + BLOCK_HEADER_BYTES, block.packedBytes));
      if (packed !== undefined) onBytes(packed);
      if (block === undefined || packed === undefined || packed.byteLength < block.packedBytes)
        return yield { kind: 'damaged' };
      yield* await unpack(block, packed);
      offset += BLOCK_HEADER_BYTES + block.packedBytes;
    }
  } finally {
    await file.close();
  }
}

/** Where the blocks stand, from their headers alone. Rejects with a DamagedFileError where they make no sense. */
export async function listBlocks(disk: Disk, path: string): Promise<readonly ArchiveBlock[]> {
  const file = await disk.open(path, 'read');
  try {
    const size = await file.size();
    const blocks: ArchiveBlock[] = [];
    if (!isArchive(await file.read(0, FILE_HEADER_BYTES))) throw damaged(path, 0);
    for (let offset = FILE_HEADER_BYTES; offset < size; ) {
      const block = decodeBlockHeader(await file.read(offset, BLOCK_HEADER_BYTES), offset);
      if (block === undefined) throw damaged(path, offset);
      blocks.push(block);
      offset += BLOCK_HEADER_BYTES + block.packedBytes;
    }
    return blocks;
  } finally {
    await file.close();
  }
}

/** The records of one block. Rejects with a DamagedFileError when they are not what was written. */
export async function readBlock(
  disk: Disk,
  path: string,
  block: ArchiveBlock,
): Promise<readonly { readonly sequence: number; readonly hash: string; readonly body: Uint8Array }[]> {
  const file = await disk.open(path, 'read');
  try {
    const packed = await file.read(block.offset + BLOCK_HEADER_BYTES, block.packedBytes);
    return (await unpack(block, packed)).map((step) => {
      const link = step.kind === 'record' ? decodeLink(step.payload) : undefined;
      if (step.kind !== 'record' || link === undefined) throw damaged(path, block.offset);
      return { sequence: step.sequence, hash: link.hash, body: link.body };
    });
  } finally {
    await file.close();
  }
}

function isArchive(header: Uint8Array): boolean {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (bytes.byteLength < FILE_HEADER_BYTES || !bytes.subarray(0, 8).equals(MAGIC)) return false;
  return bytes.readUInt16BE(8) === FORMAT_VERSION && bytes.subarray(10).every((byte) => byte === 0);
}

function decodeBlockHeader(header: Uint8Array, offset: number): ArchiveBlock | undefined {
  if (header.byteLength < BLOCK_HEADER_BYTES) return undefined;
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const length = bytes.readUInt32BE(4);
  if (bytes.readUInt32BE(32) !== crc32(bytes.subarray(0, 32)) || length > LARGEST_BLOCK_BYTES) return undefined;
  return {
    offset,
    packedBytes: bytes.readUInt32BE(0),
    bytes: length,
    firstSequence: Number(bytes.readBigUInt64BE(8)),
    lowest: bytes.readDoubleBE(16),
    highest: bytes.readDoubleBE(24),
  };
}

async function unpack({ bytes: length }: ArchiveBlock, packed: Uint8Array): Promise<readonly ArchiveStep[]> {
  let bytes: Buffer;
  try {
    bytes = await inflate(packed, { maxOutputLength: LARGEST_BLOCK_BYTES });
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [{ kind: 'damaged' }]; // zlib says Z_DATA_ERROR and the like, and ERR_BUFFER_TOO_LARGE.
  }
  const steps: ArchiveStep[] = [];
  for (let at = 0; at + RECORD_HEADER_BYTES <= bytes.byteLength; ) {
    const end = at + RECORD_HEADER_BYTES + bytes.readUInt32BE(at);
    if (end > bytes.byteLength) break;
    steps.push({
      kind: 'record',
      sequence: Number(bytes.readBigUInt64BE(at + 4)),
      payload: bytes.subarray(at + RECORD_HEADER_BYTES, end),
    });
    at = end;
  }
  if (bytes.byteLength !== length) steps.push({ kind: 'damaged' });
  return steps;
}

function damaged(path: string, offset: number): DamagedFileError {
  return new DamagedFileError('chain.archive', `${path} no longer holds what was sealed.`, { path, offset });
}
