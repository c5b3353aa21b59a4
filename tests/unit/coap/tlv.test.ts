import { decodeTlv, tlvBoolean, tlvFloat, tlvInteger } from '@contor/coap';
import { fromHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('LwM2M TLV (OMA-TS-LightweightM2M-V1_0, 6.4.3)', () => {
  it('reads a resource, one with a length behind it, and several instances', () => {
    // Manufacturer (0) of twenty bytes, available power sources (6) of two instances, battery level (9) 100.
    const hex = `c800144f70656e204d6f62696c6520416c6c69616e636586064100014101 05c10964`.replace(' ', '');
    expect(decodeTlv(fromHex(hex))).toMatchObject({
      kind: 'value',
      value: [
        { kind: 'resource', id: 0, value: new Uint8Array(Buffer.from('Open Mobile Alliance')) },
        {
          kind: 'multipleResource',
          id: 6,
          children: [
            { kind: 'resourceInstance', id: 0, value: Uint8Array.of(1) },
            { kind: 'resourceInstance', id: 1, value: Uint8Array.of(5) },
          ],
        },
        { kind: 'resource', id: 9, value: Uint8Array.of(100) },
      ],
    });
  });

  it('reads identifiers of two bytes within an object instance', () =>
    expect(decodeTlv(fromHex('080007e41644426f0000'))).toEqual({
      kind: 'value',
      value: [
        { kind: 'objectInstance', id: 0, children: [{ kind: 'resource', id: 5700, value: fromHex('426f0000') }] },
      ],
      used: 10,
    }));

  it.each([
    { hex: 'c8', code: 'wire.short' },
    { hex: 'c800ff00', code: 'wire.short' },
    { hex: 'd80000ffffff', code: 'wire.short' },
    { hex: '410001', code: 'tlv.kind' },
    { hex: '03000200', code: 'wire.short' },
    { hex: '0300010200', code: 'tlv.kind' },
    { hex: '8203c10001', code: 'tlv.kind' },
  ])('refuses $hex', ({ hex, code }) =>
    expect(decodeTlv(fromHex(hex))).toMatchObject({ kind: 'garbage', error: { code: expect.stringMatching(code) } }),
  );

  it('answers any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        expect(['value', 'garbage']).toContain(decodeTlv(bytes).kind),
      ),
    );
  });

  it('values by their width (appendix C)', () => {
    expect(
      ['ff', 'fffe', '80000000', '0020000000000000', 'ffffffffffffffff', '000000'].map((hex) =>
        tlvInteger(fromHex(hex)),
      ),
    ).toEqual([-1, -2, -(2 ** 31), 9007199254740992n, -1, undefined]);
    expect([tlvFloat(fromHex('426f0000')), tlvFloat(fromHex('00'))]).toEqual([59.75, undefined]);
    expect(['00', '01', '02', ''].map((hex) => tlvBoolean(fromHex(hex)))).toEqual([false, true, undefined, undefined]);
  });
});
