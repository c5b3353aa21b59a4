/** Lines of `contor decode mbus`; see docs/decode.md. */

import type { DecodeAnswer, DecodeRequest } from '@contor/kit';
import { mediaOf } from '../codec/drivers/table.js';
import { applicationErrorName, wiredMediumName } from '../codec/header/names.js';
import { productName } from '../codec/header/products.js';
import { decodeWired, type WiredBody, type WiredTelegram } from '../codec/wired.js';
import { bytesOf } from './input.js';
import { recordLines } from './records.js';

export function decodeWiredLine(request: DecodeRequest): DecodeAnswer {
  const bytes = bytesOf(request);
  if (bytes === undefined) return { ok: false, code: 'decode.hex' };
  const decoded = decodeWired(bytes);
  if (decoded.kind === 'pending') return { ok: false, code: 'mbus.short' };
  if (decoded.kind === 'garbage') return { ok: false, code: decoded.error.code };
  if (decoded.used < bytes.length) return { ok: false, code: 'mbus.trailing' };
  return { ok: true, ...telegramLine(decoded.value) };
}

function telegramLine({ frame, body }: WiredTelegram): object {
  if (frame.kind !== 'long') return frame;
  const { kind, control, address, ci } = frame;
  return { kind, control, address, ci, ...bodyLine(body, { control, address, ci }) };
}

function bodyLine(body: WiredBody, link: object): object {
  switch (body.kind) {
    case 'link':
      return {};
    case 'variable': {
      const { meter, ...counters } = body.header ?? {};
      const medium = meter?.deviceType;
      const product = meter === undefined ? undefined : productName(meter);
      return {
        header: {
          ...link,
          ...(meter !== undefined && {
            id: meter.id,
            manufacturer: meter.manufacturer,
            version: meter.version,
            medium,
          }),
          ...counters,
        },
        ...(meter !== undefined && {
          meterId: meter.id,
          media: mediaOf(meter),
          mediumName: wiredMediumName(meter.deviceType),
        }),
        ...(product !== undefined && { product }),
        records: recordLines(body.data.records),
        hasMore: body.data.hasMore,
      };
    }
    case 'fixed': {
      const { id, accessNumber, status, medium, records } = body.data;
      const header = { ...link, id, accessNumber, status, medium };
      return { header, mediumName: wiredMediumName(medium), records: recordLines(records) };
    }
    case 'applicationError':
      return { header: link, applicationError: applicationErrorName(body.error ?? 0), records: [] };
    case 'select':
      return { header: link, ...body.selection, rest: body.rest };
    case 'other':
      return { header: link, data: body.data };
  }
}
