/** The trail over HTTP: pages for people, files for auditors, anchors to copy away (docs/audit.md). */

import { once } from 'node:events';
import type { Request, RequestHandler, Response } from 'express';
import { sendProblem } from '../../http/problem.js';
import { queryOf } from '../../http/query.js';
import type { AuditTrail } from '../audit.js';
import type { AuditActor } from '../entry.js';
import type { ShownRecord } from '../record.js';
import type { IsVisible } from '../search/query.js';
import { csvHead, csvLine } from './csv.js';
import { type Question, readQuestion } from './question.js';

/** Whoever reads the trail, as the access book knows them. */
export interface Viewer {
  readonly actor: AuditActor;
  readonly address: string;
  readonly correlation: string;
  /** Undefined: everything. */
  readonly isVisible: IsVisible | undefined;
}

export type FindViewer = (request: Request, response: Response) => Viewer | 'scope.unknown';

export interface AuditRouteParts {
  readonly trail: AuditTrail;
  /** `scope.unknown`: what they may see is not known yet. */
  readonly viewerOf: FindViewer;
  /** Subjects of a user name. A filter by name needs no names in the trail. */
  readonly subjectsNamed: (name: string) => readonly string[];
  readonly nowMs: () => number;
}

/** Records of one step of an export. */
const EXPORT_STEP = 500;
/** Anchors of ten years. */
const MOST_ANCHORS = 3_660;

export function listRecords(parts: AuditRouteParts): RequestHandler {
  return async (request, response) => {
    const question = questionOf(request, response);
    if (question === undefined) return;
    const { limit, before } = question;
    const viewer = parts.viewerOf(request, response);
    if (viewer === 'scope.unknown') return sendProblem(response, viewer);
    const { isVisible } = viewer;
    response.json(await parts.trail.page({ query: searchOf(parts, question), limit, before, isVisible }));
  };
}

/** Recorded before the first line leaves, with the filter, and again with the number of records. */
export function exportRecords(parts: AuditRouteParts): RequestHandler {
  return async (request, response) => {
    const question = questionOf(request, response);
    if (question === undefined) return;
    const { trail, nowMs } = parts;
    const viewer = parts.viewerOf(request, response);
    if (viewer === 'scope.unknown') return sendProblem(response, viewer);
    const { isVisible, ...by } = viewer;
    const about = { ...by, log: 'application', page: 'audit', operation: 'audit.export' } as const;
    const wish = Object.fromEntries(new URLSearchParams(queryOf(request)));
    const of = await trail.record({ ...about, after: wish, outcome: 'begun' }).catch(() => undefined);
    if (of === undefined) return sendProblem(response, 'audit.full');
    const { format } = question;
    const name = `audit-${new Date(nowMs()).toISOString().slice(0, 10)}.${format}`;
    response.type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson');
    response.set('Content-Disposition', `attachment; filename="${name}"`);
    const count = await writeAll(parts, { ...question, isVisible }, of, response);
    // What was recorded meanwhile is not in it, and the export itself is not either.
    const outcome = response.destroyed
      ? ({ outcome: 'failed', reason: 'connection.lost' } as const)
      : ({ outcome: 'done' } as const);
    await trail.record({ ...about, after: { ...wish, records: count }, of, ...outcome });
    response.end();
  };
}

async function writeAll(
  parts: AuditRouteParts,
  question: Question & { readonly isVisible: IsVisible | undefined },
  below: number,
  response: Response,
): Promise<number> {
  const { format, isVisible } = question;
  const query = searchOf(parts, question);
  const lineOf = format === 'csv' ? csvLine : (record: ShownRecord) => `${JSON.stringify(record)}\n`;
  let count = 0;
  let before: number | null = Math.min(question.before ?? below, below);
  if (format === 'csv') response.write(csvHead());
  while (before !== null && !response.destroyed) {
    const { records, next } = await parts.trail.page({ query, limit: EXPORT_STEP, before, isVisible });
    count += records.length;
    const hasRoom = response.write(records.map(lineOf).join(''));
    if (!hasRoom) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    before = next;
  }
  return count;
}

export function showAnchors({ trail }: Pick<AuditRouteParts, 'trail'>): RequestHandler {
  return async (_request, response) => {
    const { day: _day, count: _count, ...head } = await trail.anchors.head();
    response.json({ head, anchors: trail.anchors.all.slice(-MOST_ANCHORS).reverse() });
  };
}

function questionOf(request: Request, response: Response): Question | undefined {
  const read = readQuestion(new URLSearchParams(queryOf(request)));
  if (read.kind === 'value') return read.question;
  sendProblem(response, 'query.refused', read.detail);
  return undefined;
}

function searchOf({ subjectsNamed }: AuditRouteParts, { query, actors }: Question) {
  if (actors === undefined) return query;
  return { ...query, actors: actors.flatMap((actor) => [actor, ...subjectsNamed(actor)]) };
}
