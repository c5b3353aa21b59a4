/**
 * A look at a payload before it is stored: over HTTP a device can be told that nothing of what it says makes sense, so it is. What is good
 * in part is taken; the rest finds its shelf, as over MQTT.
 */

import { WireError } from '@contor/kit';
import { decodeAttribute, decodeAttrs } from '../codec/attrs.js';
import { garbage, isObject, type Parsed, parseJson } from '../codec/bounded-json.js';
import { parseChannel } from '../codec/channel.js';
import { decodeProfile } from '../codec/profile.js';
import { isName } from '../transport/topics.js';

/** The fault, when there is nothing in it that could be stored. */
export function faultOf(channel: string, bytes: Uint8Array): WireError | undefined {
  const { kind, attribute } = parseChannel(channel) ?? {};
  if (kind === 'profile') {
    const profile = decodeProfile(bytes);
    return profile.kind === 'garbage' ? profile.error : undefined;
  }
  const decoded = attribute === undefined ? decodeAttrs(bytes) : decodeAttribute(attribute, bytes);
  if (decoded.kind === 'garbage') return decoded.error;
  const [first] = decoded.value;
  return first?.kind === 'fault' && decoded.value.every(({ kind: each }) => each === 'fault') ? first.error : undefined;
}

export interface DevicePart {
  readonly deviceId: string;
  /** What the device would have said by itself. */
  readonly bytes: Uint8Array;
}

/** A quarter of a thousand devices of a building in one request; a hub with more sends two. */
const MOST_DEVICES = 500;

/** `{"meter-1": {…}, "meter-2": [{…}, {…}]}`: one part for each device, all of them good or none taken. */
export function splitHub(channel: string, bytes: Uint8Array): Parsed<readonly DevicePart[]> {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage') return parsed;
  const devices = isObject(parsed.value) ? Object.entries(parsed.value) : [];
  if (devices.length === 0 || devices.length > MOST_DEVICES)
    return garbage('hub.devices', 'The payload is not an object of one to five hundred devices.', {
      devices: devices.length,
    });
  const parts: DevicePart[] = [];
  for (const [deviceId, measures] of devices) {
    if (!isName(deviceId)) return garbage('hub.name', 'A device id has other characters than names have.');
    const part = { deviceId, bytes: new TextEncoder().encode(JSON.stringify(measures)) };
    const fault = faultOf(channel, part.bytes);
    if (fault !== undefined)
      return { kind: 'garbage', error: new WireError(fault.code, fault.message, { ...fault.context, deviceId }) };
    parts.push(part);
  }
  return { kind: 'value', value: parts };
}
