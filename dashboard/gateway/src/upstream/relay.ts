/**
 * An answer of broker or history as it streams in, for those who may see all of it. A small one goes out in one piece with its headers, a
 * large one at the pace of both lines; nobody holds it in memory.
 */

import type { IncomingMessage } from 'node:http';
import type { Response } from 'express';
import { Cancellation, type Question, type Upstream, UpstreamError } from './upstream.js';

/** What a browser needs of the other side's headers. Their caching, cookies and server names stay there. */
const PASSED_HEADERS = [
  'content-type',
  'content-length',
  'content-encoding',
  'ngsild-results-count',
  'fiware-total-count',
];
/** One write for most answers. */
const HELD_BYTES = 64 * 1024;

/** `linkOf` makes of their Link header what is right for our paths. */
export async function relay(
  upstream: Upstream,
  question: Question,
  response: Response,
  linkOf: (link: string | undefined) => string | undefined = () => undefined,
): Promise<void> {
  const cancellation = new Cancellation();
  // Closed before its end: the browser went away, and with it the question.
  response.once('close', () => {
    if (!response.writableFinished) cancellation.cancel();
  });
  try {
    const answer = await upstream.open({ ...question, cancellation });
    const fault = upstream.faultOf(answer);
    if (fault !== undefined) throw fault;
    for (const name of PASSED_HEADERS) {
      const value = answer.headers[name];
      if (value !== undefined) response.setHeader(name, value);
    }
    const link = answer.headers.link === undefined ? undefined : linkOf([answer.headers.link].flat().join(', '));
    if (link !== undefined) response.setHeader('Link', link);
    response.statusCode = answer.statusCode ?? 502;
    await passOn(answer, response);
  } catch (error) {
    if (cancellation.isCancelled) return;
    // A cut answer must not look like a complete one: whoever answers faults destroys what was begun.
    throw error instanceof UpstreamError ? error : new UpstreamError('upstream.failed', String(error));
  }
}

function passOn(answer: IncomingMessage, response: Response): Promise<void> {
  return new Promise((resolve, reject) => {
    const held: Buffer[] = [];
    let bytes = 0;
    const pass = (chunk: Buffer): void => {
      if (response.write(chunk)) return;
      answer.pause();
      response.once('drain', () => answer.resume());
    };
    const hold = (chunk: Buffer): void => {
      held.push(chunk);
      bytes += chunk.byteLength;
      if (bytes <= HELD_BYTES) return;
      answer.off('data', hold).on('data', pass);
      pass(Buffer.concat(held.splice(0)));
    };
    answer.on('data', hold);
    answer.once('end', () => {
      if (!answer.complete) return reject(new Error('The answer was cut.'));
      if (held.length === 1) response.end(held[0]);
      else if (held.length === 0) response.end();
      else response.end(Buffer.concat(held));
      resolve();
    });
    answer.once('error', reject);
    answer.once('close', () => (answer.complete ? undefined : reject(new Error('The answer was cut.'))));
  });
}
