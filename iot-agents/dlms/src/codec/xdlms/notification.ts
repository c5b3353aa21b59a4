/** DataNotification: IEC 62056-5-3, clause 8 — what a meter sends without being asked. */

import type { ByteWriter } from '@contor/kit';
import type { Data } from '../axdr/data.js';
import { data, type Field, octets, sequence, unsigned32 } from '../axdr/fields.js';
import type { Cursor } from '../cursor.js';

export interface DataNotification {
  readonly longInvokeIdAndPriority: number;
  /** Empty or the twelve bytes of a date-time. */
  readonly dateTime: Uint8Array;
  /** The field is an OCTET STRING without a tag; Kaifa MA304 and MA105 (Norway) put the tag of one before it. */
  readonly isDateTimeTagged: boolean;
  readonly notificationBody: Data;
}

const OCTET_STRING_TAG = 0x09;
const DATE_TIME_SIZE = 0x0c;

const plain = sequence({ longInvokeIdAndPriority: unsigned32, dateTime: octets, notificationBody: data });

export const dataNotification: Field<DataNotification> = {
  read: (from) => {
    const start = from.offset;
    const longInvokeIdAndPriority = from.u32();
    from.mark(start, 'longInvokeIdAndPriority', String(longInvokeIdAndPriority));
    const isDateTimeTagged = skipTag(from);
    const timeAt = from.offset;
    const dateTime = octets.read(from);
    from.mark(timeAt, 'dateTime', `${dateTime.length} bytes`);
    return { longInvokeIdAndPriority, dateTime, isDateTimeTagged, notificationBody: data.read(from) };
  },
  write: (to: ByteWriter, value) => {
    if (!value.isDateTimeTagged) plain.write(to, value);
    else {
      to.u32(value.longInvokeIdAndPriority).u8(OCTET_STRING_TAG);
      octets.write(to, value.dateTime);
      data.write(to, value.notificationBody);
    }
  },
};

/** No date-time has nine bytes, so 09 before a length of twelve is a tag. */
function skipTag(from: Cursor): boolean {
  if (from.peek() !== OCTET_STRING_TAG || from.ahead(1) !== DATE_TIME_SIZE) return false;
  const start = from.offset;
  from.skip(1);
  from.mark(start, 'octet-string', 'a tag that the standard does not have here');
  return true;
}
