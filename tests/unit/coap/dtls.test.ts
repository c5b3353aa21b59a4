import {
  decodeClientHello,
  decodeHandshake,
  decodeHelloVerifyRequest,
  decodeIdentity,
  decodeRecord,
  decodeServerHello,
  encodeClientHello,
  encodeHandshake,
  encodeHelloVerifyRequest,
  encodeIdentity,
  encodeRecord,
  encodeServerHello,
  type HandshakeFragment,
} from '@contor/coap';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

/** OpenSSL 3.0.19 over UDP: s_client with PSK-AES128-CCM8, and s_server with a hint. */
const CLIENT_HELLO =
  '16feff00000000000000000074010000680000000000000068fefd219e35cf59ed07634b0e3bb9b29dd7032753f3feb0fa7f756dcd268c0254ab2c00000004c0a800ff0100003a002300000016000000170000000d002a0028040305030603080708080809080a080b080408050806040105010601030303010302040205020602';
const HELLO_VERIFY_REQUEST =
  '16feff00000000000000000023030000170000000000000017feff145c78e975f83f70b62b5b4847f2b0f3d1c1d61ce9';
const SERVER_FLIGHT =
  '16fefd00000000000000010041020000350001000000000035fefd59c7f47c81f7303175e4737a4c4bc5c90f435d283957b17fff247762bc9904ce00c0a800000dff01000100002300000017000016fefd000000000000000200140c00000800020000000000080006636f6e746f7216fefd0000000000000003000c0e0000000003000000000000';

describe('the flights of another stack', () => {
  it('ClientHello', () => {
    const [fragment] = fragmentsOf(CLIENT_HELLO);
    const hello = readOf(decodeClientHello(fragment?.fragment ?? new Uint8Array()));
    expect(hello).toMatchObject({ version: 0xfefd, cipherSuites: [0xc0a8, 0x00ff], compressionMethods: [0] });
    expect(hello.cookie).toHaveLength(0);
    // Session ticket (RFC 5077), encrypt-then-MAC (RFC 7366), extended master secret (RFC 7627), signature algorithms.
    expect(hello.extensions.map(({ type }) => type)).toEqual([35, 22, 23, 13]);
    expect(toHex(encodeClientHello(hello))).toBe(toHex(fragment?.fragment ?? new Uint8Array()));
  });

  it('HelloVerifyRequest', () => {
    const [fragment] = fragmentsOf(HELLO_VERIFY_REQUEST);
    const request = readOf(decodeHelloVerifyRequest(fragment?.fragment ?? new Uint8Array()));
    expect(request.cookie).toHaveLength(20);
    expect(encodeHelloVerifyRequest(request.version, request.cookie)).toEqual(fragment?.fragment);
  });

  it('ServerHello, ServerKeyExchange with a hint, ServerHelloDone, in one datagram', () => {
    const [hello, exchange, done] = fragmentsOf(SERVER_FLIGHT);
    expect([hello?.type, exchange?.type, done?.type]).toEqual(['serverHello', 'serverKeyExchange', 'serverHelloDone']);
    const read = readOf(decodeServerHello(hello?.fragment ?? new Uint8Array()));
    expect(read).toMatchObject({ cipherSuite: 0xc0a8, compressionMethod: 0 });
    expect(encodeServerHello(read)).toEqual(hello?.fragment);
    const hint = readOf(decodeIdentity(exchange?.fragment ?? new Uint8Array()));
    expect(Buffer.from(hint).toString()).toBe('contor');
    expect(encodeIdentity(hint)).toEqual(exchange?.fragment);
    expect(done?.length).toBe(0);
  });

  it.each([CLIENT_HELLO, HELLO_VERIFY_REQUEST, SERVER_FLIGHT])('there and back: %s', (hex) => {
    const records = recordsOf(fromHex(hex));
    expect(records.map((record) => toHex(encodeRecord(record))).join('')).toBe(hex);
    for (const { fragment } of records)
      expect(
        readOf(decodeHandshake(fragment))
          .map((part) => toHex(encodeHandshake(part)))
          .join(''),
      ).toBe(toHex(fragment));
  });
});

