/** Lines of `contor decode wmbus`; see docs/decode.md. */

import { type DecodeAnswer, type DecodeRequest, WireError } from '@contor/kit';
import { mediaOf } from '../codec/drivers/table.js';
import type { MeterAddress } from '../codec/header/address.js';
import { applicationErrorName } from '../codec/header/names.js';
import { decodeLink, type LinkFormat } from '../codec/radio/link.js';
import { decodeTelegram, type RadioMemory, type RadioTelegram, radioMemory } from '../codec/radio/telegram.js';
import { hexBytes, inputOf } from './input.js';
import { recordLines } from './records.js';

/** Frames to be heard first, at most; a line is a question, not a recording. */
const MAX_PREVIOUS = 64;

export function decodeWirelessLine(request: DecodeRequest): DecodeAnswer {
  const input = inputOf(request);
  const bytes = hexBytes(input.hex);
  if (bytes === undefined) return { ok: false, code: 'decode.hex' };
  const { key: keyText } = request;
  const key = typeof keyText === 'string' ? hexBytes(keyText) : undefined;
  if (key === undefined && keyText !== undefined && keyText !== null) return { ok: false, code: 'decode.key' };
  const format = formatOf(input.dataLinkCrc);
  const memory = radioMemory();
  const previous = Array.isArray(input.previous) ? (input.previous as readonly unknown[]).slice(0, MAX_PREVIOUS) : [];
  for (const hex of previous) {
    const frame = hexBytes(hex);
    if (frame !== undefined) decodeBytes(frame, format, key, memory);
  }
  const telegram = decodeBytes(bytes, format, key, memory);
  return telegram instanceof WireError ? { ok: false, code: telegram.code } : { ok: true, ...telegramLine(telegram) };
}

function formatOf(dataLinkCrc: unknown): LinkFormat {
  return dataLinkCrc === 'A' || dataLinkCrc === 'B' ? dataLinkCrc : 'bare';
}

function decodeBytes(
  bytes: Uint8Array,
  format: LinkFormat,
  key: Uint8Array | undefined,
  memory: RadioMemory,
): RadioTelegram | WireError {
  const link = decodeLink(bytes, format);
  if (link.kind === 'pending') return new WireError('wmbus.short', 'The bytes end within the frame.');
  if (link.kind === 'garbage') return link.error;
  if (link.used < bytes.length) return new WireError('wmbus.trailing', 'There are bytes behind the frame.');
  return decodeTelegram(link.value, () => key, memory);
}

function telegramLine(telegram: RadioTelegram): object {
  const { frame, layers, ell, authentication, transport, meter } = telegram;
  const { accessNumber = ell?.accessNumber, status } = transport?.header ?? {};
  return {
    dll: { length: frame.length, control: frame.control, ...frame.sender },
    layers: layers.map((ci) => ci.toString(16).padStart(2, '0')),
    ...(ell !== undefined && {
      ell: ellLine(ell),
      ...(ell.session !== undefined && { ellEncrypted: telegram.isEllSealed }),
    }),
    ...(authentication !== undefined && { afl: aflLine(authentication) }),
    ...(transport?.header !== undefined && { tpl: tplLine(transport.ci, transport.header) }),
    encrypted: telegram.wasEncrypted,
    plainMarker: telegram.isPlainMarked,
    ...identityLine(meter),
    ...(accessNumber !== undefined && { accessNumber }),
    ...(status !== undefined && { status }),
    ...(telegram.isSealed && { unread: 'wmbus.key.missing' }),
    ...(telegram.isFragment && { unread: 'wmbus.afl.waiting' }),
    ...bodyLine(telegram),
  };
}

/** `medium` is `media` as one word: `WarmWater`. */
function identityLine(meter: MeterAddress): object {
  const { id, manufacturer, version } = meter;
  const media = mediaOf(meter);
  const medium = media.replaceAll(/(?:^|[ /])(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { meterId: id, id, manufacturer, version, media, medium };
}

function bodyLine({ transport, data, payload, driver }: RadioTelegram): object {
  if (data !== undefined) {
    const { records, hasMore, fault } = data;
    return { records: recordLines(records), hasMore, ...(driver && { driver }), ...(fault && { fault: fault.code }) };
  }
  if (transport?.content === 'applicationError')
    return { applicationError: applicationErrorName(payload[0] ?? 0), records: [] };
  return { records: [], ...(payload.length > 0 && { payload }) };
}

function ellLine({
  communicationControl,
  accessNumber,
  session,
  destination,
}: NonNullable<RadioTelegram['ell']>): object {
  return {
    cc: communicationControl,
    acc: accessNumber,
    ...(session !== undefined && { session }),
    ...(destination !== undefined && { destination }),
  };
}

function aflLine(layer: NonNullable<RadioTelegram['authentication']>): object {
  const { length, fragmentId, counter, mac } = layer;
  return {
    length,
    ...(fragmentId > 0 && { fragmentId }),
    ...(counter !== undefined && { counter }),
    ...(mac && { mac }),
  };
}

function tplLine(ci: number, header: NonNullable<NonNullable<RadioTelegram['transport']>['header']>): object {
  const { accessNumber, status, config, securityMode, meter } = header;
  return { ci, accessNumber, status, config, securityMode, ...meter };
}
