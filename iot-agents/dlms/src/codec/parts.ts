/** The parts of a message that is not whole yet: adding one leaves the parts before as they were and copies nothing. */

export interface Parts {
  readonly before: Parts | undefined;
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Of all of them, in bytes. */
  readonly length: number;
}

export function addPart(before: Parts | undefined, bytes: Uint8Array): Parts {
  return { before, bytes, count: (before?.count ?? 0) + 1, length: (before?.length ?? 0) + bytes.length };
}

export function joinParts(parts: Parts): Uint8Array {
  const whole = new Uint8Array(parts.length);
  let end = parts.length;
  for (let part: Parts | undefined = parts; part !== undefined; part = part.before) {
    end -= part.bytes.length;
    whole.set(part.bytes, end);
  }
  return whole;
}
