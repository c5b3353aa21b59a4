/**
 * What every script does first, in a small project of its own: the real `prepare.mjs` with a compiler and an npm that only note that they
 * were called.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ROOT } from '../../support/root.js';

let project = '';

/** Each test starts several processes, and a busy machine takes its time for each. */
jest.setTimeout(60_000);

function put(path: string, text: string): void {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Notes its arguments, and makes what a build leaves behind. */
const NOTE = `
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n');
for (const file of ['cli/dist/index.js', 'cli/dist/.tsbuildinfo', 'dashboard/app/dist-web/index.html']) {
  mkdirSync(require('node:path').dirname(file), { recursive: true });
  writeFileSync(file, '');
}`;

/** A bundler that makes the file the launcher looks for. */
const BUNDLER = `
import { writeFileSync } from 'node:fs';
export const rolldown = async () => ({
  write: async ({ dir }) => writeFileSync(dir + '/child.js', ''),
  close: async () => undefined,
});`;

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'contor-scripts-'));
  cpSync(join(ROOT, 'scripts/lib'), join(project, 'scripts/lib'), { recursive: true });
  put('package.json', '{"type":"commonjs","workspaces":["kit","cli"]}');
  put('package-lock.json', '{}');
  put('tsconfig.json', '{}');
  put('tsconfig.base.json', '{}');
  put('kit/src/index.ts', 'export {};');
  put('cli/src/index.ts', 'export {};');
  put('node_modules/@typescript/native/bin/tsc', NOTE);
  put('npm-cli.js', NOTE);
  put('node_modules/rolldown/package.json', '{"type":"module","exports":"./index.js"}');
  put('node_modules/rolldown/index.js', BUNDLER);
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

function run(code: string): { status: number | null; stderr: string; calls: readonly string[] } {
  const prepare = pathToFileURL(join(project, 'scripts/lib/prepare.mjs')).href;
  rmSync(join(project, 'calls'), { force: true });
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `import * as prepare from '${prepare}'; ${code}`],
    { encoding: 'utf8', env: { ...process.env, npm_execpath: join(project, 'npm-cli.js') } },
  );
  const calls = existsSync(join(project, 'calls')) ? readFileSync(join(project, 'calls'), 'utf8') : '';
  return { status, stderr, calls: calls.split('\n').filter((line) => line !== '') };
}

const build = (scope = 'platform') => run(`await prepare.ensureBuilt('${scope}')`).calls;

describe('a build', () => {
  it('happens once, and again when a source changed, came or went', () => {
    expect(build()).toEqual(['-b cli', 'run --silent bundle --workspace @contor/app']);
    expect(build()).toEqual([]);
    put('kit/src/index.ts', 'export const changed = 1;');
    expect(build()).toHaveLength(2);
    put('kit/src/new.ts', 'export {};');
    expect(build()).toHaveLength(2);
    rmSync(join(project, 'kit/src/new.ts'));
    expect(build()).toHaveLength(2);
    expect(build()).toEqual([]);
  });

  it('notices a source of the same size by its time', () => {
    build();
    utimesSync(join(project, 'cli/src/index.ts'), 1, 1);
    expect(build()).toHaveLength(2);
  });

  it('notices the settings of the compiler', () => {
    build();
    put('tsconfig.base.json', '{"changed":1}');
    expect(build()).toHaveLength(2);
  });

  it('does not care for a data folder, for what was built, or for what is no source', () => {
    build();
    put('my-city/identity/manager.json', '{}');
    put('kit/dist/index.js', '');
    put('kit/node_modules/x/index.ts', '');
    put('cli/bundle/made-of.json', '{}');
    put('kit/notes.md', '');
    expect(build()).toEqual([]);
  });

  it.each(['cli/dist', 'cli/bundle', 'dashboard/app/dist-web'])('is made good when %s was removed', (path) => {
    build();
    rmSync(join(project, path), { recursive: true });
    expect(build()).toHaveLength(2);
    expect(build()).toEqual([]);
  });

  it('of everything serves the platform too, and not the other way round', () => {
    build();
    expect(build('all')).toEqual(['-b', 'run --silent build --workspace @contor/app']);
    expect(build('platform')).toEqual([]);
  });

  it('that fails ends the script with words, and is tried again', () => {
    put('node_modules/@typescript/native/bin/tsc', 'process.exit(3)');
    const failed = run(`await prepare.ensureBuilt('platform')`);
    expect(failed.status).toBe(3);
    expect(failed.stderr).toMatch(/ended with code 3\.\nThe lines above say why\./);
    put('node_modules/@typescript/native/bin/tsc', NOTE);
    expect(build()).toHaveLength(2);
  });
});

describe('an installation', () => {
  const install = () => run('await prepare.ensureInstalled()').calls;

  it('happens once for each lockfile', () => {
    expect(install()).toEqual(['ci --ignore-scripts --no-audit --no-fund']);
    expect(install()).toEqual([]);
    put('package-lock.json', '{"changed":1}');
    expect(install()).toHaveLength(1);
  });
});

describe('the oldest Node', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0', '100.0.0'])('%s is welcome', (version) => {
    expect(run(`prepare.requireNode('${version}')`).status).toBe(0);
  });

  it.each(['18.20.4', '20.18.3', '0.12.0'])('%s is refused with what to do', (version) => {
    const { status, stderr } = run(`prepare.requireNode('${version}')`);
    expect(status).toBe(1);
    expect(stderr).toContain(`Contor needs Node 20.19 or newer; this is ${version}.`);
    expect(stderr).toContain('nodejs.org');
  });
});
