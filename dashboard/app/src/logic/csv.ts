/** CSV as RFC 4180 words it: CRLF, quotes doubled, every record with the same number of fields. Text can never become a formula. */

export type Cell = string | number | undefined;

/** Excel takes a file for UTF-8 only when it begins with this mark. */
const BYTE_ORDER_MARK = '\uFEFF';

export interface CsvTable {
  /** What the file is about: one record each, name and value. */
  readonly about: readonly (readonly [name: string, value: string])[];
  readonly columns: readonly string[];
  readonly records: readonly (readonly Cell[])[];
}

export function toCsv({ about, columns, records }: CsvTable, { byteOrderMark = true } = {}): string {
  const width = Math.max(columns.length, 2);
  const padded = (cells: readonly Cell[]): readonly Cell[] => [...cells, ...Array<Cell>(width - cells.length).fill('')];
  const lines = [...about, columns, ...records].map((cells) => padded(cells).map(toField).join(','));
  return `${byteOrderMark ? BYTE_ORDER_MARK : ''}${lines.join('\r\n')}\r\n`;
}

/** `tulip street / 1` → `tulip-street-1`: a file name that every system accepts. */
export function fileName(parts: readonly string[], extension: string): string {
  const stem = parts
    .join('-')
    .normalize('NFD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/-{2,}/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  return `${stem || 'contor'}.${extension}`;
}

function toField(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  const text = withoutFormula(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet runs what begins with one of these; the apostrophe makes it text again (OWASP, CSV injection). */
function withoutFormula(text: string): string {
  return /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
}
