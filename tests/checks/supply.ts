/**
 * `npm run check:supply [-- --full]`: what the platform is built of (T33) is what was reviewed, under licences we may use, from the registry
 * alone, and nothing secret stands in the tree or in its history. Each rule has a mutant that it must catch. The full form builds the tree
 * twice, offline, and compares the bytes. `-- --write` puts the list of components anew after a change of dependencies.
 */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFlags } from '../support/arguments.js';
import {
  fetched,
  foreignRanges,
  installScripts,
  type LockEntry,
  type Lockfile,
  looseDigests,
  missingBinaries,
  nameOf,
  otherSources,
  type Packages,
  strayLinks,
} from '../support/lockfile.js';
import { ROOT } from '../support/root.js';
import { Tally } from '../support/tally.js';
import { type Bill, billFaults, componentLines, differences } from './supply/components.js';
import { KNOWN } from './supply/known.js';
import { contradictions, idleRows, licenceFaults, readLicenceTable } from './supply/licences.js';
import { rebuildTwice } from './supply/rebuild.js';
import { type Finding, findSecrets } from './supply/secret-scan.js';
import { filesOfHistory, filesOfTree, hasHistory, messagesOfHistory } from './supply/sources.js';

const COMPONENTS = join(ROOT, 'docs/components.txt');
/** What runs at a customer. A number, so that growth is a line in a review too. */
const MOST_SHIPPED = 330;

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const json = <T>(path: string): T => JSON.parse(read(path)) as T;
const tally = new Tally();
const figures: Record<string, number> = {};

/** No fault as it is, and one at least as the mutant is. */
async function rule(
  name: string,
  faultsOf: () => readonly string[],
  mutants: Readonly<Record<string, () => readonly string[]>>,
) {
  await tally.check(name, () => {
    const faults = faultsOf();
    if (faults.length > 0) throw new Error(`${faults.length} faults:\n      ${faults.slice(0, 20).join('\n      ')}`);
    for (const [mutant, found] of Object.entries(mutants))
      if (found().length === 0) throw new Error(`the mutant "${mutant}" was not caught`);
  });
}

const lock = json<Lockfile>('package-lock.json');
const { packages } = lock;
const { workspaces } = json<{ workspaces: string[] }>('package.json');
const table = readLicenceTable(read('docs/dependencies.md'));
const [somePath = '', someEntry = {}] = fetched(packages).find(([path]) => nameOf(path) === 'fastify') ?? [];
const withSome = (change: Partial<LockEntry>): Packages => ({ ...packages, [somePath]: { ...someEntry, ...change } });
const without = (path: string): Packages =>
  Object.fromEntries(Object.entries(packages).filter(([name]) => name !== path));
const binary = fetched(packages).find(([path]) => path.includes('@duckdb/node-bindings-'))?.[0] ?? '';
figures.packages = fetched(packages).length;

if (process.argv.includes('--write')) writeFileSync(COMPONENTS, `${componentLines(packages).join('\n')}\n`);

