/**
 * Opening and closing an association: IEC 62056-5-3, 7.2.1 and clause 8 (ACSE-APDU), encoded in BER. Each APDU is a row of
 * fields; what may be repeated nowhere and comes in the order of its tags is written so.
 */

import { ByteReader, type Decoded, WireError } from '@contor/kit';
import { attemptWhole, type Cursor, type Mark } from '../cursor.js';
import { readTlv, tlv } from './ber.js';
import { ACSE_FIELDS, type AcseFields, type FieldName, type FieldRow } from './fields.js';

export type AcseName = (typeof ACSE_APDUS)[number]['apdu'];

export interface AcseApdu {
  readonly apdu: AcseName;
  readonly fields: AcseFields;
}

interface AcseRow {
  readonly tag: number;
  readonly apdu: string;
  /** Tag on the wire and the field it carries. */
  readonly fields: Readonly<Record<number, FieldName>>;
}

export const ACSE_APDUS = [
  {
    tag: 0x60,
    apdu: 'AARQ',
    fields: {
      128: 'protocolVersion',
      161: 'applicationContext',
      162: 'calledApTitle',
      163: 'calledAeQualifier',
      164: 'calledApInvocationId',
      165: 'calledAeInvocationId',
      166: 'systemTitle',
      167: 'certificate',
      168: 'apInvocationId',
      169: 'aeInvocationId',
      138: 'acseRequirements',
      139: 'mechanism',
      172: 'authenticationValue',
      189: 'implementationInformation',
      190: 'userInformation',
    },
  },
  {
    tag: 0x61,
    apdu: 'AARE',
    fields: {
      128: 'protocolVersion',
      161: 'applicationContext',
      162: 'result',
      163: 'diagnostic',
      164: 'systemTitle',
      165: 'certificate',
      166: 'apInvocationId',
      167: 'aeInvocationId',
      136: 'acseRequirements',
      137: 'mechanism',
      170: 'authenticationValue',
      189: 'implementationInformation',
      190: 'userInformation',
    },
  },
  { tag: 0x62, apdu: 'RLRQ', fields: { 128: 'releaseRequestReason', 190: 'userInformation' } },
  { tag: 0x63, apdu: 'RLRE', fields: { 128: 'releaseResponseReason', 190: 'userInformation' } },
] as const satisfies readonly AcseRow[];

export function isAcseTag(tag: number): boolean {
  return ACSE_APDUS.some((row) => row.tag === tag);
}

export function decodeAcse(bytes: Uint8Array, trace?: Mark[]): Decoded<AcseApdu> {
  return attemptWhole(bytes, readAcse, trace);
}

export function encodeAcse({ apdu, fields }: AcseApdu): Uint8Array {
  const row: AcseRow = ACSE_APDUS.find((candidate) => candidate.apdu === apdu) ?? ACSE_APDUS[0];
  const parts: Uint8Array[] = [];
  // Numeric keys come in the order of their tags' numbers, not of the standard: the class bits are taken off first.
  const order = Object.entries(row.fields).sort(([a], [b]) => (Number(a) & 0x1f) - (Number(b) & 0x1f));
  for (const [tag, name] of order) {
    const value = fields[name];
    if (value !== undefined) parts.push(tlv(Number(tag), writeField(name, value)));
  }
  return tlv(row.tag, ...parts);
}

function readAcse(from: Cursor): AcseApdu {
  const tag = from.u8();
  const row: (AcseRow & { apdu: AcseName }) | undefined = ACSE_APDUS.find((candidate) => candidate.tag === tag);
  if (row === undefined) throw new WireError('acse.tag', 'There is no such APDU.', { tag });
  from.mark(0, 'apdu', row.apdu);
  const end = lengthOf(from);
  const fields: Record<string, unknown> = {};
  while (from.offset < end) {
    const start = from.offset;
    const part = readTlv(from);
    const name = row.fields[part.tag];
    if (name === undefined) throw new WireError('acse.field', 'The APDU has no such field.', { tag: part.tag });
    if (name in fields) throw new WireError('acse.field', 'A field comes twice.', { name });
    fields[name] = readField(name, part.value);
    from.mark(start, name, saysOf(fields[name]));
  }
  return { apdu: row.apdu, fields: fields as AcseFields };
}

function lengthOf(from: Cursor): number {
  const length = from.u8();
  const long = length === 0x81 ? from.u8() : length === 0x82 ? from.u16() : length;
  if (length > 0x82 || length === 0x80) throw new WireError('acse.length', 'A length of ACSE has one to three bytes.');
  if (long > from.remaining) throw new WireError('wire.short', 'The bytes end before the APDU does.', { length: long });
  if (long < from.remaining)
    throw new WireError('wire.trailing', 'Bytes follow the end of the APDU.', { length: long });
  return from.offset + long;
}

/** Inside a field nothing can be awaited: its length has been met. */
function readField(name: FieldName, value: Uint8Array): unknown {
  const row: FieldRow<unknown> = ACSE_FIELDS[name];
  const from = new ByteReader(value);
  try {
    const read = row.read(from);
    if (from.remaining === 0) return read;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new WireError('acse.field', 'A field is not as its type says.', { name }, error);
  }
  throw new WireError('acse.field', 'A field is longer than its type.', { name });
}

function writeField(name: FieldName, value: unknown): Uint8Array {
  const row: FieldRow<unknown> = ACSE_FIELDS[name];
  return row.write(value);
}

function saysOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : JSON.stringify(value);
}
