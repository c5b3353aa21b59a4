/** The app for every address that is not ours: a file when there is one, otherwise the first page, which knows its way. */

import { extname } from 'node:path';
import type { Clock } from '@contor/kit';
import type { Request, RequestHandler, Response } from 'express';
import { sendMessagePage } from '../pages/page.js';
import { type AppFile, type AppFiles, buildStamp, readAppFiles } from './files.js';

/** How often we look whether somebody has built the app anew. */
const LOOK_EVERY_MS = 2_000;
const FOREVER = 'public, max-age=31536000, immutable';
/** Kept, but asked about each time. */
const ASK_FIRST = 'no-cache';

export function serveApp(folder: string | undefined, clock: Clock): RequestHandler {
  const current = folder === undefined ? async () => undefined : createLookout(folder, clock);
  return async (request, response) => {
    const files = await current();
    if (files === undefined) return sendMessagePage(request, response, 'notBuilt');
    const file = files.get(request.path) ?? firstPage(files, request.path);
    if (file === undefined) return sendMessagePage(request, response, 'notFound');
    await send(request, response, file);
  };
}

/** An address with an extension is a file that is gone, for instance of the build before; a page would only confuse. */
function firstPage(files: AppFiles, path: string): AppFile | undefined {
  const isFile = path.startsWith('/assets/') || FILE_EXTENSIONS.has(extname(path));
  return isFile ? undefined : files.get('/index.html');
}

const FILE_EXTENSIONS: ReadonlySet<string> = new Set([
  ...['.js', '.css', '.map', '.json', '.html', '.txt', '.xml'],
  ...['.png', '.svg', '.ico', '.webp', '.woff2', '.php', '.env'],
]);

function createLookout(folder: string, clock: Clock): () => Promise<AppFiles | undefined> {
  let stamp: number | undefined;
  let lookAgainAtMs = Number.NEGATIVE_INFINITY;
  let files: Promise<AppFiles | undefined> = Promise.resolve(undefined);

  async function look(before: Promise<AppFiles | undefined>): Promise<AppFiles | undefined> {
    const newest = await buildStamp(folder);
    if (newest === stamp) return before;
    const found = await readAppFiles(folder);
    stamp = newest;
    return found;
  }

  return () => {
    if (clock.monotonicMs() < lookAgainAtMs) return files;
    lookAgainAtMs = clock.monotonicMs() + LOOK_EVERY_MS;
    const before = files;
    // A build that is being written while we read: what we had is still right, and the next look is soon.
    files = look(before).catch(() => before);
    return files;
  };
}

async function send(request: Request, response: Response, file: AppFile): Promise<void> {
  response.set('Cache-Control', file.isForever ? FOREVER : ASK_FIRST);
  response.set('ETag', file.etag);
  response.vary('Accept-Encoding');
  if (request.get('if-none-match') === file.etag) return void response.status(304).end();
  const packed = request.acceptsEncodings('gzip') === 'gzip' ? await file.packed() : undefined;
  if (packed !== undefined) response.set('Content-Encoding', 'gzip');
  response.type(file.type).send(packed ?? file.bytes);
}
