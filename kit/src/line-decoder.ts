/**
 * How a codec answers outside of its agent: one JSON object in, one out, and a table for the eyes of a technician. The keys
 * are those of docs/decode.md.
 */

/** A line of input: `id`, `protocol`, `input`, and what the protocol needs beside (`key`, `layer`, …). */
export type DecodeRequest = Readonly<Record<string, unknown>>;

export interface DecodeAnswer {
  readonly ok: boolean;
  /** Of a refusal: the stable code of the error. */
  readonly code?: string;
  readonly [member: string]: unknown;
}

/** Some bytes of a frame and what they say. */
export interface ExplainedRow {
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly says: string;
}

export interface LineDecoder {
  /** As in the `protocol` of a line and after `contor decode`. */
  readonly protocol: string;
  readonly about: string;
  /** A frame to try it with. */
  readonly example: string;
  /** Never throws: what cannot be decoded is `ok: false`. */
  readonly decode: (request: DecodeRequest) => DecodeAnswer;
  /** Byte by byte, of one frame in hex; also of one that cannot be decoded, as far as it can. */
  readonly explain?: (request: DecodeRequest) => readonly ExplainedRow[];
}
