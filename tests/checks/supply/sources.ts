/** What can be read of us: the files of the working tree, and every version of every file that the history holds. */

import { execFileSync, spawn } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Source } from './secret-scan.js';

const MOST_OUTPUT = 256 * 2 ** 20;
/** Git's own guess: a file with a zero byte near its beginning is not text. */
const LOOK_BYTES = 8_000;

function git(folder: string, ...words: readonly string[]): string {
  return execFileSync('git', ['-C', folder, ...words], {
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

export function hasHistory(folder: string): boolean {
  try {
    return git(folder, 'rev-parse', '--is-inside-work-tree').trim() === 'true';
  } catch {
    return false; // No git, or no repository: the caller says so.
  }
}

/** Tracked files and new ones that nothing ignores. */
export function* filesOfTree(folder: string): Iterable<Source> {
  for (const path of git(folder, 'ls-files', '-z', '-co', '--exclude-standard').split('\0')) {
    if (path === '' || !lstatSync(join(folder, path), { throwIfNoEntry: false })?.isFile()) continue;
    const bytes = readFileSync(join(folder, path));
    if (isText(bytes)) yield { path, text: bytes.toString('utf8') };
  }
}

/** Each content once, with the path it first had, of everything that HEAD stands on. */
export async function* filesOfHistory(folder: string): AsyncIterable<Source> {
  const objects = git(folder, 'rev-list', '--objects', 'HEAD').split('\n');
  const paths = new Map(
    objects.flatMap((line) => (line.includes(' ') ? [line.split(/ (.*)/s).slice(0, 2) as [string, string]] : [])),
  );
  const reader = spawn('git', ['-C', folder, 'cat-file', '--batch'], { stdio: ['pipe', 'pipe', 'ignore'] });
  reader.stdin.end(`${[...paths.keys()].join('\n')}\n`);
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of reader.stdout) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    for (let next = takeObject(rest); next !== undefined; next = takeObject(rest)) {
      rest = next.rest;
      if (next.kind === 'blob' && isText(next.bytes))
        yield { path: paths.get(next.id) ?? '', text: next.bytes.toString('utf8') };
    }
  }
}

/** `<id> <kind> <size>\n<bytes>\n`; undefined when it has not come as a whole yet. */
function takeObject(bytes: Buffer): { id: string; kind: string; bytes: Buffer; rest: Buffer } | undefined {
  const end = bytes.indexOf(0x0a);
  if (end === -1) return undefined;
  const [id = '', kind = '', size = ''] = bytes.subarray(0, end).toString('latin1').split(' ');
  const from = end + 1;
  const until = from + Number(size);
  if (bytes.length <= until) return undefined;
  return { id, kind, bytes: bytes.subarray(from, until), rest: bytes.subarray(until + 1) };
}

export function messagesOfHistory(folder: string): Source {
  return { path: 'commit messages', text: git(folder, 'log', '--format=%B') };
}

function isText(bytes: Buffer): boolean {
  return !bytes.subarray(0, LOOK_BYTES).includes(0);
}