describe('what is wrong is refused', () => {
  it.each([
    { hex: '16fefd', code: 'dtls.short', clause: 'RFC 6347, 4.1' },
    { hex: `63fefd${'00'.repeat(10)}`, code: 'dtls.type', clause: 'RFC 6347, 4.1' },
    { hex: `160303${'00'.repeat(10)}`, code: 'dtls.version', clause: 'TLS is not DTLS' },
    { hex: `16fefd${'00'.repeat(8)}0001`, code: 'dtls.length', clause: 'longer than its datagram' },
    { hex: `17fefd${'00'.repeat(8)}ffff${'00'.repeat(65535)}`, code: 'dtls.length', clause: 'RFC 5246, 6.2.3' },
  ])('$code ($clause)', ({ hex, code }) =>
    expect(decodeRecord(fromHex(hex))).toMatchObject({ kind: 'garbage', error: { code } }),
  );

  it.each([
    { hex: '', code: 'dtls.short' },
    { hex: '01ffffff0000000000ffffff', code: 'dtls.too-long' },
    { hex: '010000040000000003000002aabb', code: 'dtls.length' },
    { hex: '0100000400000000000000040102', code: 'dtls.short' },
    { hex: '0b0000000000000000000000', code: 'dtls.handshake' },
  ])('handshake $hex: $code', ({ hex, code }) =>
    expect(decodeHandshake(fromHex(hex))).toMatchObject({ kind: 'garbage', error: { code } }),
  );

  it('every cut of a hello, and a hello with something behind it', () => {
    const [fragment] = fragmentsOf(CLIENT_HELLO);
    const bytes = fragment?.fragment ?? new Uint8Array();
    for (let length = 0; length < bytes.length; length += 1) {
      const decoded = decodeClientHello(bytes.subarray(0, length));
      // Without extensions a hello ends behind its compression methods (RFC 5246, 7.4.1.2).
      if (decoded.kind === 'value') expect(decoded.value.extensions).toEqual([]);
      else expect(decoded).toMatchObject({ kind: 'garbage', error: { code: 'dtls.short' } });
    }
    expect(decodeClientHello(Uint8Array.of(...bytes, 0))).toMatchObject({ error: { code: 'dtls.trailing' } });
  });

  it('any bytes have an answer', () => {
    const decoders = [
      decodeRecord,
      decodeHandshake,
      decodeClientHello,
      decodeServerHello,
      decodeHelloVerifyRequest,
      decodeIdentity,
    ];
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...decoders), (bytes, decode) =>
        expect(['value', 'garbage']).toContain(decode(bytes).kind),
      ),
    );
  });
});

it('a sequence number of 48 bits goes there and back', () => {
  const numbers = fc.nat({ max: 2 ** 48 - 1 });
  fc.assert(
    fc.property(numbers, fc.nat(0xffff), fc.uint8Array({ maxLength: 50 }), (sequenceNumber, epoch, fragment) => {
      const record = { type: 'applicationData', version: 0xfefd, epoch, sequenceNumber, fragment } as const;
      expect(decodeRecord(encodeRecord(record))).toMatchObject({ kind: 'value', value: record });
    }),
  );
});

function fragmentsOf(hex: string): readonly HandshakeFragment[] {
  return recordsOf(fromHex(hex)).flatMap(({ fragment }) => readOf(decodeHandshake(fragment)));
}

function recordsOf(datagram: Uint8Array): readonly ReturnType<typeof recordAt>[] {
  const records = [];
  for (let at = 0; at < datagram.length; ) {
    const record = recordAt(datagram.subarray(at));
    records.push(record);
    at += 13 + record.fragment.length;
  }
  return records;
}

function recordAt(bytes: Uint8Array) {
  return readOf(decodeRecord(bytes));
}

function readOf<T>(decoded: { readonly kind: string; readonly value?: T }): T {
  if (decoded.value === undefined) throw new Error(`It does not decode: ${decoded.kind}.`);
  return decoded.value;
}
