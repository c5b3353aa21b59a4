/** `/admin/log`: the level of the log of the running process, in the words of iotagent-node-lib. */

import type { LevelSwitch, LogLevel } from '@contor/kit';
import { type Answer, refuseWith } from './answers.js';

/** `FATAL` is no level of ours: errors are the least that is said. */
const LEVELS = [
  { word: 'DEBUG', level: 'debug' },
  { word: 'INFO', level: 'info' },
  { word: 'WARNING', level: 'warn' },
  { word: 'ERROR', level: 'error' },
  { word: 'FATAL', level: 'error' },
] as const satisfies readonly { readonly word: string; readonly level: LogLevel }[];

export function readLogLevel(at: LevelSwitch | undefined): Answer {
  const row = LEVELS.find(({ level }) => level === at?.level);
  return row === undefined
    ? refuseWith('NOT_FOUND', 'The level of this log is not ours to know.')
    : { status: 200, body: { level: row.word } };
}

export function changeLogLevel(at: LevelSwitch | undefined, wanted: unknown): Answer {
  if (at === undefined) return refuseWith('NOT_FOUND', 'The level of this log is not ours to change.');
  if (typeof wanted !== 'string') return { status: 400, body: { error: 'log level missing' } };
  const row = LEVELS.find(({ word }) => word === wanted.toUpperCase());
  if (row === undefined) return { status: 400, body: { error: 'invalid log level' } };
  at.level = row.level;
  return { status: 200 };
}
