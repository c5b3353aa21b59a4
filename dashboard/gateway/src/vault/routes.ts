/**
 * Keys and passwords of meters, put in by people who may and never shown again: here is only the half of the store that writes. What is put
 * is used by agents within seconds.
 */

import { isSecretReference, MOST_SECRET_BYTES, type SecretStore, toIso } from '@contor/kit';
import type { Application } from 'express';
import express from 'express';
import { type GuardParts, register } from '../guard.js';
import { sendProblem } from '../http/problem.js';

/** In hexadecimal twice as long, and a little JSON around it. */
const BODY_LIMIT = 3 * MOST_SECRET_BYTES;

/** How a value is written, and its bytes; undefined: not written so. */
const ENCODINGS: Readonly<Record<string, (text: string) => Uint8Array | undefined>> = {
  text: (text) => Buffer.from(text, 'utf8'),
  hex: (text) => (/^([0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : undefined),
  base64: (text) => (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined),
};

export function registerSecrets(app: Application, guard: GuardParts, store: () => SecretStore): void {
  register(app, guard, 'GET /api/secrets', async (_request, response) => {
    const secrets = (await store().list()).map(({ reference, keyId, createdAtMs, changedAtMs }) => ({
      ...{ reference, keyId },
      createdAt: toIso(createdAtMs),
      changedAt: toIso(changedAtMs),
    }));
    response.json({ secrets });
  });
  // Bytes first: a parser's error would repeat a piece of what was sent.
  const body = express.raw({ type: () => true, limit: BODY_LIMIT });
  register(app, guard, 'PUT /api/secrets/:reference', body, async (request, response) => {
    const { reference } = request.params;
    const value = valueIn(request.body);
    if (typeof reference !== 'string' || !isSecretReference(reference)) return sendProblem(response, 'secret.name');
    if (value === undefined || value.byteLength === 0 || value.byteLength > MOST_SECRET_BYTES)
      return sendProblem(response, 'secret.value');
    await store().put(reference, value);
    response.status(204).end();
  });
}

function valueIn(body: unknown): Uint8Array | undefined {
  if (!Buffer.isBuffer(body)) return undefined;
  try {
    const { value, encoding = 'text' } = JSON.parse(body.toString('utf8')) as { value?: unknown; encoding?: unknown };
    if (typeof value !== 'string' || typeof encoding !== 'string' || !Object.hasOwn(ENCODINGS, encoding))
      return undefined;
    return ENCODINGS[encoding]?.(value);
  } catch {
    return undefined; // What the parser says repeats what it read.
  }
}
