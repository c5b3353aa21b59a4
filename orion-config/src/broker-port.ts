/** How installing reaches a broker, and what it says of each thing it installs. */

import { VocabularyError } from './vocabulary-error.js';

/** How the broker is reached; the broker client's `request` fits. Every status is an answer. */
export interface BrokerPort {
  request(request: {
    readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    readonly path: string;
    readonly body?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }>;
}

export interface InstallStep {
  readonly what: 'context' | 'subscription';
  readonly id: string;
  readonly did: 'created' | 'updated' | 'untouched';
}

export function refused(what: string, answer: { readonly status: number; readonly body: unknown }): VocabularyError {
  return new VocabularyError('install.refused', `${what}: the broker answered ${answer.status}`, {
    status: answer.status,
    body: answer.body,
  });
}
