/**
 * The built dashboard, served from a list made by looking into its folder: a name that is not on the list does not exist,
 * so there is no path to walk out of. Files with a hash in their name never change and may be kept for ever.
 */

import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

export interface AppFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
  readonly isForever: boolean;
  /** Packed on first use, kept: the list is small and changes only with a build. */
  packed(): Promise<Buffer | undefined>;
}

export interface AppFiles {
  /** By path as in the address, '/index.html'. */
  get(path: string): AppFile | undefined;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
const PACKABLE: ReadonlySet<string> = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);
/** Below it the header of the packing weighs as much as what it saves. */
const PACK_FROM_BYTES = 1_024;
/** A dashboard, not a disk: more than this is a wrong folder. */
const FILES_LIMIT = 1_000;
const BYTES_LIMIT = 32 * 1024 * 1024;
/** Vite writes name-8letters.ext into /assets. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.\w+$/;

/** `undefined` when there is no index.html: the app is not built. */
export async function readAppFiles(folder: string): Promise<AppFiles | undefined> {
  const names = await listFiles(folder);
  const files = new Map<string, AppFile>();
  let bytesLeft = BYTES_LIMIT;
  for (const name of names.slice(0, FILES_LIMIT)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const bytes = await readFile(name);
    bytesLeft -= bytes.length;
    if (bytesLeft < 0) break;
    const path = `/${relative(folder, name).split(sep).join('/')}`;
    files.set(path, toAppFile(path, type, bytes));
  }
  return files.has('/index.html') ? { get: (path) => files.get(path) } : undefined;
}

/** Changes with every build; `undefined` when there is none. */
export async function buildStamp(folder: string): Promise<number | undefined> {
  try {
    return (await stat(join(folder, 'index.html'))).mtimeMs;
  } catch {
    return undefined; // Not there, or not for us to read: either way there is no app.
  }
}

async function listFiles(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  } catch {
    return []; // Same reason as above.
  }
}

function toAppFile(path: string, type: string, bytes: Buffer): AppFile {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
  const isPackable = PACKABLE.has(extname(path)) && bytes.length >= PACK_FROM_BYTES;
  let packed: Promise<Buffer> | undefined;
  return {
    type,
    bytes,
    etag,
    isForever: HASHED.test(path),
    async packed() {
      if (!isPackable) return undefined;
      packed ??= promisify(gzip)(bytes, { level: 9 });
      return packed;
    },
  };
}
