/** Sorting and searching rows of any table: pure, stable, and the same in every language the page speaks. */

export type SortValue = number | string | undefined;
export type Direction = 'ascending' | 'descending';

export interface Sort {
  readonly key: string;
  readonly direction: Direction;
}

export interface Column<Row> {
  readonly key: string;
  readonly label: string;
  /** What the column sorts by; a column without it is not sortable. */
  readonly sortBy?: (row: Row) => SortValue;
  readonly isNumeric?: boolean;
  /** The column that names its row, for screen readers. */
  readonly isRowHeader?: boolean;
  /** A column of buttons: it has no value of its own. */
  readonly isDeed?: boolean;
}

/** A row without a value goes last in both directions: what is not known is never the smallest nor the largest. */
export function sortRows<Row>(
  rows: readonly Row[],
  sortBy: (row: Row) => SortValue,
  direction: Direction,
  locale?: string,
): readonly Row[] {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
  const sign = direction === 'ascending' ? 1 : -1;
  const keyed = rows.map((row) => ({ row, value: sortBy(row) }));
  keyed.sort((left, right) => {
    if (left.value === undefined) return right.value === undefined ? 0 : 1;
    if (right.value === undefined) return -1;
    if (typeof left.value === 'number' && typeof right.value === 'number') return sign * (left.value - right.value);
    return sign * collator.compare(String(left.value), String(right.value));
  });
  return keyed.map(({ row }) => row);
}

/** A second click turns the order round. */
export function toggledSort(sort: Sort, key: string): Sort {
  if (sort.key !== key) return { key, direction: 'ascending' };
  return { key, direction: sort.direction === 'ascending' ? 'descending' : 'ascending' };
}

/** Every word of the query must occur; case and diacritics do not matter ("strazii" finds "Străzii"). */
export function matchesSearch(texts: readonly (string | undefined)[], query: string): boolean {
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = folded(texts.filter((part) => part !== undefined).join(' '));
  return words.every((word) => text.includes(word));
}

function folded(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{Diacritic}/gu, '')
    .toLowerCase();
}
