/** Bytes ↔ APDUs, by the rows of apdus.ts. */

import { ByteWriter, type Decoded, WireError } from '@contor/kit';
import { attempt, attemptWhole, type Cursor, MAX_LENGTH, type Mark } from '../cursor.js';
import { APDUS, type Apdu, type ApduRow } from './apdus.js';

const BY_TAG: readonly (readonly ApduRow[])[] = Array.from({ length: 256 }, (_, tag) =>
  APDUS.filter((row) => row.tag === tag),
);
const BY_NAME = new Map<string, ApduRow>(APDUS.map((row) => [row.apdu, row]));

/** An APDU at the beginning of the bytes; where it ends, it says itself. */
export function decodeApdu(bytes: Uint8Array, trace?: Mark[]): Decoded<Apdu> {
  return attempt(bytes, readApdu, trace);
}

/** The bytes are one APDU: a lower layer has delimited it. */
export function decodeWholeApdu(bytes: Uint8Array, trace?: Mark[]): Decoded<Apdu> {
  return attemptWhole(bytes, readApdu, trace);
}

export function encodeApdu(apdu: Apdu): Uint8Array {
  const row = BY_NAME.get(apdu.apdu);
  if (row === undefined) throw new WireError('xdlms.tag', 'There is no such APDU.', { apdu: apdu.apdu });
  const to = new ByteWriter(MAX_LENGTH);
  to.u8(row.tag);
  if (row.choice !== undefined) to.u8(row.choice);
  row.body.write(to, apdu.body);
  return to.finish();
}

/** Whether any APDU begins so. */
export function isApduTag(tag: number): boolean {
  return (BY_TAG[tag]?.length ?? 0) > 0;
}

function readApdu(from: Cursor): Apdu {
  const tag = from.u8();
  const rows = BY_TAG[tag] ?? [];
  const first = rows[0];
  if (first === undefined) throw new WireError('xdlms.tag', 'There is no such APDU.', { tag });
  const row = first.choice === undefined ? first : chosen(rows, from);
  from.mark(0, 'apdu', row.apdu);
  return { apdu: row.apdu, body: row.body.read(from) } as Apdu;
}

function chosen(rows: readonly ApduRow[], from: Cursor): ApduRow {
  const choice = from.u8();
  const row = rows.find((candidate) => candidate.choice === choice);
  if (row === undefined) throw new WireError('xdlms.choice', 'The service has no such form.', { choice });
  return row;
}
