/** The way back from bytes: what `ByteWriter` wrote. Reading past the end throws a RangeError. */

export class ByteReader {
  bytes: Buffer;
  #view: DataView;
  at: number;

  constructor(bytes: Buffer = Buffer.alloc(0), at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** Looks at other bytes: one reader serves a whole walk. */
  moveTo(bytes: Buffer, view: DataView, at: number): void {
    this.bytes = bytes;
    this.#view = view;
    this.at = at;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new RangeError('a packed entity ends too early');
    this.at += 1;
    return value;
  }

  varint(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (;;) {
      const next = this.byte();
      value += (next & 0x7f) * scale;
      if (next < 0x80) return value;
      scale *= 0x80;
    }
  }

  double(): number {
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  text(): string {
    const head = this.varint();
    const length = head >>> 1;
    const start = this.at;
    this.at += head & 1 ? length * 2 : length;
    if (this.at > this.bytes.byteLength) throw new RangeError('a packed text ends too early');
    return head & 1 ? this.bytes.toString('utf16le', start, this.at) : this.bytes.toString('latin1', start, this.at);
  }

  skipText(): void {
    const head = this.varint();
    this.at += head & 1 ? head - 1 : head >>> 1;
  }

  raw(length: number): Buffer {
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.byteLength) throw new RangeError('packed bytes end too early');
    return this.bytes.subarray(start, this.at);
  }
}
