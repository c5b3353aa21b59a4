/** The fields of the ACSE APDUs, inside their tags: IEC 62056-5-3, clause 8. */

import { type ByteReader, WireError } from '@contor/kit';
import { readTlv, tlv } from './ber.js';
import { CONTEXT_BRANCH, MECHANISM_BRANCH, OID_PREFIX } from './names.js';

export interface FieldRow<T> {
  read(from: ByteReader): T;
  write(value: T): Uint8Array;
}

export interface Diagnostic {
  readonly source: 'acse-service-user' | 'acse-service-provider';
  readonly code: number;
}

const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;
const INTEGER = 0x02;
const CHARSTRING = 0x80;
const BITSTRING = 0x81;
const DIAGNOSTIC_TAGS = { 'acse-service-user': 0xa1, 'acse-service-provider': 0xa2 } as const;

const raw: FieldRow<Uint8Array> = { read: (from) => from.rest(), write: (value) => value };
const small: FieldRow<number> = { read: (from) => from.u8(), write: (value) => Uint8Array.of(value) };
const octetString = tagged(OCTET_STRING, raw);
const integer = tagged(INTEGER, small);

export const ACSE_FIELDS = {
  protocolVersion: raw,
  /** The last arc of the object identifier. */
  applicationContext: tagged(OBJECT_IDENTIFIER, identifier(CONTEXT_BRANCH)),
  calledApTitle: octetString,
  calledAeQualifier: octetString,
  calledApInvocationId: integer,
  calledAeInvocationId: integer,
  /** calling- or responding-AP-title: who speaks, for the IV of its ciphered messages. */
  systemTitle: octetString,
  /** calling- or responding-AE-qualifier: the public key certificate of who speaks. */
  certificate: octetString,
  apInvocationId: integer,
  aeInvocationId: integer,
  acseRequirements: raw,
  mechanism: identifier(MECHANISM_BRANCH),
  authenticationValue: { read: readAuthentication, write: (value: Uint8Array) => tlv(CHARSTRING, value) },
  implementationInformation: raw,
  result: integer,
  diagnostic: { read: readDiagnostic, write: writeDiagnostic },
  releaseRequestReason: small,
  releaseResponseReason: small,
  /** An xDLMS APDU, ciphered or not. */
  userInformation: octetString,
} as const satisfies Readonly<Record<string, FieldRow<unknown>>>;

export type FieldName = keyof typeof ACSE_FIELDS;
export type AcseFields = {
  readonly [K in FieldName]?: (typeof ACSE_FIELDS)[K] extends FieldRow<infer T> ? T : never;
};

function tagged<T>(tag: number, inner: FieldRow<T>): FieldRow<T> {
  return {
    read: (from) => {
      if (from.u8() !== tag) throw new WireError('acse.field', 'The tag inside a field is another.', { expected: tag });
      const size = from.u8();
      const length = size === 0x81 ? from.u8() : size === 0x82 ? from.u16() : size;
      if (length !== from.remaining) throw new WireError('acse.field', 'A length within a field is wrong.', { length });
      return inner.read(from);
    },
    write: (value) => tlv(tag, inner.write(value)),
  };
}

function identifier(branch: number): FieldRow<number> {
  return {
    read: (from) => {
      for (const expected of [...OID_PREFIX, branch])
        if (from.u8() !== expected) throw new WireError('acse.oid', 'The object identifier is not of DLMS UA.', {});
      return from.u8();
    },
    write: (value) => Uint8Array.of(...OID_PREFIX, branch, value),
  };
}

/** charstring or bitstring; another CHOICE is not used by DLMS. */
function readAuthentication(from: ByteReader): Uint8Array {
  const { tag, value } = readTlv(from);
  if (tag === CHARSTRING) return value;
  if (tag === BITSTRING && value.length > 0) return value.subarray(1);
  throw new WireError('acse.authentication', 'The authentication value is of another kind.', { tag });
}

function readDiagnostic(from: ByteReader): Diagnostic {
  const tag = from.peek();
  const row = Object.entries(DIAGNOSTIC_TAGS).find(([, candidate]) => candidate === tag);
  if (row === undefined) throw new WireError('acse.diagnostic', 'The diagnostic has no known source.', { tag });
  const source = row[0] as Diagnostic['source'];
  return { source, code: tagged(DIAGNOSTIC_TAGS[source], integer).read(from) };
}

function writeDiagnostic({ source, code }: Diagnostic): Uint8Array {
  return tlv(DIAGNOSTIC_TAGS[source], integer.write(code));
}
