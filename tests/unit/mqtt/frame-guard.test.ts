import { FrameGuard, MAX_PACKET_BYTES } from '@contor/mqtt/frame-guard.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const CONNECT = [0x10, 2, 0, 0];

describe('the guard', () => {
  it.each([
    { name: 'a first packet that is no CONNECT', bytes: [0xc0, 0], fault: 'not-connect' },
    { name: 'type 0', bytes: [0x00], fault: 'type' },
    { name: 'type 15', bytes: [...CONNECT, 0xf0], fault: 'type' },
    { name: 'a length of five bytes', bytes: [...CONNECT, 0x30, 0xff, 0xff, 0xff, 0xff], fault: 'length' },
    { name: 'a CONNECT beyond its bound', bytes: [0x10, 0x81, 0x80, 0x01], fault: 'too-long' },
    { name: 'a packet beyond its bound', bytes: [...CONNECT, 0x30, 0x81, 0x80, 0x10], fault: 'too-long' },
    { name: 'a good beginning', bytes: [...CONNECT, 0xc0, 0, 0x30, 0x80, 0x80, 0x10], fault: undefined },
  ])('answers $name with $fault, however it is cut', ({ bytes, fault }) => {
    expect(new FrameGuard().push(Uint8Array.from(bytes))).toBe(fault);
    const slow = new FrameGuard();
    const faults = bytes.map((byte) => slow.push(Uint8Array.of(byte)));
    expect(faults.find((one) => one !== undefined)).toBe(fault);
  });

  it('follows packets of any size in chunks of any size', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 20 }), fc.integer({ min: 1, max: 5000 }), (sizes, chunk) => {
        const frames = sizes.map((size) =>
          Buffer.concat([Buffer.from([0x30, (size & 0x7f) | 0x80, size >> 7]), Buffer.alloc(size, 0xff)]),
        );
        const stream = Buffer.concat([Buffer.from(CONNECT), ...frames]);
        const guard = new FrameGuard(MAX_PACKET_BYTES);
        for (let at = 0; at < stream.length; at += chunk) {
          expect(guard.push(stream.subarray(at, at + chunk))).toBeUndefined();
        }
      }),
    ));
});
