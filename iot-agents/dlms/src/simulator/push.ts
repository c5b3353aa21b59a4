/**
 * What a simulated meter pushes: a DataNotification that begins with its object list, under general-glo-ciphering, over the wrapper or in
 * HDLC UI frames that are segmented where they have to be.
 */

import type { Data } from '../codec/axdr/data.js';
import { parseLogicalName } from '../codec/cosem/logical-name.js';
import type { HdlcAddress } from '../codec/hdlc/address.js';
import { sealService } from '../codec/security/gcm.js';
import { encodeWrapper } from '../codec/wrapper.js';
import { encodeApdu } from '../codec/xdlms/apdu.js';
import { captureToData } from '../codec/xdlms/selective-access.js';
import { unaskedFrames } from '../session/link/station.js';
import { dateTime } from './build.js';
import type { SimulatedMeter } from './meter.js';

export type PushForm = 'wrapper' | 'hdlc';

interface PushedObject {
  readonly classId: number;
  readonly obis: string;
  readonly attribute: number;
}

/** The E450's list and more: who, when, four indexes with their units, power, voltages, currents. */
const PUSHED: readonly PushedObject[] = [
  { classId: 8, obis: '0-0:1.0.0', attribute: 2 },
  { classId: 1, obis: '0-0:96.1.0', attribute: 2 },
  ...['1.8.0', '2.8.0', '3.8.0', '4.8.0', '1.7.0', '2.7.0', '32.7.0', '52.7.0', '72.7.0', '31.7.0', '51.7.0', '71.7.0']
    .map((code) => `1-0:${code}`)
    .flatMap((obis) => [2, 3].map((attribute) => ({ classId: 3, obis, attribute }))),
  { classId: 70, obis: '0-0:96.3.10', attribute: 3 },
];
const AUTHENTICATED_AND_ENCRYPTED = 0x30;
const PUSH_CLIENT: HdlcAddress = { upper: 0x67, size: 1 };
const UI_PARAMETERS = {
  maxInformationTransmit: 120,
  maxInformationReceive: 120,
  windowTransmit: 1,
  windowReceive: 1,
} as const;

/** In clear, as it stands before it is ciphered. */
export function notificationOf(meter: SimulatedMeter, nowMs: number): Uint8Array {
  const list: Data = {
    type: 'array',
    value: PUSHED.map(({ classId, obis, attribute }) =>
      captureToData({ classId, logicalName: parseLogicalName(obis), attributeIndex: attribute, dataIndex: 0 }),
    ),
  };
  const values = PUSHED.map(
    ({ classId, obis, attribute }): Data =>
      meter.value(classId, obis, attribute, nowMs) ?? { type: 'null-data', value: null },
  );
  const { state } = meter;
  return encodeApdu({
    apdu: 'DataNotification',
    body: {
      longInvokeIdAndPriority: Math.floor(nowMs / 1000) & 0xff_ffff,
      dateTime: dateTime(state.clockMs(nowMs), state.deviationMinutes),
      isDateTimeTagged: false,
      notificationBody: { type: 'structure', value: [list, ...values] },
    },
  });
}

/** The bytes of a push on the line; `device` is the logical device of the meter. */
export function pushOf(meter: SimulatedMeter, device: number, form: PushForm, nowMs: number): Uint8Array {
  const header = { securityControl: AUTHENTICATED_AND_ENCRYPTED, invocationCounter: meter.nextCounter() };
  const cipheredService = sealService(notificationOf(meter, nowMs), header, meter.title, meter.keys);
  const payload = encodeApdu({ apdu: 'GeneralGloCiphering', body: { systemTitle: meter.title, cipheredService } });
  if (form === 'wrapper') return encodeWrapper({ version: 1, source: device, destination: PUSH_CLIENT.upper, payload });
  const own: HdlcAddress = { upper: 1, lower: device, size: 4 };
  return Buffer.concat(unaskedFrames({ own, peer: PUSH_CLIENT, parameters: UI_PARAMETERS }, payload));
}
