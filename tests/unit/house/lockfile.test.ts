/** `npm ci --ignore-scripts` from the lockfile is enough on every platform: each optional binary of every platform is listed. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  fetched,
  installScripts,
  type Lockfile,
  looseDigests,
  missingBinaries,
  otherSources,
} from '../../support/lockfile.js';
import { ROOT } from '../../support/root.js';

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;

describe('the lockfile', () => {
  it('lists every optional binary of every platform', () => expect(missingBinaries(packages)).toEqual([]));
  it('would be caught if it did not', () => {
    const [path] = fetched(packages).find(([name]) => name.includes('@duckdb/node-bindings-')) ?? [];
    const { [path ?? '']: _, ...rest } = packages;
    expect(missingBinaries(rest)).toHaveLength(1);
  });
  it('pins every package by a sha512 digest', () => expect(looseDigests(packages)).toEqual([]));
  it('names no registry host and no other source', () => expect(otherSources(packages)).toEqual([]));
  it('needs no install script', () => expect(installScripts(packages)).toEqual([]));
});

describe('the manifests', () => {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { workspaces: string[] };
  it.each(['.', ...workspaces])('%s pins exact versions', (folder) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string> | undefined
    >;
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
    const loose = Object.entries(wanted).filter(
      ([, version]) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version),
    );
    expect(loose).toEqual([]);
  });
});
