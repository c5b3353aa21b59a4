/** `npm ci --ignore-scripts` from the lockfile is enough on every platform: each optional binary of every platform is listed. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/root.js';

interface Entry {
  readonly version?: string;
  readonly link?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, Entry>>;

/** Install scripts that exist but are not needed: the binary itself comes as an optional package. */
const SCRIPTS_NOT_NEEDED = ['unrs-resolver'];

const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

function missingBinaries(packages: Packages): readonly string[] {
  const listed = new Set(Object.keys(packages).map(nameOf));
  return Object.entries(packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => !listed.has(name))
      .map((name) => `${nameOf(path)} ${entry.version}: ${name}`),
  );
}

const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Packages };
const installed = Object.entries(packages).filter(
  ([path, entry]) => path.includes('node_modules/') && entry.link !== true,
);

describe('the lockfile', () => {
  it('lists every optional binary of every platform', () => expect(missingBinaries(packages)).toEqual([]));
  it('would be caught if it did not', () => {
    const [path] = installed.find(([name]) => name.includes('@duckdb/node-bindings-')) ?? [];
    const { [path ?? '']: _, ...rest } = packages;
    expect(missingBinaries(rest)).toHaveLength(1);
  });
  it('pins every package by a sha512 digest', () => {
    const loose = installed.filter(([, entry]) => !entry.integrity?.startsWith('sha512-')).map(([path]) => path);
    expect(loose).toEqual([]);
  });
  it('names no registry host and no other source', () => {
    const sources = installed.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path);
    expect(sources).toEqual([]);
  });
  it('needs no install script', () => {
    const scripts = installed.filter(([, entry]) => entry.hasInstallScript === true).map(([path]) => nameOf(path));
    expect(scripts.filter((name) => !SCRIPTS_NOT_NEEDED.includes(name))).toEqual([]);
  });
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
