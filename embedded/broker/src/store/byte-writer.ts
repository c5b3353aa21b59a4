/** Numbers and texts into bytes that grow: the alphabet of packed entities. Little-endian, the same on every machine. */

const MOST_KEPT = 2 ** 20;

export class ByteWriter {
  #bytes: Buffer;
  #view: DataView;
  at = 0;

  constructor(bytes = 16_384) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Begins anew. What one large thing took is given back. */
  restart(): void {
    this.at = 0;
    if (this.#bytes.byteLength <= MOST_KEPT) return;
    this.#bytes = Buffer.allocUnsafeSlow(MOST_KEPT);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written since `start`. The bytes are the writer's own: copy what is to stay. */
  written(start = 0): Buffer {
    return this.#bytes.subarray(start, this.at);
  }

  byte(value: number): void {
    if (this.at === this.#bytes.byteLength) this.#grow(1);
    this.#bytes[this.at] = value;
    this.at += 1;
  }

  /** A whole number from 0, seven bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.byte(rest);
  }

  double(value: number): void {
    if (this.at + 8 > this.#bytes.byteLength) this.#grow(8);
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  raw(bytes: Uint8Array): void {
    if (this.at + bytes.byteLength > this.#bytes.byteLength) this.#grow(bytes.byteLength);
    this.#bytes.set(bytes, this.at);
    this.at += bytes.byteLength;
  }

  /** Length and width, then one byte a character, or two where one does not do: every text comes back, half a surrogate pair too. */
  text(text: string): void {
    const { length } = text;
    const start = this.at;
    this.varint(length * 2);
    if (this.at + length * 2 > this.#bytes.byteLength) this.#grow(length * 2);
    const bytes = this.#bytes;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 0xff) {
        this.#wide(text, start);
        return;
      }
      bytes[this.at + index] = code;
    }
    this.at += length;
  }

  /** Begins a part whose length stands before it. */
  begin(): number {
    this.byte(0);
    return this.at;
  }

  /** Ends the part that began at `start`. Most are short, and one byte was left for the length. */
  end(start: number): void {
    const length = this.at - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    const before = this.at;
    this.varint(length);
    const more = this.at - before - 1;
    const head = Buffer.from(this.#bytes.subarray(before, this.at));
    this.at = before + more;
    this.#bytes.copyWithin(start + more, start, before);
    this.#bytes.set(head, start - 1);
  }

  #wide(text: string, start: number): void {
    this.at = start;
    this.varint(text.length * 2 + 1);
    if (this.at + text.length * 2 > this.#bytes.byteLength) this.#grow(text.length * 2);
    this.at += this.#bytes.write(text, this.at, 'utf16le');
  }

  #grow(more: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.byteLength * 2, this.at + more));
    this.#bytes.copy(larger, 0, 0, this.at);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
