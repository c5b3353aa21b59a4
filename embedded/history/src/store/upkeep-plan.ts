/** Which rows are to move, as small steps: between two of them what was acknowledged comes in and questions are answered. */

import type { Archiving, EntityRows, KeptMonth, Sealing, Survey } from './columnar.js';
import { monthOf, monthSpan } from './months.js';

/** A step of so many rows takes about a tenth of a second. */
const MAX_ROWS = 150_000;
/** Late rows of meters far apart are not worth sorting all meters between them again. */
const MAX_GAP = 32;

/** The first month that is still open: its end, and the time meters have to deliver after it, are not over. */
export function openMonth(nowMs: number, sealAfterMs: number): number {
  return monthOf(nowMs - sealAfterMs);
}

export function planSealing(table: number, survey: Survey): readonly Sealing[] {
  const byMonth = new Map<number, Map<number, number>>();
  for (const { month, entity, rows } of [...survey.hot, ...survey.late]) {
    const entities = byMonth.get(month) ?? new Map<number, number>();
    byMonth.set(month, entities.set(entity, (entities.get(entity) ?? 0) + rows));
  }
  return [...byMonth]
    .sort(([a], [b]) => a - b)
    .flatMap(([month, entities]) => chunks(toRows(month, entities)).map((chunk) => ({ table, ...chunk })));
}

/** Sealed months that are old enough for a file. */
export function planArchiving(
  table: number,
  kept: readonly KeptMonth[],
  nowMs: number,
  archiveAfterMs: number,
): readonly Archiving[] {
  return kept
    .filter(({ month, archive }) => archive === undefined && monthSpan(month).toMs + archiveAfterMs < nowMs)
    .map(({ month }) => ({ table, month }));
}

function toRows(month: number, entities: ReadonlyMap<number, number>): readonly EntityRows[] {
  return [...entities].sort(([a], [b]) => a - b).map(([entity, rows]) => ({ month, entity, rows }));
}

function chunks(entities: readonly EntityRows[]): readonly Omit<Sealing, 'table'>[] {
  const made: { month: number; fromEntity: number; toEntity: number }[] = [];
  let rowsInLast = 0;
  for (const { month, entity, rows } of entities) {
    const last = made.at(-1);
    if (last !== undefined && rowsInLast + rows <= MAX_ROWS && entity - last.toEntity <= MAX_GAP) {
      last.toEntity = entity;
      rowsInLast += rows;
    } else {
      made.push({ month, fromEntity: entity, toEntity: entity });
      rowsInLast = rows;
    }
  }
  return made;
}
