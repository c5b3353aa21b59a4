/** Addressing (EN 13757-7, 7.5; EN 13757-3, 11): by primary address, by secondary address, and by that and the fabrication number. */

import { ProtocolError } from '@contor/kit';
import { encodeSelection, headerBytes, type MeterAddress, type SecondarySelection } from '../codec/header/address.js';
import { encodeRecord } from '../codec/record/encode.js';
import { CI, type VariableHeader } from '../codec/wired.js';
import { type AskOptions, type Conversation, normalize, SELECTED, sendData } from './conversation.js';
import type { Answer, LongFrame } from './exchange.js';

export type Target =
  | { readonly kind: 'primary'; readonly address: number }
  | {
      readonly kind: 'secondary';
      readonly selection: SecondarySelection;
      /** Enhanced addressing: tells meters apart that share a secondary address. */
      readonly fabricationNumber?: string | undefined;
    };

export const ANY: SecondarySelection = {
  id: 'ffffffff',
  manufacturer: 'wildcard',
  version: 'wildcard',
  medium: 'wildcard',
};

export function selectionOf({ id, manufacturer, version, deviceType }: MeterAddress): SecondarySelection {
  return { id, manufacturer, version, medium: deviceType };
}

/** Every digit that is no F and every field that is no wildcard must be the meter's. */
export function isMeant({ id, manufacturer, version, medium }: SecondarySelection, meter: MeterAddress): boolean {
  for (let at = 0; at < id.length; at += 1) if (id[at] !== 'f' && id[at] !== meter.id[at]) return false;
  if (manufacturer !== 'wildcard' && manufacturer !== meter.manufacturer) return false;
  if (version !== 'wildcard' && version !== meter.version) return false;
  return medium === 'wildcard' || medium === meter.deviceType;
}

const FABRICATION_NUMBER = Uint8Array.of(0x78);

export function selectionData(selection: SecondarySelection, fabricationNumber: string | undefined): Uint8Array {
  const bytes = encodeSelection(selection);
  if (fabricationNumber === undefined) return bytes;
  const value = { kind: 'integer', value: Number(fabricationNumber) } as const;
  return Uint8Array.of(...bytes, ...encodeRecord({ field: 'bcd8', vib: FABRICATION_NUMBER, value }));
}

export function* select(
  selection: SecondarySelection,
  fabricationNumber: string | undefined,
  options: AskOptions = {},
): Conversation<Answer> {
  return yield* sendData(SELECTED, CI.select, selectionData(selection, fabricationNumber), options);
}

/** Brings a target to where it listens: the address to use from then on, or why there is none. */
export function* reach(target: Target, options: AskOptions = {}): Conversation<number | ProtocolError> {
  if (target.kind === 'primary') {
    // Some meters do not answer this, and are there all the same: whoever asks for data finds out.
    yield* normalize(target.address, { ...options, tries: 1 });
    return target.address;
  }
  const answer = yield* select(target.selection, target.fabricationNumber, options);
  if (answer.kind === 'ack') return SELECTED;
  return faultOf(answer);
}

export function faultOf(answer: Answer): ProtocolError {
  return answer.kind === 'damaged'
    ? new ProtocolError('mbus.damaged', 'Every answer came damaged: noise, or two meters at one address.')
    : new ProtocolError('mbus.silence', 'The meter does not answer.');
}

/** Whether a frame can be the answer of the target. What cannot be told apart passes. */
export function accepts(target: Target, frame: LongFrame): boolean {
  if (target.kind === 'primary') {
    return target.address >= SELECTED || frame.address === target.address;
  }
  const meter = frame.ci === CI.variable ? addressIn(frame.data) : undefined;
  return meter === undefined || isMeantBytes(target.selection, meter);
}

function addressIn(data: Uint8Array): Uint8Array | undefined {
  return data.length >= 8 ? data.subarray(0, 8) : undefined;
}

/** Compared as bytes: nothing is read before the frame is known to be the right one. */
function isMeantBytes(selection: SecondarySelection, bytes: Uint8Array): boolean {
  const asked = encodeSelection(selection);
  return asked.every((want, at) => {
    const have = bytes[at] ?? 0;
    if (at >= 4) return want === 0xff || want === have;
    const isHigh = (want & 0xf0) === 0xf0 || (want & 0xf0) === (have & 0xf0);
    return isHigh && ((want & 0x0f) === 0x0f || (want & 0x0f) === (have & 0x0f));
  });
}

export function meterOf(header: VariableHeader | undefined): MeterAddress | undefined {
  return header?.meter;
}

export function isSameMeter(left: MeterAddress, right: MeterAddress): boolean {
  return headerBytes(left).every((byte, at) => byte === headerBytes(right)[at]);
}
