/** A push of thirty registers with scaler and unit, ciphered with a tag, in one HDLC frame: from the bytes of the line to readings. */

import type { Data } from '@contor/dlms/codec/axdr/data.js';
import { readPush } from '@contor/dlms/codec/cosem/push.js';
import { decodeFrame, encodeFrame } from '@contor/dlms/codec/hdlc/frame.js';
import { decodeLlc, encodeLlc } from '@contor/dlms/codec/llc.js';
import { cipherKeys, sealService } from '@contor/dlms/codec/security/gcm.js';
import { cipheredServiceOf, openApdu } from '@contor/dlms/codec/security/open.js';
import { decodeWholeApdu, encodeApdu } from '@contor/dlms/codec/xdlms/apdu.js';
import { toHex } from '@contor/kit';
import type { CodecRow } from '../codecs.js';

const OBJECTS = 30;
const TITLE = Uint8Array.from([0x43, 0x4f, 0x4e, 0, 0, 0, 0, 1]);
const KEYS = cipherKeys(new Uint8Array(16).fill(1), new Uint8Array(16).fill(2));

export function dlmsCodecs(): readonly CodecRow[] {
  return [{ name: `dlms-ciphered-push-of-${OBJECTS}`, frames: [toHex(pushFrame())], decode: readFrame }];
}

function readFrame(bytes: Uint8Array): unknown {
  const frame = value(decodeFrame(bytes));
  const outer = value(decodeWholeApdu(value(decodeLlc(frame.information)).payload));
  const ciphered = cipheredServiceOf(outer);
  if (ciphered === undefined) throw new Error('The push is not ciphered.');
  const inner = value(decodeWholeApdu(value(openApdu(ciphered, KEYS, undefined)).plain));
  if (inner.apdu !== 'DataNotification') throw new Error('The push is no notification.');
  const readings = readPush(inner.body.notificationBody);
  if (readings.length !== OBJECTS) throw new Error(`There are ${readings.length} readings.`);
  return readings;
}

function pushFrame(): Uint8Array {
  const notificationBody: Data = {
    type: 'array',
    value: Array.from({ length: OBJECTS }, (_, index) => register(index)),
  };
  const plain = encodeApdu({
    apdu: 'DataNotification',
    body: {
      longInvokeIdAndPriority: 1,
      dateTime: new Uint8Array(0),
      isDateTimeTagged: false,
      notificationBody,
    },
  });
  const cipheredService = sealService(plain, { securityControl: 0x30, invocationCounter: 1 }, TITLE, KEYS);
  const payload = encodeApdu({ apdu: 'GeneralGloCiphering', body: { systemTitle: TITLE, cipheredService } });
  return encodeFrame({
    destination: { upper: 16, size: 1 },
    source: { upper: 1, lower: 17, size: 2 },
    control: { name: 'UI', isPollFinal: false },
    isSegmented: false,
    information: encodeLlc({ direction: 'response', payload }),
  });
}

function register(index: number): Data {
  const scalerUnit: Data = {
    type: 'structure',
    value: [
      { type: 'integer', value: -1 },
      { type: 'enum', value: 30 },
    ],
  };
  return {
    type: 'structure',
    value: [
      { type: 'octet-string', value: Uint8Array.from([1, 0, index + 1, 8, 0, 255]) },
      { type: 'double-long-unsigned', value: 123_456 + index },
      scalerUnit,
    ],
  };
}

function value<T>(decoded: { readonly kind: string; readonly value?: T }): T {
  if (decoded.kind !== 'value' || decoded.value === undefined) throw new Error(`The frame is ${decoded.kind}.`);
  return decoded.value;
}
