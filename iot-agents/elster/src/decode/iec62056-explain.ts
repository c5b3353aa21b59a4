/** What every byte of a message of IEC 62056-21 says: control characters, lines and brackets, in the order of the wire. */

import type { ExplainedRow } from '@contor/kit';
import { blockCheck } from '../codec/checksum.js';
import { baudRowOf } from '../codec/iec62056/baud.js';
import { commandRowOf } from '../codec/iec62056/command.js';
import { ACK, CR, EOT, ETX, EXCLAMATION, LF, NAK, SLASH, SOH, STX, toText } from '../codec/iec62056/text.js';

/** Of each control character: its name, and what it begins or ends. */
const CONTROLS: Readonly<Record<number, { readonly name: string; readonly says: string }>> = {
  [SOH]: { name: 'SOH', says: 'a command begins' },
  [STX]: { name: 'STX', says: 'data begins' },
  [ETX]: { name: 'ETX', says: 'the block ends' },
  [EOT]: { name: 'EOT', says: 'a partial block ends, more follows' },
  [ACK]: { name: 'ACK', says: 'acknowledged' },
  [NAK]: { name: 'NAK', says: 'repeat, please' },
  [EXCLAMATION]: { name: '!', says: 'the end of the data' },
};

export function explainIec62056(bytes: Uint8Array): readonly ExplainedRow[] {
  const rows: ExplainedRow[] = [];
  let at = 0;
  let blockStart = -1;
  const take = (length: number, name: string, says: string): void => {
    rows.push({ bytes: bytes.subarray(at, at + length), name, says });
    at += length;
  };
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    const control = CONTROLS[byte];
    if (byte === CR || byte === LF) take(bytes[at + 1] === LF ? 2 : 1, 'line end', '');
    else if (byte === SLASH) takeLine(bytes, at, take);
    else if (control === undefined) takeText(bytes, at, take, bytes[at - 1] === SOH);
    else {
      if (blockStart < 0 && (byte === SOH || byte === STX)) blockStart = at + 1;
      take(1, control.name, control.says);
      if ((byte === ETX || byte === EOT) && blockStart >= 0 && at < bytes.length) {
        const computed = blockCheck(bytes, blockStart, at);
        const isRight = bytes[at] === computed;
        take(1, 'BCC', isRight ? 'right' : `wrong, ${computed.toString(16).padStart(2, '0')} expected`);
        blockStart = -1;
      }
    }
  }
  return rows;
}

type Take = (length: number, name: string, says: string) => void;

function takeLine(bytes: Uint8Array, from: number, take: Take): void {
  const end = bytes.indexOf(CR, from);
  const line = toText(bytes, from, end < 0 ? bytes.length : end);
  if (line.startsWith('/?')) {
    take(line.length, 'request', line);
    return;
  }
  take(1, 'start', '/');
  take(Math.min(3, line.length - 1), 'manufacturer', line.slice(1, 4));
  if (line.length < 5) return;
  const row = baudRowOf(line.charAt(4));
  take(1, 'baud', row === undefined ? 'mode A' : `${row.baud} Bd, mode ${row.modes.join(' or ')}`);
  if (line.length > 5) take(line.length - 5, 'identification', line.slice(5));
}

function takeText(bytes: Uint8Array, from: number, take: Take, isCommand: boolean): void {
  if (isCommand) {
    const command = toText(bytes, from, from + 2);
    take(command.length, 'command', `${command} ${commandRowOf(command)?.name ?? 'not of the standard'}`);
    return;
  }
  let end = from;
  let isOpen = false;
  while (end < bytes.length) {
    const byte = bytes[end] ?? 0;
    if (byte === 0x28 && !isOpen && end > from) break;
    isOpen ||= byte === 0x28;
    if (byte === 0x29) {
      end += 1;
      break;
    }
    if (!isOpen && end > from && (CONTROLS[byte] !== undefined || byte === CR || byte === LF)) break;
    end += 1;
  }
  const text = toText(bytes, from, end);
  take(text.length, text.startsWith('(') ? 'value' : 'address', text);
}