await rule('lockfile: every package has a sha512 digest', () => looseDigests(packages), {
  'no digest': () => looseDigests({ ...packages, [somePath]: { version: '1.0.0' } }),
  sha1: () => looseDigests(withSome({ integrity: `sha1-${Buffer.alloc(20).toString('base64')}` })),
  'a digest cut short': () => looseDigests(withSome({ integrity: 'sha512-AAAA' })),
});
await rule('lockfile: the registry is the only source', () => [...otherSources(packages), ...foreignRanges(packages)], {
  'a host': () => otherSources(withSome({ resolved: 'https://evil.example/x.tgz' })),
  bundled: () => otherSources(withSome({ inBundle: true })),
  git: () => foreignRanges(withSome({ dependencies: { x: 'git+https://evil.example/x.git' } })),
  http: () => foreignRanges(withSome({ dependencies: { x: 'http://evil.example/x.tgz' } })),
  'a repository': () => foreignRanges(withSome({ optionalDependencies: { x: 'evil/x#main' } })),
  'a folder': () => foreignRanges(withSome({ dependencies: { x: 'file:../x' } })),
});
await rule('lockfile: links lead to the workspaces', () => strayLinks(packages, workspaces), {
  'a link outside': () => strayLinks({ ...packages, 'node_modules/x': { link: true, resolved: '../x' } }, workspaces),
});
await rule('lockfile: the binaries of every platform are there', () => missingBinaries(packages), {
  'one platform less': () => missingBinaries(without(binary)),
});
await rule(
  'install scripts: none but the list, none runs',
  () => [...installScripts(packages), ...scriptsThatRun(read('.npmrc'))],
  {
    'a new one': () => installScripts(withSome({ hasInstallScript: true })),
    'npm would run them': () => scriptsThatRun('ignore-scripts=false\n'),
  },
);
await rule('install scripts: the lockfile knows those that are installed', () => untoldScripts(packages), {
  'one untold': () =>
    untoldScripts(
      Object.fromEntries(Object.entries(packages).map(([path, { hasInstallScript: _, ...entry }]) => [path, entry])),
      () => ({ postinstall: 'x' }),
    ),
});
await rule(
  'licences: all in the table of docs/dependencies.md, and what packages say themselves',
  () => [
    ...licenceFaults(packages, table),
    ...contradictions(packages, (path) => installedLicence(path)),
    ...idleRows(packages, table).map((licence) => `nobody uses ${licence}`),
  ],
  {
    unknown: () => licenceFaults(withSome({ license: 'SSPL-1.0' }), table),
    none: () => licenceFaults(withSome({ license: undefined as never }), table),
    'only for building, but shipped': () => licenceFaults(withSome({ license: 'MPL-2.0' }), table),
    'both of two': () => licenceFaults(withSome({ license: 'MIT AND GPL-3.0-only' }), table),
    'another than the package says': () =>
      contradictions(withSome({ license: 'ISC' }), (path) => installedLicence(path)),
  },
);
const reviewed = existsSync(COMPONENTS) ? readFileSync(COMPONENTS, 'utf8').trim().split('\n') : [];
figures.shipped = reviewed.filter((line) => line.includes('  shipped  ')).length;
await rule(
  'components: docs/components.txt is the lockfile (npm run check:supply -- --write after a change)',
  () => [
    ...differences(reviewed, componentLines(packages)),
    ...((figures.shipped ?? 0) > MOST_SHIPPED
      ? [`${figures.shipped} packages are shipped, more than ${MOST_SHIPPED}`]
      : []),
  ],
  {
    'another version': () => differences(reviewed, componentLines(withSome({ version: '0.0.1' }))),
    'one more': () =>
      differences(reviewed, componentLines({ ...packages, 'node_modules/x': { version: '1.0.0', license: 'MIT' } })),
    'one less': () => differences(reviewed, componentLines(without(somePath))),
  },
);

const own = new Set([
  ...workspaces.map((folder) => json<{ name: string }>(`${folder}/package.json`).name),
  'contor-platform',
]);
let bill: Bill = { components: [] };
await tally.check('bill of materials: npm sbom writes one', () => {
  const text = execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
    cwd: ROOT,
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  bill = JSON.parse(text.toString()) as Bill;
  figures.components = bill.components.length;
});
const withComponents = (edit: (all: Bill['components']) => Bill['components']): readonly string[] =>
  billFaults({ ...bill, components: edit(bill.components) }, packages, own);
const isSome = ({ purl = '' }: { readonly purl?: string }): boolean => purl.startsWith('pkg:npm/fastify@');
await rule('bill of materials: complete, with digests and licences', () => billFaults(bill, packages, own), {
  'one less': () => withComponents((all) => all.filter((component) => !isSome(component))),
  'one more': () => withComponents((all) => [...all, { purl: 'pkg:npm/x@1.0.0' }]),
  'another digest': () => withComponents((all) => all.map((each) => (isSome(each) ? { ...each, hashes: [] } : each))),
  'no licence': () => withComponents((all) => all.map((each) => (isSome(each) ? { ...each, licenses: [] } : each))),
});

await tally.check('secrets: none in the tree', () => {
  const found: Finding[] = [];
  figures.files = 0;
  for (const source of filesOfTree(ROOT)) {
    figures.files += 1;
    found.push(...unknownIn(source));
  }
  refuse(found);
});
if (hasHistory(ROOT))
  await tally.check('secrets: none in the history', async () => {
    const found = [...unknownIn(messagesOfHistory(ROOT))];
    figures.versions = 0;
    for await (const source of filesOfHistory(ROOT)) {
      figures.versions += 1;
      found.push(...unknownIn(source));
    }
    refuse(found);
  });
else console.log('skip  secrets: this is no repository, so there is no history to look at');

