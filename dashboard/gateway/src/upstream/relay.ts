/** An answer of broker or history as it streams in, for those who may see all of it. Nobody holds it in memory. */

import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { type Question, type Upstream, UpstreamError } from './upstream.js';

/** What a browser needs of the other side's headers. Their caching, cookies and server names stay there. */
const PASSED_HEADERS = [
  'content-type',
  'content-length',
  'content-encoding',
  'ngsild-results-count',
  'fiware-total-count',
];

/** `linkOf` makes of their Link header what is right for our paths. */
export async function relay(
  upstream: Upstream,
  question: Question,
  response: Response,
  linkOf: (link: string | undefined) => string | undefined = () => undefined,
): Promise<void> {
  const abort = new AbortController();
  response.once('close', () => abort.abort());
  try {
    const answer = await upstream.open({ ...question, signal: abort.signal });
    const fault = upstream.faultOf(answer);
    if (fault !== undefined) throw fault;
    for (const name of PASSED_HEADERS) {
      const value = answer.headers[name];
      if (value !== undefined) response.set(name, value);
    }
    const link = linkOf([answer.headers.link].flat().join(', '));
    if (link !== undefined) response.set('Link', link);
    response.status(answer.statusCode ?? 502);
    await pipeline(answer, response);
  } catch (error) {
    if (abort.signal.aborted) return; // The browser went away, and with it the question.
    // A cut answer must not look like a complete one: whoever answers faults destroys what was begun.
    throw error instanceof UpstreamError ? error : new UpstreamError('upstream.failed', String(error));
  }
}
