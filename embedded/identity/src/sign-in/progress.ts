/** How far a sign-in has come, by its interaction. On disk, so that a restart in the middle loses nobody's place; short-lived. */

import type { DocumentStore } from '@contor/kit';
import type { Method } from '../authentication.js';

export interface Progress {
  readonly accountId: string;
  readonly methods: readonly Method[];
}

export interface ProgressStore {
  of(interactionId: string): Progress | undefined;
  save(interactionId: string, progress: Progress): Promise<void>;
  end(interactionId: string): Promise<void>;
}

export const PROGRESS = 'progress';
/** From the password to the last duty: choosing a password and installing an app take their time. */
const PROGRESS_MS = 15 * 60_000;

export function openProgress(documents: DocumentStore, nowMs: () => number): ProgressStore {
  return {
    of: (id) => documents.get(PROGRESS, id) as Progress | undefined,
    save: (id, value) => documents.put({ kind: PROGRESS, id, value, expiresAtMs: nowMs() + PROGRESS_MS }),
    end: (id) => documents.remove(PROGRESS, id),
  };
}
