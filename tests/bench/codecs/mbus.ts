/**
 * A heat meter's frame on the wire, down to its records; and telegrams of mode 5 from link to records, each with a key of its own
 * out of rings of 1 to 100,000.
 */

import { toHex } from '@contor/kit';
import {
  decodeLink,
  decodeTelegram,
  decodeWired,
  encodeFrame,
  encodeLink,
  encodeRecord,
  type Keyring,
  keyring,
  type MeterAddress,
  mode5Telegram,
  numberOf,
  radioMemory,
} from '@contor/mbus';
import type { CodecRow } from '../codecs.js';

/** Energy, volume, flow, power, three temperatures, a stamp, and stored values: thirteen records in about 100 bytes. */
const VIBS = [
  [0x06],
  [0x13],
  [0x3b],
  [0x2b],
  [0x5a],
  [0x5e],
  [0x62],
  [0x6d],
  [0x06],
  [0x13],
  [0x6c],
  [0xfd, 0x17],
  [0x22],
];
const HEADER = [0x78, 0x56, 0x34, 0x12, 0x2d, 0x2c, 0x1b, 0x04, 0x01, 0x00, 0x00, 0x00];
const KEY = Uint8Array.from({ length: 16 }, (_, at) => at);
const TELEGRAMS = 500;

export function mbusCodecs(): readonly CodecRow[] {
  return [
    { name: 'mbus-frame-of-13-records', frames: [toHex(wiredFrame())], decode: readWired },
    ...[1, 1_000, 10_000, 100_000].map((meters) => wireless(meters)),
  ];
}

function records(): Uint8Array {
  const parts = VIBS.map((vib, index) =>
    encodeRecord({
      field: 'int32',
      storage: index > 7 ? 1 : 0,
      vib: Uint8Array.from(vib),
      // A stamp and a date of its own bits; the others count.
      value: { kind: 'integer', value: vib[0] === 0x6d || vib[0] === 0x6c ? 0x1c41_0d1a : 1_000 + index },
    }),
  );
  return new Uint8Array(Buffer.concat(parts));
}

function wiredFrame(): Uint8Array {
  const data = Uint8Array.of(...HEADER, ...records());
  return encodeFrame({ kind: 'long', control: 8, address: 1, ci: 0x72, data });
}

function readWired(bytes: Uint8Array): number {
  const decoded = decodeWired(bytes);
  if (decoded.kind !== 'value' || decoded.value.body.kind !== 'variable') throw new Error('The frame does not decode.');
  let sum = 0;
  for (const record of decoded.value.body.data.records) sum += numberOf(record) ?? 0;
  return sum;
}

const meterOf = (index: number): MeterAddress => ({
  id: String(10_000_000 + index),
  manufacturer: 'KAM',
  version: 0x1b,
  deviceType: 4,
});

function keyOf(index: number): Uint8Array {
  const key = KEY.slice();
  new DataView(key.buffer).setUint32(0, index);
  return key;
}

function wireless(meters: number): CodecRow {
  const ring = keyring();
  for (let index = 0; index < meters; index += 1) ring.set(meterOf(index), keyOf(index));
  const plain = records();
  const frames = Array.from({ length: TELEGRAMS }, (_, nth) => {
    const index = Math.floor((nth * meters) / TELEGRAMS);
    const meter = meterOf(index);
    const data = mode5Telegram({ meter, accessNumber: nth & 0xff, records: plain }, keyOf(index));
    return toHex(encodeLink({ control: 0x44, sender: meter, data }, 'A'));
  });
  const memory = radioMemory();
  return { name: `wmbus-mode-5-of-${meters}-meters`, frames, decode: (bytes) => readWireless(bytes, ring, memory) };
}

function readWireless(bytes: Uint8Array, ring: Keyring, memory: ReturnType<typeof radioMemory>): unknown {
  const link = decodeLink(bytes, 'A');
  const telegram = link.kind === 'value' ? decodeTelegram(link.value, ring.find, memory) : undefined;
  if (telegram === undefined || 'code' in telegram || telegram.data?.records.length !== VIBS.length)
    throw new Error('The telegram does not decode.');
  return telegram;
}
