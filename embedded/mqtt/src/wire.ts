/**
 * The packets we write to a subscriber ourselves: PUBLISH (MQTT 3.1.1, 3.3) and PUBREL (3.6). One buffer per packet, so that a
 * burst of deliveries is a burst of cheap copies.
 */

export interface PublishFrame {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly isDuplicate: boolean;
  readonly packetId: number;
}

const PUBLISH = 0x30;
const PUBREL = 0x62;
const MAX_LENGTH_BYTES = 4;

export function encodePublish(frame: PublishFrame): Buffer {
  const topicBytes = Buffer.byteLength(frame.topic);
  const idBytes = frame.qos > 0 ? 2 : 0;
  const length = 2 + topicBytes + idBytes + frame.payload.length;
  const out = Buffer.allocUnsafe(1 + MAX_LENGTH_BYTES + length);
  out[0] = PUBLISH | (frame.isDuplicate ? 8 : 0) | (frame.qos << 1) | (frame.isRetained ? 1 : 0);
  let at = writeLength(out, 1, length);
  at = out.writeUInt16BE(topicBytes, at);
  at += out.write(frame.topic, at);
  if (idBytes > 0) at = out.writeUInt16BE(frame.packetId, at);
  out.set(frame.payload, at);
  return out.subarray(0, at + frame.payload.length);
}

export function encodePubrel(packetId: number): Buffer {
  return Buffer.from([PUBREL, 2, packetId >> 8, packetId & 0xff]);
}

function writeLength(out: Buffer, offset: number, length: number): number {
  let at = offset;
  let rest = length;
  do {
    const more = rest > 0x7f;
    out[at] = (rest & 0x7f) | (more ? 0x80 : 0);
    rest >>>= 7;
    at += 1;
  } while (rest > 0);
  return at;
}
