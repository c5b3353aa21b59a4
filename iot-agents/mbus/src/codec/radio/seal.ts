/** The meter's side of the radio: a telegram in security mode 0, 5 or 7, or through the encrypted ELL (as security.ts opens). */

import { createCipheriv } from 'node:crypto';
import { linkBytes, type MeterAddress } from '../header/address.js';
import { AFL_CI } from './afl.js';
import { cmac, DERIVE, deriveKey } from './cmac.js';
import { crcOf } from './crc.js';

const SHORT_HEADER = 0x7a;
const NO_HEADER = 0x78;
const ELL_PLAIN = 0x8c;
const ELL_SESSION = 0x8d;
const FILLER = 0x2f;
const BLOCK = 16;
const NO_IV = new Uint8Array(BLOCK);

export interface SealRequest {
  readonly meter: MeterAddress;
  readonly accessNumber: number;
  readonly status?: number;
  /** Records, as bytes. */
  readonly records: Uint8Array;
}

/** All of them give what stands behind the link header, from the first CI field on. */
export function plainTelegram({ accessNumber, status = 0, records }: SealRequest): Uint8Array {
  return Uint8Array.of(SHORT_HEADER, accessNumber, status, 0, 0, ...records);
}

export function mode5Telegram(request: SealRequest, key: Uint8Array): Uint8Array {
  const { meter, accessNumber, status = 0 } = request;
  const plain = padded(request.records);
  const iv = new Uint8Array(BLOCK).fill(accessNumber);
  iv.set(linkBytes(meter));
  return Uint8Array.of(SHORT_HEADER, accessNumber, status, blocksOf(plain) << 4, 5, ...encrypted(key, iv, plain));
}

/** ELL I, AFL with counter and eight bytes of code, and the transport layer under keys of this counter. */
export function mode7Telegram(request: SealRequest, key: Uint8Array, counter: number): Uint8Array {
  const { meter, accessNumber, status = 0 } = request;
  const plain = padded(request.records);
  const count = Uint8Array.of(counter & 0xff, (counter >>> 8) & 0xff, (counter >>> 16) & 0xff, counter >>> 24);
  const id = linkBytes(meter).subarray(2, 6);
  const body = encrypted(deriveKey(key, DERIVE.encryption, count, id), NO_IV, plain);
  const message = Uint8Array.of(SHORT_HEADER, accessNumber, status, blocksOf(plain) << 4, 7, 0x10, ...body);
  const control = 0x25;
  const mac = cmac(deriveKey(key, DERIVE.authentication, count, id), Uint8Array.of(control, ...count, ...message));
  const afl = [AFL_CI, 15, 0x00, 0x2c, control, ...count, ...mac.subarray(0, 8)];
  return Uint8Array.of(ELL_PLAIN, 0x20, accessNumber, ...afl, ...message);
}

const CTR = 0x2000_0000;

/** ELL II; `session` are the lower 29 bits of the session number. */
export function ellTelegram(
  { meter, accessNumber, records }: SealRequest,
  key: Uint8Array,
  session: number,
): Uint8Array {
  const number = CTR + session;
  const sn = Uint8Array.of(number & 0xff, (number >>> 8) & 0xff, (number >>> 16) & 0xff, number >>> 24);
  const body = Uint8Array.of(NO_HEADER, ...records);
  const crc = crcOf(body);
  const control = 0x20;
  const iv = new Uint8Array(BLOCK);
  iv.set(linkBytes(meter));
  iv[8] = control;
  iv.set(sn, 9);
  const plain = Uint8Array.of(crc & 0xff, crc >> 8, ...body);
  return Uint8Array.of(
    ELL_SESSION,
    control,
    accessNumber,
    ...sn,
    ...createCipheriv('aes-128-ctr', key, iv).update(plain),
  );
}

/** Two fillers in front, and as many behind as the blocks ask for. */
function padded(records: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((records.length + 2) / BLOCK) * BLOCK).fill(FILLER);
  bytes.set(records, 2);
  return bytes;
}

function blocksOf(bytes: Uint8Array): number {
  return bytes.length / BLOCK;
}

function encrypted(key: Uint8Array, iv: Uint8Array, plain: Uint8Array): Uint8Array {
  return createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false).update(plain);
}
