/**
 * The HTTP side of the agent: a request is answered with 200 when what it brought is on disk, and not before. Everything it may use is bounded:
 * the body, what is on its way at once, and how often one device may come. Who is over a bound is told when to come again.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Message } from '@contor/agent-kit';
import { type Clock, DiskFullError, isError, LogFullError, LogStoppedError } from '@contor/kit';
import { LONGEST_PAYLOAD } from '../codec/bounded-json.js';
import type { Sender } from '../transport/topics.js';
import { type HttpCredential, type HttpCredentials, maySpeakFor } from './credentials.js';
import { faultOf, splitHub } from './payload.js';
import { type Rate, RateLimit } from './rate.js';
import { type Asked, type Refused, readRequest, refused } from './request.js';

export interface HttpCommands {
  /** What waits for this device; it is given out once. */
  fetch(sender: Sender): Promise<Readonly<Record<string, unknown>>>;
  /** An answer of it. Durable when it resolves. */
  take(sender: Sender, bytes: Uint8Array): Promise<void>;
}

export interface HttpDoorOptions {
  readonly credentials: HttpCredentials;
  /** Resolves when the message is on disk. */
  readonly take: (message: Message) => Promise<void>;
  readonly commanding: HttpCommands;
  readonly clock: Clock;
  readonly rate: Rate;
  readonly onFatal: (error: Error) => void;
}

export interface HttpFigures {
  readonly httpFrames: number;
  readonly httpRefused: number;
  readonly httpOverloaded: number;
}

export interface HttpDoor {
  readonly listener: RequestListener;
  readonly figures: HttpFigures;
}

type Answer = { readonly kind: 'done'; readonly body?: string } | (Refused & { readonly retryAfterS?: number });

/** Group commit takes some milliseconds; more than this waiting means that the disk does not keep up. */
const MOST_IN_FLIGHT = 2_000;
/** Of bodies that are being read or written. */
const MOST_BYTES = 64 * 1024 * 1024;
const BUSY_S = 1;
/** With a full log or disk there is no hurry to be told the same again. */
const FULL_S = 15;
const TYPES = /^(application\/json|application\/ld\+json|text\/plain)(\s*;|\s*$)/i;

export function openHttpDoor(options: HttpDoorOptions): HttpDoor {
  const figures = { httpFrames: 0, httpRefused: 0, httpOverloaded: 0 };
  const load = { requests: 0, bytes: 0 };
  const rate = new RateLimit(options.rate);

  async function answerTo(request: IncomingMessage): Promise<Answer> {
    const asked = readRequest(request.method ?? '', request.url ?? '');
    if (asked.kind === 'refused') return asked;
    const who = options.credentials.find(asked.apiKey, request.headers.authorization);
    if (who === undefined || !mayAsk(who, asked))
      return refused(401, 'UNAUTHORIZED', 'This device is not known here, or by another password.');
    if (!rate.take(`${who.apiKey}/${who.username}`, options.clock.nowMs()))
      return {
        ...refused(429, 'TOO_MANY_REQUESTS', 'This device reports more often than it may.'),
        retryAfterS: BUSY_S,
      };
    if (asked.kind === 'poll') return { kind: 'done', body: await waitingFor(asked) };
    const bytes = asked.kind === 'measures' && asked.payload !== undefined ? asked.payload : await bodyOf(request);
    if ('kind' in bytes) return bytes;
    if (asked.kind === 'answer') return bounded(bytes, () => options.commanding.take(asked, bytes));
    const messages = messagesOf(asked, bytes, who);
    if ('kind' in messages) return messages;
    const stored = await bounded(bytes, async () => {
      await Promise.all(messages.map((message) => options.take(message)));
      figures.httpFrames += messages.length;
    });
    const isPolling = asked.kind === 'measures' && asked.isPolling && stored.kind === 'done';
    return isPolling ? { kind: 'done', body: await waitingFor(asked) } : stored;
  }

  /** Where nothing can be written down nothing is given out: it goes on waiting, and what the device brought counts all the same. */
  async function waitingFor(sender: Sender): Promise<string> {
    try {
      return JSON.stringify(await options.commanding.fetch(sender));
    } catch {
      return '{}';
    }
  }

  async function bodyOf(request: IncomingMessage): Promise<Uint8Array | Refused> {
    const { 'content-type': type = 'application/json', 'content-length': length = '0' } = request.headers;
    if (!TYPES.test(type)) return refused(415, 'UNSUPPORTED_TYPE', 'A payload is application/json or text/plain.');
    if (Number(length) > LONGEST_PAYLOAD) return tooLong();
    return readBody(request, load);
  }

  /** Done when it is on disk. */
  async function bounded(bytes: Uint8Array, store: () => Promise<void>): Promise<Answer> {
    load.bytes += bytes.length;
    try {
      await store();
      return { kind: 'done' };
    } catch (error) {
      if (error instanceof LogFullError || error instanceof DiskFullError) return overloaded(FULL_S);
      if (!(error instanceof LogStoppedError)) options.onFatal(isError(error) ? error : new Error(String(error)));
      return overloaded(BUSY_S);
    } finally {
      load.bytes -= bytes.length;
    }
  }

  const listener: RequestListener = (request, response) => {
    if (load.requests >= MOST_IN_FLIGHT || load.bytes >= MOST_BYTES) {
      figures.httpOverloaded += 1;
      write(request, response, overloaded(BUSY_S));
      return;
    }
    load.requests += 1;
    answerTo(request)
      // A line that broke in the middle of a body has nobody to answer; nothing of it was stored.
      .catch((): Answer => refused(400, 'BAD_PAYLOAD', 'The payload broke off.'))
      .then((answer) => {
        load.requests -= 1;
        if (answer.kind === 'refused') figures[answer.status === 503 ? 'httpOverloaded' : 'httpRefused'] += 1;
        write(request, response, answer);
      });
  };
  return { listener, figures };
}