await tally.check('secrets: the control, one of each kind, is found', () => {
  for (const [kind, text] of Object.entries(planted()))
    if (findSecrets({ path: 'src/x.ts', text }).length === 0) throw new Error(`${kind} was not found`);
  for (const path of ['certs/gateway-key.pem', '.env', 'master-key', 'x.p12'])
    if (findSecrets({ path, text: '' }).length === 0) throw new Error(`the file ${path} was not found`);
});
await tally.check('secrets: the control, one that was committed and deleted, is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'contor-supply-'));
  try {
    const git = (...words: string[]) =>
      execFileSync('git', ['-C', folder, '-c', 'user.name=check', '-c', 'user.email=check@example.org', ...words], {
        stdio: 'ignore',
      });
    git('init', '-q');
    writeFileSync(join(folder, 'a.ts'), Object.values(planted()).join('\n'));
    git('add', '.');
    git('commit', '-q', '-m', 'one');
    writeFileSync(join(folder, 'a.ts'), 'nothing');
    git('commit', '-q', '-a', '-m', 'two');
    const inTree = [...filesOfTree(folder)].flatMap(unknownIn);
    if (inTree.length > 0) throw new Error('the tree was not clean');
    const inHistory: Finding[] = [];
    for await (const source of filesOfHistory(folder)) inHistory.push(...unknownIn(source));
    if (inHistory.length < Object.keys(planted()).length) throw new Error(`only ${inHistory.length} were found`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

if (readFlags(process.argv.slice(2)).full)
  await tally.check('rebuild: the same bytes in another folder, offline', () => {
    const { files, differing, isOffline } = rebuildTwice(ROOT);
    Object.assign(figures, {
      rebuiltFiles: files,
      rebuiltDiffering: differing.length,
      rebuiltOffline: isOffline ? 1 : 0,
    });
    if (files < 500) throw new Error(`only ${files} files were built`);
    if (differing.length > 0) throw new Error(`${differing.length} differ: ${differing.slice(0, 10).join(', ')}`);
  });

console.log(JSON.stringify({ check: 'supply', ...figures }));
tally.end();

function scriptsThatRun(npmrc: string): readonly string[] {
  return /^ignore-scripts=true$/m.test(npmrc) ? [] : ['.npmrc does not say ignore-scripts=true'];
}

interface Manifest {
  readonly license?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
}

function installed(path: string): Manifest | undefined {
  const file = join(ROOT, path, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Manifest) : undefined;
}

function installedLicence(path: string): string | undefined {
  const licence = installed(path)?.license;
  return typeof licence === 'string' ? licence : undefined;
}

function untoldScripts(all: Packages, scriptsOf = (path: string) => installed(path)?.scripts ?? {}): readonly string[] {
  return fetched(all).flatMap(([path, { hasInstallScript }]) => {
    const isThere = ['preinstall', 'install', 'postinstall'].some((name) => name in scriptsOf(path));
    return isThere && hasInstallScript !== true ? [path] : [];
  });
}

function unknownIn(source: { readonly path: string; readonly text: string }): readonly Finding[] {
  return findSecrets(source).filter(({ id, path }) => !KNOWN.some((row) => row.id === id && row.path.test(path)));
}

function refuse(found: readonly Finding[]): void {
  const lines = found.map(({ path, rule: name, hint, id }) => `${name} in ${path}: ${hint} (${id})`);
  if (lines.length > 0)
    throw new Error(`${lines.length} found:\n      ${[...new Set(lines)].slice(0, 20).join('\n      ')}`);
}

/** Made up as this runs, so that this file does not hold what it looks for. */
function planted(): Readonly<Record<string, string>> {
  const letters = Array.from({ length: 62 }, (_, at) =>
    String.fromCharCode(at < 10 ? 48 + at : at < 36 ? 55 + at : 61 + at),
  );
  const noise = (length: number): string => Array.from({ length }, (_, at) => letters[(at * 37 + 11) % 62]).join('');
  return {
    'a private key': `-----BEGIN PRIVATE KEY-----\n${noise(64)}\n${noise(64)}\n-----END PRIVATE KEY-----`,
    'a master key': `contor-key-${noise(43)}`,
    'an AWS key': `AKIA${'QWERTYUIOPASDFGH'}`,
    'a GitHub token': `ghp_${noise(36)}`,
    'an npm token': `npm_${noise(36)}`,
    'a signed token': `eyJ${noise(20)}.eyJ${noise(30)}.${noise(43)}`,
    'a URL with a password': `amqp://meter:${noise(12)}@broker.city/x`,
    'a long random word': `const x = '${noise(44)}';`,
    'a password by name': `const password = '${noise(14)}';`,
    'a key in hexadecimal by name': `{ "meterSecret": "${Buffer.from(noise(16)).toString('hex')}" }`,
  };
}
