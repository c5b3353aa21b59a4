/**
 * The handshake messages of DTLS 1.2 that a pre-shared key needs (RFC 6347, 4.2; RFC 5246, 7.4; RFC 4279, 2): header with
 * fragment fields, and the bodies. States, keys and retransmission are the matter of a session.
 */

import { ByteReader, ByteWriter, type Decoded, WireError } from '@contor/kit';

/** RFC 6347, 4.3.2; those of certificates are left out. */
export const HANDSHAKE_TYPES = [
  { value: 0, name: 'helloRequest' },
  { value: 1, name: 'clientHello' },
  { value: 2, name: 'serverHello' },
  { value: 3, name: 'helloVerifyRequest' },
  { value: 4, name: 'newSessionTicket' },
  { value: 12, name: 'serverKeyExchange' },
  { value: 14, name: 'serverHelloDone' },
  { value: 16, name: 'clientKeyExchange' },
  { value: 20, name: 'finished' },
] as const satisfies readonly { readonly value: number; readonly name: string }[];

export type HandshakeType = (typeof HANDSHAKE_TYPES)[number]['name'];

export interface HandshakeFragment {
  readonly type: HandshakeType;
  /** Of the whole message. */
  readonly length: number;
  readonly messageSequence: number;
  readonly offset: number;
  readonly fragment: Uint8Array;
}

export interface Extension {
  readonly type: number;
  readonly data: Uint8Array;
}

export interface ClientHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cookie: Uint8Array;
  readonly cipherSuites: readonly number[];
  readonly compressionMethods: readonly number[];
  readonly extensions: readonly Extension[];
}

export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly cipherSuite: number;
  readonly compressionMethod: number;
  readonly extensions: readonly Extension[];
}

/** No message of a pre-shared key comes near; an announced length is no reason to make room. */
const MAX_MESSAGE = 4096;
const RANDOM_BYTES = 32;
const MAX_SESSION_ID = 32;
/** RFC 4279, 5.3: identities and hints up to this length must be supported. */
const MAX_IDENTITY = 128;

/** The fragments in the content of one handshake record. */
export function decodeHandshake(bytes: Uint8Array): Decoded<readonly HandshakeFragment[]> {
  return decoding(bytes, (reader) => {
    const fragments: HandshakeFragment[] = [];
    while (reader.remaining > 0) fragments.push(readFragment(reader));
    if (fragments.length === 0) throw new WireError('dtls.short', 'A handshake record is not empty.');
    return fragments;
  });
}

export function encodeHandshake(fragment: HandshakeFragment): Uint8Array {
  const writer = new ByteWriter(12 + MAX_MESSAGE).u8(
    HANDSHAKE_TYPES.find(({ name }) => name === fragment.type)?.value ?? 0,
  );
  writeU24(writer, fragment.length).u16(fragment.messageSequence);
  return writeU24(writeU24(writer, fragment.offset), fragment.fragment.length).bytes(fragment.fragment).finish();
}

/** RFC 6347, 4.2.1: with a cookie between session id and cipher suites. */
export function decodeClientHello(bytes: Uint8Array): Decoded<ClientHello> {
  return decoding(bytes, (reader) => {
    const version = reader.u16();
    const random = reader.bytes(RANDOM_BYTES);
    const sessionId = readVector(reader, 1, MAX_SESSION_ID);
    const cookie = readVector(reader, 1, 0xff);
    const suites = new ByteReader(readVector(reader, 2, 0xfffe));
    const cipherSuites: number[] = [];
    while (suites.remaining > 0) cipherSuites.push(suites.u16());
    const compressionMethods = [...readVector(reader, 1, 0xff)];
    if (cipherSuites.length === 0 || compressionMethods.length === 0)
      throw new WireError('dtls.hello', 'A hello offers at least one cipher suite and one compression method.');
    return { version, random, sessionId, cookie, cipherSuites, compressionMethods, extensions: readExtensions(reader) };
  });
}

export function encodeClientHello(hello: ClientHello): Uint8Array {
  const writer = new ByteWriter(MAX_MESSAGE).u16(hello.version).bytes(hello.random);
  writeVector(writeVector(writer, 1, hello.sessionId), 1, hello.cookie);
  writer.u16(hello.cipherSuites.length * 2);
  for (const suite of hello.cipherSuites) writer.u16(suite);
  writeVector(writer, 1, Uint8Array.from(hello.compressionMethods));
  return writeExtensions(writer, hello.extensions).finish();
}

export function decodeServerHello(bytes: Uint8Array): Decoded<ServerHello> {
  return decoding(bytes, (reader) => ({
    version: reader.u16(),
    random: reader.bytes(RANDOM_BYTES),
    sessionId: readVector(reader, 1, MAX_SESSION_ID),
    cipherSuite: reader.u16(),
    compressionMethod: reader.u8(),
    extensions: readExtensions(reader),
  }));
}

