/**
 * Tables as text (RFC 4180, with a comma or a tab between cells): rows with the line they begin at, and back. A cell without quotes and
 * without text says nothing; in quotes it is an empty text. What a spreadsheet would take for a formula is written behind a `'` (T17), which reading
 * takes away again.
 */

import { WireError } from '@contor/kit';

export type Separator = ',' | '\t';
/** undefined: nothing is said. */
export type Cell = string | undefined;

export interface TableRow {
  readonly line: number;
  readonly cells: readonly Cell[];
}

export const MOST_ROWS = 250_000;
const MOST_CELLS = 100;
/** The attributes of a device, as JSON. */
const LONGEST_CELL = 64 * 1024;

const FORMULA = /^'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/;
const ESCAPED = /^'+(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/;

export function separatorOf(header: string): Separator {
  const firstLine = header.split('\n', 1)[0] ?? '';
  return firstLine.includes('\t') ? '\t' : ',';
}

/** Every row that is not empty. Throws a WireError where the text is no table. */
export function parseTable(whole: string): readonly TableRow[] {
  const text = whole.startsWith('\u{feff}') ? whole.slice(1) : whole;
  const separator = separatorOf(text);
  const rows: TableRow[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const cells: Cell[] = [];
    const first = line;
    for (;;) {
      const cell = readCell(text, at, separator, line);
      cells.push(cell.value);
      if (cells.length > MOST_CELLS) throw fault('table.cells', `A row has at most ${MOST_CELLS} cells.`, first);
      line += cell.lines;
      at = cell.end;
      if (text[at] !== separator) break;
      at += 1;
    }
    if (text[at] === '\r') at += 1;
    if (at < text.length && text[at] !== '\n')
      throw fault('table.quotes', 'Behind closing quotes stands something else than the end of the cell.', line);
    at += 1;
    line += 1;
    if (cells.some((cell) => cell !== undefined)) rows.push({ line: first, cells });
    if (rows.length > MOST_ROWS + 1) throw fault('table.rows', `A table has at most ${MOST_ROWS} rows.`, first);
  }
  return rows;
}

export function formatTable(rows: readonly (readonly Cell[])[], separator: Separator): string {
  return rows.map((cells) => `${cells.map((cell) => formatCell(cell, separator)).join(separator)}\n`).join('');
}

function formatCell(cell: Cell, separator: Separator): string {
  if (cell === undefined) return '';
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  const isQuoted =
    text === '' || text !== cell || /["\r\n]/.test(text) || text.includes(separator) || text.trim() !== text;
  return isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
}

function readCell(text: string, start: number, separator: Separator, line: number) {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && text[end] !== separator && text[end] !== '\n') end += 1;
    const isReturn = text[end - 1] === '\r' && end > start && text[end] !== separator;
    const value = text.slice(start, isReturn ? end - 1 : end);
    return {
      value: value === '' ? undefined : bounded(unescaped(value), line),
      end: isReturn ? end - 1 : end,
      lines: 0,
    };
  }
  let end = start + 1;
  for (;;) {
    end = text.indexOf('"', end);
    if (end === -1) throw fault('table.quotes', 'Quotes are opened and never closed.', line);
    if (text[end + 1] !== '"') break;
    end += 2;
  }
  const quoted = text.slice(start + 1, end);
  const lines = quoted.split('\n').length - 1;
  return { value: bounded(unescaped(quoted.replaceAll('""', '"')), line), end: end + 1, lines };
}

function unescaped(value: string): string {
  return ESCAPED.test(value) ? value.slice(1) : value;
}

function bounded(value: string, line: number): string {
  if (value.length > LONGEST_CELL) throw fault('table.cell', `A cell has at most ${LONGEST_CELL} characters.`, line);
  return value;
}

function fault(code: string, message: string, line: number): WireError {
  return new WireError(code, `Line ${line}: ${message}`, { line });
}
