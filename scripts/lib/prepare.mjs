/**
 * What every script does first: the right Node, the dependencies of the lockfile, a build that is not stale.
 * No imports outside Node itself: this file runs before anything is installed.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const STAMPS = join(ROOT, 'node_modules', '.cache', 'contor');
const ROOT_SOURCES = ['package.json', 'tsconfig.json', 'tsconfig.base.json'];
const OLDEST_NODE = [20, 19];
const SOURCE = /\.(ts|mts|vue|css|html|svg|json|woff2)$/;
/** If one of these is missing, somebody cleaned up. */
const OUTPUTS = ['cli/dist/index.js', 'cli/bundle/child.js', 'dashboard/app/dist-web/index.html'];
const NOT_SOURCE = new Set(['node_modules', 'dist', 'dist-web', 'bundle']);

export function requireNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  fail(
    `Contor needs Node ${OLDEST_NODE.join('.')} or newer; this is ${version}.`,
    'Install a current Node from nodejs.org (or with nvm, fnm, volta) and run the command again.',
  );
}

export async function ensureInstalled() {
  const wanted = digest([
    readFileSync(join(ROOT, 'package-lock.json')),
    `${process.platform} ${process.arch} ${process.versions.modules}`,
  ]);
  if (readStamp('install') === wanted) return;
  console.log('Installing dependencies from the lockfile (once) …');
  await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']);
  writeStamp('install', wanted);
}

/** `platform`: what `npm start` needs. `all`: with the tests and the type check of the pages. */
export async function ensureBuilt(scope) {
  const wanted = digest(buildInputs());
  const complete = OUTPUTS.every((path) => existsSync(join(ROOT, path)));
  if (complete && (readStamp('build-all') === wanted || readStamp(`build-${scope}`) === wanted)) return;
  console.log(scope === 'platform' ? 'Building …' : 'Building everything, tests included …');
  await run(process.execPath, [
    join(ROOT, 'node_modules/@typescript/native/bin/tsc'),
    '-b',
    ...(scope === 'platform' ? ['cli'] : []),
  ]);
  await npm(['run', '--silent', scope === 'platform' ? 'bundle' : 'build', '--workspace', '@contor/app']);
  await bundle(ROOT);
  writeStamp(`build-${scope}`, wanted);
}

export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
    child.on('error', (error) => fail(`Could not run ${command}: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (code === 0) return resolve();
      process.exitCode = code ?? 1;
      fail(`${[command, ...args].join(' ')} ended with ${signal ?? `code ${code}`}.`, 'The lines above say why.');
    });
  });
}

function npm(args) {
  const cli = process.env.npm_execpath;
  // Another package manager that runs us names itself there.
  if (cli !== undefined && /npm-cli\.[cm]?js$/.test(cli)) return run(process.execPath, [cli, ...args]);
  return run('npm', args, { shell: process.platform === 'win32' });
}

/** Only what belongs to the project: a data folder that a user keeps beside it changes every second. */
function buildInputs() {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return [
    ...ROOT_SOURCES.map((name) => stampOf(join(ROOT, name))),
    ...workspaces.flatMap((name) => sources(join(ROOT, name))),
  ];
}

function sources(directory) {
  const found = [];
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) {
      if (!NOT_SOURCE.has(entry.name)) found.push(...sources(path));
    } else if (SOURCE.test(entry.name)) {
      found.push(stampOf(path));
    }
  }
  return found;
}

function stampOf(path) {
  const { mtimeMs, size } = statSync(path);
  return `${path}:${mtimeMs}:${size}\n`;
}

function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

function readStamp(name) {
  const path = join(STAMPS, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function writeStamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  writeFileSync(join(STAMPS, name), value);
}

function fail(...lines) {
  for (const line of lines) console.error(line);
  process.exit(process.exitCode || 1);
}