export function encodeServerHello(hello: ServerHello): Uint8Array {
  const writer = new ByteWriter(MAX_MESSAGE).u16(hello.version).bytes(hello.random);
  writeVector(writer, 1, hello.sessionId).u16(hello.cipherSuite).u8(hello.compressionMethod);
  return writeExtensions(writer, hello.extensions).finish();
}

/** RFC 6347, 4.2.1: the version, and the cookie to come back with. */
export function decodeHelloVerifyRequest(
  bytes: Uint8Array,
): Decoded<{ readonly version: number; readonly cookie: Uint8Array }> {
  return decoding(bytes, (reader) => ({ version: reader.u16(), cookie: readVector(reader, 1, 0xff) }));
}

export function encodeHelloVerifyRequest(version: number, cookie: Uint8Array): Uint8Array {
  return writeVector(new ByteWriter(MAX_MESSAGE).u16(version), 1, cookie).finish();
}

/** RFC 4279, 2: the identity of ClientKeyExchange, the hint of ServerKeyExchange; both are bytes, of no certain script. */
export function decodeIdentity(bytes: Uint8Array): Decoded<Uint8Array> {
  return decoding(bytes, (reader) => readVector(reader, 2, MAX_IDENTITY));
}

export function encodeIdentity(identity: Uint8Array): Uint8Array {
  return writeVector(new ByteWriter(2 + MAX_IDENTITY), 2, identity).finish();
}

function readFragment(reader: ByteReader): HandshakeFragment {
  const typeByte = reader.u8();
  const type = HANDSHAKE_TYPES.find(({ value }) => value === typeByte)?.name;
  if (type === undefined)
    throw new WireError('dtls.handshake', 'The handshake message is not one of a pre-shared key.', { typeByte });
  const length = readU24(reader);
  const messageSequence = reader.u16();
  const offset = readU24(reader);
  const fragmentLength = readU24(reader);
  if (length > MAX_MESSAGE) throw new WireError('dtls.too-long', 'The handshake message is too long.', { length });
  if (offset + fragmentLength > length)
    throw new WireError('dtls.length', 'A fragment goes beyond its message.', { offset, length });
  return { type, length, messageSequence, offset, fragment: reader.bytes(fragmentLength) };
}

/** RFC 5246, 7.4.1.4: none at all, or a list in which no type is repeated. */
function readExtensions(reader: ByteReader): readonly Extension[] {
  if (reader.remaining === 0) return [];
  const list = new ByteReader(readVector(reader, 2, 0xffff));
  const extensions: Extension[] = [];
  const seen = new Set<number>();
  while (list.remaining > 0) {
    const type = list.u16();
    if (seen.has(type)) throw new WireError('dtls.extension', 'An extension is repeated.', { type });
    seen.add(type);
    extensions.push({ type, data: readVector(list, 2, 0xffff) });
  }
  return extensions;
}

function writeExtensions(writer: ByteWriter, extensions: readonly Extension[]): ByteWriter {
  if (extensions.length === 0) return writer;
  const list = new ByteWriter(MAX_MESSAGE);
  for (const { type, data } of extensions) writeVector(list.u16(type), 2, data);
  return writeVector(writer, 2, list.finish());
}

/** RFC 5246, 4.3: a vector with its length in front. */
function readVector(reader: ByteReader, lengthBytes: 1 | 2, most: number): Uint8Array {
  const length = lengthBytes === 1 ? reader.u8() : reader.u16();
  if (length > most) throw new WireError('dtls.length', 'A field is longer than allowed.', { length, most });
  return reader.bytes(length);
}

function writeVector(writer: ByteWriter, lengthBytes: 1 | 2, bytes: Uint8Array): ByteWriter {
  return (lengthBytes === 1 ? writer.u8(bytes.length) : writer.u16(bytes.length)).bytes(bytes);
}

function readU24(reader: ByteReader): number {
  return (reader.u8() << 16) | reader.u16();
}

function writeU24(writer: ByteWriter, value: number): ByteWriter {
  return writer.u8(value >> 16).u16(value & 0xffff);
}

/** A message is whole or wrong; nothing may follow it. */
function decoding<T>(bytes: Uint8Array, read: (reader: ByteReader) => T): Decoded<T> {
  const reader = new ByteReader(bytes);
  const used = Math.max(1, bytes.length);
  try {
    const value = read(reader);
    if (reader.remaining > 0)
      throw new WireError('dtls.trailing', 'There are bytes behind the message.', { offset: reader.offset });
    return { kind: 'value', value, used };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const short = new WireError('dtls.short', 'The message ends within a field.', error.context);
    return { kind: 'garbage', error: error.code === 'wire.short' ? short : error, used };
  }
}