function mayAsk(who: HttpCredential, asked: Exclude<Asked, Refused>): boolean {
  // A hub's list is looked at for each device it names.
  return asked.kind === 'hub' ? who.speaksFor !== undefined : maySpeakFor(who, asked.deviceId);
}

function messagesOf(
  asked: Asked & { kind: 'measures' | 'hub' },
  bytes: Uint8Array,
  who: HttpCredential,
): readonly Message[] | Refused {
  const { apiKey, channel } = asked;
  if (asked.kind === 'measures') {
    const fault = faultOf(channel, bytes);
    if (fault !== undefined) return refused(400, 'BAD_PAYLOAD', `${fault.message} (${fault.code})`);
    return [{ apiKey, deviceId: asked.deviceId, channel, lane: asked.lane, bytes }];
  }
  const parts = splitHub(channel, bytes);
  if (parts.kind === 'garbage') {
    const { message, code, context } = parts.error;
    return refused(400, 'BAD_PAYLOAD', `${message} (${code}${context.deviceId ? `, device ${context.deviceId}` : ''})`);
  }
  const foreign = parts.value.find(({ deviceId }) => !maySpeakFor(who, deviceId));
  if (foreign !== undefined) return refused(403, 'FORBIDDEN', `This hub does not speak for ${foreign.deviceId}.`);
  return parts.value.map((part) => ({ apiKey, channel, lane: 'live', ...part }));
}

function readBody(request: IncomingMessage, load: { bytes: number }): Promise<Uint8Array | Refused> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise<Uint8Array | Refused>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      // What comes beyond the bound is read past, so that the answer finds somebody who listens.
      if (bytes > LONGEST_PAYLOAD) return;
      bytes += chunk.length;
      load.bytes += chunk.length;
      chunks.push(chunk);
      if (bytes > LONGEST_PAYLOAD) resolve(tooLong());
    });
    request.once('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.once('error', reject);
    request.once('close', () => reject(new Error('the line broke')));
  }).finally(() => {
    load.bytes -= bytes;
  });
}

function tooLong(): Refused {
  return refused(413, 'BAD_PAYLOAD', `A payload has at most ${LONGEST_PAYLOAD} bytes.`);
}

function overloaded(retryAfterS: number): Answer {
  return { ...refused(503, 'OVERLOADED', 'Not stored: come again later.'), retryAfterS };
}

function write(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  if (answer.kind === 'done') {
    response.writeHead(200, answer.body === undefined ? EMPTY : { 'Content-Type': 'application/json' });
    response.end(answer.body);
    return;
  }
  const { status, name, message, retryAfterS } = answer;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    ...(retryAfterS !== undefined && { 'Retry-After': String(retryAfterS) }),
    ...(status === 401 && { 'WWW-Authenticate': 'Basic realm="contor"' }),
    // What was not read to its end would be taken for the next request.
    ...(!request.complete && { Connection: 'close' }),
  });
  response.end(JSON.stringify({ name, message }));
}

const EMPTY = { 'Content-Length': '0' } as const;
