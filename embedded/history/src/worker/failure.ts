/**
 * DuckDB reports by message only. What is torn or foreign is set aside and derived again from the log; what is locked,
 * newer or merely refused must never be.
 */

import type { FailureCode, Request } from './protocol.js';

const PATTERNS: readonly { readonly code: FailureCode; readonly words: RegExp }[] = [
  // Before all others: a checkpoint or a replay that found no room also calls itself fatal, or the log unreadable.
  { code: 'full', words: /no space left on device|not enough space on the disk|disk quota exceeded/i },
  { code: 'locked', words: /could not set lock|conflicting lock|being used by another process/i },
  { code: 'newer', words: /database file with version number|newer version of duckdb|history format/i },
  {
    code: 'damaged',
    words:
      /checksum|corrupt|not a valid duckdb database|serialization error|replaying wal|failed to (load|deserialize)|INTERNAL Error|attempted to (read|access)|could not read (all|enough)|magic bytes/i,
  },
];

/** After a failed write the database and our memory no longer agree. */
const WRITES: ReadonlySet<Request['kind']> = new Set(['apply', 'erase', 'rebase']);

export function failureCode(message: string, request: Request['kind']): FailureCode {
  const found = PATTERNS.find((pattern) => pattern.words.test(message))?.code;
  if (found === 'full') {
    return found;
  }
  if (/FATAL|invalidated/.test(message)) {
    return 'broken';
  }
  return found === 'locked' || found === 'newer' ? found : WRITES.has(request) ? 'broken' : (found ?? 'refused');
}

export function isDamage(message: string): boolean {
  return PATTERNS.find((pattern) => pattern.words.test(message))?.code === 'damaged';
}
