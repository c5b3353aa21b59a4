/** Records as CSV (RFC 4180). Text can never become a formula (OWASP, CSV injection), and a line is a record whatever stands in it. */

import type { ShownRecord } from '../record.js';

type Column = readonly [name: string, of: (record: ShownRecord) => unknown];

const COLUMNS: readonly Column[] = [
  ['sequence', ({ sequence }) => sequence],
  ['at', ({ at }) => at],
  ['log', ({ log }) => log],
  ['user', ({ actor }) => actor.name ?? actor.id],
  ['userId', ({ actor }) => actor.id],
  ['kind', ({ actor }) => actor.kind],
  ['page', ({ page }) => page],
  ['operation', ({ operation }) => operation],
  ['target', ({ targets }) => targets?.join(' ')],
  ['initialValue', ({ before }) => before],
  ['finalValue', ({ after }) => after],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['count', ({ count }) => count],
  ['since', ({ since }) => since],
  ['address', ({ address }) => address],
  ['correlation', ({ correlation }) => correlation],
  ['erased', ({ erased }) => erased?.join(' ')],
];

/** Excel takes a file for UTF-8 only when it begins with this mark. */
const BYTE_ORDER_MARK = '\uFEFF';

export function csvHead(): string {
  return `${BYTE_ORDER_MARK}${COLUMNS.map(([name]) => name).join(',')}\r\n`;
}

export function csvLine(record: ShownRecord): string {
  return `${COLUMNS.map(([, of]) => toField(of(record))).join(',')}\r\n`;
}

function toField(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = withoutFormula(typeof value === 'string' ? value : JSON.stringify(value));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet runs what begins with one of these; the apostrophe makes it text again. */
function withoutFormula(text: string): string {
  return /^\s*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
}
