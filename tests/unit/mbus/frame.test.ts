/** Link frames of the wired bus, EN 13757-2, 5.4. */

import { fromHex, toHex } from '@contor/kit';
import { decodeFrame, encodeFrame, type WiredFrame } from '@contor/mbus';
import { describe, expect, it } from '@jest/globals';

const FRAMES: readonly { readonly name: string; readonly hex: string; readonly frame: WiredFrame }[] = [
  { name: 'acknowledgement', hex: 'e5', frame: { kind: 'ack' } },
  { name: 'SND_NKE', hex: '1040054516', frame: { kind: 'short', control: 0x40, address: 5 } },
  { name: 'REQ_UD2 with FCB', hex: '107b058016', frame: { kind: 'short', control: 0x7b, address: 5 } },
  {
    name: 'control frame',
    hex: '6803036853fe50a116',
    frame: { kind: 'long', control: 0x53, address: 0xfe, ci: 0x50, data: new Uint8Array(0) },
  },
  {
    name: 'application error (rscada/libmbus:test/error-frames/application_busy.hex)',
    hex: '68040468080170088116',
    frame: { kind: 'long', control: 8, address: 1, ci: 0x70, data: Uint8Array.of(8) },
  },
];

describe.each(FRAMES)('$name', ({ hex, frame }) => {
  const bytes = fromHex(hex);
  it('decodes', () => expect(decodeFrame(bytes)).toEqual({ kind: 'value', value: frame, used: bytes.length }));
  it('encodes', () => expect(toHex(encodeFrame(frame))).toBe(hex));
  it('waits at every cut', () => {
    for (let end = 0; end < bytes.length; end += 1) expect(decodeFrame(bytes.subarray(0, end)).kind).toBe('pending');
  });
});

describe('refuses', () => {
  it.each([
    ['a checksum', '1040054616', 'mbus.checksum'],
    ['a stop', '1040054517', 'mbus.stop'],
    ['a start', '00', 'mbus.start'],
    ['two lengths', '680403', 'mbus.length'],
    ['a length below C, A and CI', '6802', 'mbus.length'],
    ['a second start', '68030310', 'mbus.start'],
  ])('%s that is wrong', (_, hex, code) => {
    expect(decodeFrame(fromHex(hex))).toMatchObject({ kind: 'garbage', used: 1, error: { code } });
  });
});
