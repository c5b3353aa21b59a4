/**
 * The same tree in another folder, without a network, becomes the same bytes: then a release can be made again by whoever doubts it. Built twice
 * from what is committed, with what is installed, and compared file by file.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';

const OUTPUTS: ReadonlySet<string> = new Set(['dist', 'dist-web', 'bundle']);
/** They hold times on purpose: what a build was made of, so that the next one need not be. */
const NOT_OUTPUT: ReadonlySet<string> = new Set(['.tsbuildinfo', 'made-of.json']);

export interface Rebuilt {
  readonly files: number;
  readonly differing: readonly string[];
  /** False where the system has no network namespaces to take the network away. */
  readonly isOffline: boolean;
}

export function rebuildTwice(root: string): Rebuilt {
  const isOffline = spawnSync('unshare', ['-rn', 'true']).status === 0;
  const [first, second] = ['a', 'b-longer'].map((name) => buildIn(root, name, isOffline)) as [Digests, Digests];
  const names = new Set([...first.keys(), ...second.keys()]);
  const differing = [...names].filter((name) => first.get(name) !== second.get(name));
  return { files: names.size, differing, isOffline };
}

type Digests = ReadonlyMap<string, string>;

function buildIn(root: string, name: string, isOffline: boolean): Digests {
  const home = mkdtempSync(join(tmpdir(), 'contor-rebuild-'));
  const folder = join(home, name);
  try {
    mkdirSync(folder);
    const tree = execFileSync('git', ['-C', root, 'archive', 'HEAD'], { maxBuffer: 2 ** 30 });
    execFileSync('tar', ['-x', '-C', folder], { input: tree });
    // Links to the workspaces are relative, so they lead into the copy.
    cpSync(join(root, 'node_modules'), join(folder, 'node_modules'), { recursive: true, verbatimSymlinks: true });
    rmSync(join(folder, 'node_modules/.cache/contor'), { recursive: true, force: true });
    const build = [process.execPath, join(folder, 'node_modules/@typescript/native/bin/tsc'), '-b'];
    const pages = ['npm', 'run', '--silent', 'bundle', '--workspace', '@contor/app'];
    for (const [program = '', ...words] of [build, pages].map((line) =>
      isOffline ? ['unshare', '-rn', ...line] : line,
    ))
      execFileSync(program, words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    return digestsIn(folder);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function digestsIn(folder: string): Digests {
  const digests = new Map<string, string>();
  const walk = (at: string, isOutput: boolean): void => {
    for (const entry of readdirSync(at, { withFileTypes: true })) {
      const path = join(at, entry.name);
      if (entry.isDirectory() && entry.name !== 'node_modules') walk(path, isOutput || OUTPUTS.has(entry.name));
      else if (entry.isFile() && isOutput && !NOT_OUTPUT.has(entry.name))
        digests.set(
          relative(folder, path).split(sep).join('/'),
          createHash('sha256').update(readFileSync(path)).digest('hex'),
        );
    }
  };
  walk(folder, false);
  return digests;
}
