/** Hands a file to the reader. */
import { type CsvTable, toCsv } from '../logic/csv.js';

/** Long enough for the slowest browser to have taken the bytes. */
const REVOKE_MS = 30_000;

export function saveCsv(name: string, table: CsvTable): void {
  saveBlob(name, new Blob([toCsv(table)], { type: 'text/csv;charset=utf-8' }));
}

export function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), REVOKE_MS);
}
