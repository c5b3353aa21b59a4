/**
 * The switch, the freeze, and how they end: one person stops everything, two different ones let it go on (trust T21). Pure; a statement
 * that is shown a second time, or that is older than what it would end, changes nothing.
 */

import { type ControlStatement, FRESH_FOR_MS } from '@contor/policy';
import type { ControlRecord, Voice } from './records.js';

/** Voices it takes to end a stop or a freeze. */
export const VOICES_NEEDED = 2;
/** Two people who agree do so within this; a voice of last week is not an agreement about today. */
const VOICE_LASTS_MS = 60 * 60_000;
const CLOCK_SKEW_MS = 60_000;

export function withStatement(control: ControlRecord, statement: ControlStatement, nowMs: number): ControlRecord {
  if (statement.atMs > nowMs + CLOCK_SKEW_MS) return control;
  if (statement.kind === 'stop') return stopped(control, statement);
  // A voice must be that of somebody who has just shown who they are.
  if (!(statement.atMs - statement.authenticatedAtMs <= FRESH_FOR_MS)) return control;
  return statement.kind === 'resume' ? resumed(control, statement) : unfrozen(control, statement);
}

export function frozen(control: ControlRecord, nowMs: number, reason: string): ControlRecord {
  return control.freeze === undefined ? { ...control, freeze: { atMs: nowMs, reason }, unfreeze: [] } : control;
}

function stopped(control: ControlRecord, { by, atMs, reason = '' }: ControlStatement): ControlRecord {
  if (control.stop !== undefined || atMs <= control.resumedAtMs) return control;
  return { ...control, stop: { by, atMs, reason }, resume: [] };
}

function resumed(control: ControlRecord, { by, atMs }: ControlStatement): ControlRecord {
  const { stop } = control;
  if (stop === undefined || atMs < stop.atMs) return control;
  const resume = withVoice(control.resume, { by, atMs });
  if (resume.length < VOICES_NEEDED) return { ...control, resume };
  const { stop: _over, ...rest } = control;
  return { ...rest, resume: [], resumedAtMs: atMs };
}

function unfrozen(control: ControlRecord, { by, atMs }: ControlStatement): ControlRecord {
  const { freeze } = control;
  if (freeze === undefined || atMs < freeze.atMs) return control;
  const unfreeze = withVoice(control.unfreeze, { by, atMs });
  if (unfreeze.length < VOICES_NEEDED) return { ...control, unfreeze };
  const { freeze: _over, ...rest } = control;
  return { ...rest, unfreeze: [], unfrozenAtMs: atMs };
}

function withVoice(voices: readonly Voice[], voice: Voice): readonly Voice[] {
  const others = voices.filter(({ by, atMs }) => by !== voice.by && voice.atMs - atMs <= VOICE_LASTS_MS);
  return [...others, voice];
}
