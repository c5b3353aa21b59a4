/** What a master tells a meter: records, another address, the time, a reset of its application, another rate. */

import { ProtocolError } from '@contor/kit';
import type { MeterTime } from '../codec/record/date.js';
import { encodeRecord, type RecordSpec } from '../codec/record/encode.js';
import { type AskOptions, BROADCAST, type Conversation, LARGEST_PRIMARY, normalize, sendData } from './conversation.js';
import { faultOf, reach, type Target } from './select.js';
import { BAUDS, type Baud } from './timing.js';

export type WriteOutcome = ProtocolError | undefined;

/** CI fields towards the meter (EN 13757-7, table 2): least significant byte first. */
const CI = { resetApplication: 0x50, data: 0x51, firstBaud: 0xb8 } as const;
const BUS_ADDRESS = Uint8Array.of(0x7a);
const TIME_POINT = Uint8Array.of(0x6d);

/** Undefined when the meter acknowledged. */
export function* writeRecords(
  target: Target,
  records: readonly RecordSpec[],
  options: AskOptions = {},
): Conversation<WriteOutcome> {
  return yield* tell(target, CI.data, new Uint8Array(Buffer.concat(records.map(encodeRecord))), options);
}

/** EN 13757-3, 11.2: the meter answers at the address it was asked at, and listens at the new one. */
export function* setAddress(target: Target, address: number, options: AskOptions = {}): Conversation<WriteOutcome> {
  if (!Number.isInteger(address) || address < 0 || address > LARGEST_PRIMARY)
    return new ProtocolError('mbus.address', 'Primary addresses are 0 to 250.', { address });
  return yield* writeRecords(target, [{ field: 'int8', vib: BUS_ADDRESS, value: byteValue(address) }], options);
}

/** An unsigned byte: from 128 on the codec's signed reading of it is another number. */
function byteValue(value: number): RecordSpec['value'] {
  return { kind: 'bytes', value: Uint8Array.of(value) };
}

/** Type F to the minute, type I to the second. The meter's own clock: local time. */
export function* setClock(
  target: Target,
  time: MeterTime,
  type: 'F' | 'I',
  options: AskOptions = {},
): Conversation<WriteOutcome> {
  const field = type === 'F' ? 'int32' : 'int48';
  return yield* writeRecords(target, [{ field, vib: TIME_POINT, value: { kind: 'time', value: time } }], options);
}

/** EN 13757-7, 7.3: which of its applications the meter answers with from now on; none is all. */
export function* resetApplication(
  target: Target,
  subcode: number | undefined,
  options: AskOptions = {},
): Conversation<WriteOutcome> {
  return yield* tell(
    target,
    CI.resetApplication,
    subcode === undefined ? new Uint8Array(0) : Uint8Array.of(subcode),
    options,
  );
}

/**
 * EN 13757-3, 11.4: the meter acknowledges at the old rate and changes. Asked at once at the new one, it must answer; if it
 * does not, everything stays as it was (a meter that hears nothing at the new rate goes back by itself).
 */
export function* setBaud(
  target: Target,
  baud: Baud,
  before: Baud,
  options: AskOptions = {},
): Conversation<WriteOutcome> {
  const refusal = yield* tell(target, CI.firstBaud + BAUDS.indexOf(baud), new Uint8Array(0), options);
  if (refusal !== undefined) return refusal;
  yield { kind: 'setBaud', baud };
  const address = target.kind === 'primary' ? target.address : yield* reach(target, options);
  if (address instanceof ProtocolError) return yield* backTo(before, address);
  const answer = yield* normalize(address, options);
  return answer.kind === 'ack' ? undefined : yield* backTo(before, faultOf(answer));
}

function* backTo(baud: Baud, error: ProtocolError): Conversation<WriteOutcome> {
  yield { kind: 'setBaud', baud };
  return error;
}

function* tell(target: Target, ci: number, data: Uint8Array, options: AskOptions): Conversation<WriteOutcome> {
  if (target.kind === 'primary' && target.address === BROADCAST) {
    yield* sendData(BROADCAST, ci, data);
    return undefined;
  }
  const address = yield* reach(target, options);
  if (address instanceof ProtocolError) return address;
  const answer = yield* sendData(address, ci, data, options);
  return answer.kind === 'ack' ? undefined : faultOf(answer);
}
