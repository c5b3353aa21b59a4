import { type Assembly, assemble, EMPTY_ASSEMBLY, split } from '@contor/elster/codec/c12/multi-packet.js';
import { decodePacket, encodePacket, MAX_PACKET, type Packet } from '@contor/elster/codec/c12/packet.js';
import { decodeResponse, encodeResponse, encodeTableResponse, RESPONSES } from '@contor/elster/codec/c12/response.js';
import { decodeRequest, encodeRequest, type Request, SERVICES } from '@contor/elster/codec/c12/service.js';
import { fromHex, toHex, WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const packet: fc.Arbitrary<Packet> = fc.record({
  identity: fc.nat({ max: 255 }),
  control: fc.nat({ max: 255 }),
  sequence: fc.nat({ max: 255 }),
  data: fc.uint8Array({ maxLength: 80 }),
});

describe('packets (ANSI C12.18-2006, 4.6)', () => {
  it('come back, wait at every cut, and are refused with any bit turned', () => {
    fc.assert(
      fc.property(packet, fc.nat(), fc.nat({ max: 7 }), (sent, place, bit) => {
        const bytes = encodePacket(sent);
        expect(decodePacket(bytes)).toEqual({ kind: 'value', value: sent, used: bytes.length });
        for (let length = 0; length < bytes.length; length += 1)
          expect(decodePacket(bytes.subarray(0, length))).toEqual({ kind: 'pending' });
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        const answer = decodePacket(bytes);
        expect(answer.kind).not.toBe('value');
        if (answer.kind === 'garbage') expect(answer.used).toBeGreaterThan(0);
      }),
    );
  });

  it('do not make us wait for a length nobody may negotiate', () => {
    expect(decodePacket(fromHex('ee000000ffff'))).toMatchObject({ kind: 'garbage', error: { code: 'c12.length' } });
    expect(() => encodePacket({ identity: 0, control: 0, sequence: 0, data: new Uint8Array(MAX_PACKET) })).toThrow(
      WireError,
    );
  });

  it('are found behind noise', () => {
    expect(decodePacket(fromHex('0102ee0000000001201310'))).toMatchObject({ kind: 'garbage', used: 2 });
  });
});

describe('messages of several packets (4.6.1)', () => {
  it('come back whole', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.integer({ min: 4, max: 64 }),
        fc.boolean(),
        (data, size, toggle) => {
          let assembly: Assembly = EMPTY_ASSEMBLY;
          const packets = split(data, size, 3, toggle);
          for (const [index, sent] of packets.entries()) {
            const answer = assemble(assembly, sent);
            if (index < packets.length - 1) {
              expect(answer.kind).toBe('more');
              if (answer.kind === 'more') assembly = answer.assembly;
            } else expect(answer).toEqual({ kind: 'message', data });
          }
        },
      ),
    );
  });

  it('are refused when one is missing, doubled or out of order', () => {
    const [first, second, third] = split(new Uint8Array(30), 10, 0, true);
    if (first === undefined || second === undefined || third === undefined) throw new Error('three packets');
    const begun = assemble(EMPTY_ASSEMBLY, first);
    const after = begun.kind === 'more' ? begun.assembly : EMPTY_ASSEMBLY;
    expect(assemble(after, third)).toMatchObject({ kind: 'fault', error: { code: 'c12.sequence' } });
    expect(assemble(EMPTY_ASSEMBLY, second)).toMatchObject({ kind: 'fault' });
    expect(assemble(after, { ...first, control: 0 })).toMatchObject({ kind: 'fault' });
    expect(() => split(new Uint8Array(1000), 1, 0, true)).toThrow(WireError);
  });
});

describe('services (4.7)', () => {
  it.each<[Request, string]>([
    [{ service: 'identify' }, '20'],
    [{ service: 'read', table: 2316 }, '30090c'],
    [{ service: 'read-partial', table: 1843, offset: 365_398, count: 46_233 }, '3f0733059356b499'],
    [{ service: 'read-index', table: 23, indices: [1, 2], count: 3 }, '32001700010002' + '0003'],
    [{ service: 'write', table: 45, data: '86' }, '40002d0001867a'],
    [{ service: 'write-partial', table: 7, offset: 1, data: '0102' }, '4f0007000001' + '00020102fd'],
    [{ service: 'logon', userId: 55_753, user: 'METERUSER' }, '50d9c94d455445525553455220'],
    [{ service: 'security', password: '00'.repeat(20) }, `51${'00'.repeat(20)}`],
    [{ service: 'authenticate', authentication: 'a1b2' }, '5302a1b2'],
    [{ service: 'negotiate', packetSize: 1458, packets: 4 }, '6005b204'],
    [{ service: 'negotiate', packetSize: 1024, packets: 2, bauds: [9600, 28_800] }, '62040002' + '0609'],
    [{ service: 'wait', seconds: 106 }, '706a'],
    [
      { service: 'timing-setup', trafficSeconds: 30, interCharacterSeconds: 1, responseSeconds: 4, retries: 3 },
      '711e010403',
    ],
    [{ service: 'disconnect' }, '22'],
  ])('%j', (request, hex) => {
    expect(toHex(encodeRequest(request))).toBe(hex);
    expect(decodeRequest(fromHex(hex))).toEqual(request);
    for (let length = 0; length < hex.length / 2; length += 1)
      expect(decodeRequest(fromHex(hex).subarray(0, length))).toBeInstanceOf(WireError);
    expect(decodeRequest(fromHex(`${hex}00`))).toBeInstanceOf(WireError);
  });

  it.each([
    ['40002d00018600', 'c12.table-checksum'],
    ['40002dffff86', 'wire.short'],
    ['99', 'c12.service'],
    ['', 'wire.short'],
  ])('refuses %s', (hex, code) => expect(decodeRequest(fromHex(hex))).toMatchObject({ code }));

  it('has no code twice', () => {
    const codes = SERVICES.flatMap(({ codes: [from, to] }) =>
      Array.from({ length: to - from + 1 }, (_, n) => from + n),
    );
    expect(new Set(codes).size).toBe(codes.length);
  });
});

describe('responses (4.7.1)', () => {
  it.each(RESPONSES.map(({ name }, responseCode) => ({ name, responseCode })))('$responseCode is $name', (row) => {
    expect(decodeResponse(encodeResponse(row.responseCode))).toEqual({
      response: row.name,
      responseCode: row.responseCode,
    });
  });

  it('reads what a table brought', () => {
    const bytes = encodeTableResponse(Uint8Array.of(1, 2, 3));
    expect(decodeResponse(bytes, 'read')).toEqual({ response: 'ok', responseCode: 0, data: '010203' });
    bytes[4] = 9;
    expect(decodeResponse(bytes, 'read')).toMatchObject({ code: 'c12.table-checksum' });
  });

  it('reads an identity and a negotiation', () => {
    expect(decodeResponse(fromHex('0000020000'), 'identify')).toMatchObject({
      standard: 'C12.18',
      version: 2,
      revision: 0,
    });
    expect(decodeResponse(fromHex('0004008006'), 'negotiate')).toMatchObject({
      packetSize: 1024,
      packets: 128,
      baud: 9600,
    });
    expect(decodeResponse(fromHex('00000200'), 'identify')).toBeInstanceOf(WireError);
    expect(decodeResponse(fromHex('1f'))).toMatchObject({ code: 'c12.response' });
  });
});
