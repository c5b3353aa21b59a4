/** Diagnostic notation (RFC 8949, 8): what an item says, for the eyes. */

import { toHex } from '@contor/kit';
import { bignumOf, type CborItem, FALSE, NULL, TRUE, UNDEFINED } from './item.js';

const NAMED_SIMPLE: ReadonlyMap<number, string> = new Map([
  [FALSE, 'false'],
  [TRUE, 'true'],
  [NULL, 'null'],
  [UNDEFINED, 'undefined'],
]);

export function formatDiagnostic(item: CborItem): string {
  switch (item.type) {
    case 'integer':
      return item.value.toString();
    case 'bytes':
      return item.chunks === undefined ? formatBytes(item.value) : formatChunks(item.chunks.map(formatBytes), "''_");
    case 'text':
      return item.chunks === undefined ? formatText(item.value) : formatChunks(item.chunks.map(formatText), '""_');
    case 'array':
      return `[${mark(item.isIndefinite)}${item.items.map(formatDiagnostic).join(', ')}]`;
    case 'map':
      return `{${mark(item.isIndefinite)}${item.entries.map(([key, value]) => `${formatDiagnostic(key)}: ${formatDiagnostic(value)}`).join(', ')}}`;
    case 'tag':
      return bignumOf(item)?.toString() ?? `${item.tag}(${formatDiagnostic(item.item)})`;
    case 'simple':
      return NAMED_SIMPLE.get(item.value) ?? `simple(${item.value})`;
    case 'float':
      return formatFloat(item.value);
  }
}

function formatBytes(bytes: Uint8Array): string {
  return `h'${toHex(bytes)}'`;
}

/** RFC 8949, 8: as in JSON. */
function formatText(text: string): string {
  return JSON.stringify(text);
}

function formatChunks(chunks: readonly string[], whenEmpty: string): string {
  return chunks.length === 0 ? whenEmpty : `(_ ${chunks.join(', ')})`;
}

function mark(isIndefinite: boolean): string {
  return isIndefinite ? '_ ' : '';
}

/** A float has a decimal point, so that 1.0 is told from 1. */
function formatFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  if (!Number.isFinite(value) || text.includes('.')) return text;
  const exponentAt = text.indexOf('e');
  return exponentAt < 0 ? `${text}.0` : `${text.slice(0, exponentAt)}.0${text.slice(exponentAt)}`;
}
