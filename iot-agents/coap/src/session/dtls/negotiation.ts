/** What a server picks of a ClientHello, and what a client accepts of a ServerHello (RFC 5246, 7.4.1; RFC 7627, 5; RFC 5746, 3). */

import { ProtocolError } from '@contor/kit';
import type { AlertName } from '../../codec/dtls/alert.js';
import type { ClientHello, Extension, ServerHello } from '../../codec/dtls/handshake.js';
import { DTLS_1_2, EMPTY_RENEGOTIATION_SUITE, EXTENSIONS, SUITES, type SuiteRow } from './suites.js';

export interface Agreement {
  readonly kind: 'agreed';
  readonly suite: SuiteRow;
  readonly hasExtendedMasterSecret: boolean;
}

export interface Disagreement {
  readonly kind: 'refused';
  readonly alert: AlertName;
  readonly error: ProtocolError;
}

export interface Terms {
  /** In the order of preference. */
  readonly suites: readonly SuiteRow[];
  readonly requireExtendedMasterSecret: boolean;
}

const NO_COMPRESSION = 0;
/** RFC 5746, 3.6: nothing was negotiated before. */
const NO_RENEGOTIATION: Extension = { type: EXTENSIONS.renegotiationInfo, data: Uint8Array.of(0) };
const EXTENDED: Extension = { type: EXTENSIONS.extendedMasterSecret, data: new Uint8Array() };

export function suitesNamed(names: readonly string[] | undefined): readonly SuiteRow[] {
  return names === undefined ? SUITES : SUITES.filter(({ name }) => names.includes(name));
}

export function agreeWith(hello: ClientHello, terms: Terms): Agreement | Disagreement {
  const suite = terms.suites.find(({ value }) => hello.cipherSuites.includes(value));
  const hasExtendedMasterSecret = extensionOf(hello.extensions, EXTENSIONS.extendedMasterSecret) !== undefined;
  const renegotiation = extensionOf(hello.extensions, EXTENSIONS.renegotiationInfo);
  // The versions of DTLS count down: what is above 1.2 on the wire is older.
  if (hello.version > DTLS_1_2 || hello.version < 0xfe00)
    return refused('protocolVersion', 'dtls.version', 'The peer does not speak DTLS 1.2.');
  if (!hello.compressionMethods.includes(NO_COMPRESSION))
    return refused('illegalParameter', 'dtls.compression', 'The peer does not offer to leave out compression.');
  if (renegotiation && !isEmptyRenegotiation(renegotiation))
    return refused('handshakeFailure', 'dtls.renegotiation', 'A first hello renegotiates nothing.');
  if (suite === undefined)
    return refused(
      'handshakeFailure',
      'dtls.suite',
      'The peer offers no cipher suite of a pre-shared key that we have.',
    );
  if (terms.requireExtendedMasterSecret && !hasExtendedMasterSecret)
    return refused('handshakeFailure', 'dtls.master-secret', 'The peer does not offer the extended master secret.');
  return { kind: 'agreed', suite, hasExtendedMasterSecret };
}

/** RFC 5246, 7.4.1.3: nothing that was not offered. */
export function serverHelloOf(hello: ClientHello, agreement: Agreement, random: Uint8Array): ServerHello {
  const asksRenegotiation =
    hello.cipherSuites.includes(EMPTY_RENEGOTIATION_SUITE) ||
    extensionOf(hello.extensions, EXTENSIONS.renegotiationInfo) !== undefined;
  return {
    version: DTLS_1_2,
    random,
    sessionId: new Uint8Array(),
    cipherSuite: agreement.suite.value,
    compressionMethod: NO_COMPRESSION,
    extensions: [
      ...(asksRenegotiation ? [NO_RENEGOTIATION] : []),
      ...(agreement.hasExtendedMasterSecret ? [EXTENDED] : []),
    ],
  };
}

export function clientHelloOf(terms: Terms, random: Uint8Array, cookie: Uint8Array): ClientHello {
  return {
    version: DTLS_1_2,
    random,
    sessionId: new Uint8Array(),
    cookie,
    cipherSuites: [...terms.suites.map(({ value }) => value), EMPTY_RENEGOTIATION_SUITE],
    compressionMethods: [NO_COMPRESSION],
    extensions: [EXTENDED],
  };
}

export function acceptHello(hello: ServerHello, terms: Terms): Agreement | Disagreement {
  const suite = terms.suites.find(({ value }) => value === hello.cipherSuite);
  const hasExtendedMasterSecret = extensionOf(hello.extensions, EXTENSIONS.extendedMasterSecret) !== undefined;
  const renegotiation = extensionOf(hello.extensions, EXTENSIONS.renegotiationInfo);
  const known: readonly number[] = Object.values(EXTENSIONS);
  if (hello.version !== DTLS_1_2)
    return refused('protocolVersion', 'dtls.version', 'The server does not speak DTLS 1.2.');
  if (suite === undefined || hello.compressionMethod !== NO_COMPRESSION)
    return refused('illegalParameter', 'dtls.suite', 'The server picks what was not offered.');
  if (
    hello.extensions.some(({ type }) => !known.includes(type)) ||
    (renegotiation && !isEmptyRenegotiation(renegotiation))
  )
    return refused('illegalParameter', 'dtls.extension', 'The server answers an extension that was not asked for.');
  if (terms.requireExtendedMasterSecret && !hasExtendedMasterSecret)
    return refused('handshakeFailure', 'dtls.master-secret', 'The server does not take the extended master secret.');
  return { kind: 'agreed', suite, hasExtendedMasterSecret };
}

function extensionOf(extensions: readonly Extension[], type: number): Extension | undefined {
  return extensions.find((extension) => extension.type === type);
}

function isEmptyRenegotiation({ data }: Extension): boolean {
  return data.length === 1 && data[0] === 0;
}

function refused(alert: AlertName, code: string, message: string): Disagreement {
  return { kind: 'refused', alert, error: new ProtocolError(code, message) };
}
