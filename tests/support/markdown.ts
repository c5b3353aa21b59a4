/** Tables of our pages, so that what they say can be run. */

export interface TableRow {
  readonly cells: Readonly<Record<string, string>>;
}

/** The tables of a Markdown page: each row by the names of its columns. A `|` inside a cell is written `\|`. */
export function tableRows(page: string): readonly TableRow[] {
  const rows: TableRow[] = [];
  let header: readonly string[] | undefined;
  for (const line of page.split('\n')) {
    if (!line.startsWith('|')) {
      header = undefined;
      continue;
    }
    const cells = line
      .replace(/^\||\|\s*$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|'));
    if (header === undefined) header = cells;
    else if (!cells.every((cell) => /^:?-+:?$/.test(cell)))
      rows.push({ cells: Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ''])) });
  }
  return rows;
}
