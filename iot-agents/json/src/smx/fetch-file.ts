/** One recorded file, whole or not at all: in pieces where the line breaks, and believed only by its checksum. */

import { createHash } from 'node:crypto';
import { type Getter, TransportError } from '@contor/kit';
import { LARGEST_FILE, type SmxFile } from './codec.js';

export interface Source {
  readonly getter: Getter;
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
}

const WAIT_MS = 20_000;
/** A mobile line breaks; one that breaks more often in a file is left until the next round. */
const MOST_PIECES = 5;

/** Undefined: it arrived, and is not what its checksum says. */
export async function fetchFile({ getter, endpoint, headers }: Source, file: SmxFile): Promise<Uint8Array | undefined> {
  const url = new URL(`${endpoint}/files/${encodeURIComponent(file.name)}`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (let piece = 0; piece < MOST_PIECES && bytes < file.bytes; piece += 1) {
    const range = bytes === 0 ? {} : { Range: `bytes=${bytes}-` };
    const answer = await getter.get({
      url,
      headers: { ...headers, ...range },
      waitMs: WAIT_MS,
      maxBytes: LARGEST_FILE,
    });
    // Who does not know Range begins again with 200 (RFC 9110, 14.2).
    if (answer.status === 200) {
      pieces.length = 0;
      bytes = 0;
    } else if (answer.status !== 206) throw new TransportError('smx.status', `${url.host} answers ${answer.status}.`);
    pieces.push(answer.body);
    bytes += answer.body.length;
  }
  const whole = Buffer.concat(pieces);
  const isRight = whole.length === file.bytes && createHash('sha256').update(whole).digest('hex') === file.sha256;
  return isRight ? whole : undefined;
}
