/**
 * `npm run generate`: our OpenAPI documents → the committed TypeScript clients, by openapi-generator (typescript-axios).
 * The generator is a Java archive that Maven fetches through your own configuration; its hash is pinned here.
 *
 *   node scripts/generate.mjs            writes openapi/<client>/src
 *   node scripts/generate.mjs --check    writes nothing, fails when the committed code is not what comes out
 *
 * OPENAPI_GENERATOR_JAR=<file> uses an archive you already have (same version, same hash).
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GENERATOR = {
  version: '7.17.0',
  sha256: '25d6bd8273dd2be99979d544b62ea43f0ce1975f1aa582678b5093d1e7fcfce8',
};
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';
const LEAST_JAVA = 11;

const CLIENTS = [
  { document: 'openapi/ngsi-ld.yaml', target: 'openapi/ngsi-ld-client/src' },
  { document: 'openapi/quantumleap.yaml', target: 'openapi/quantumleap-client/src' },
];

/** ESM needs the suffix; one object instead of twenty positional arguments needs the request parameter. */
const PROPERTIES = { importFileExtension: '.js', useSingleRequestParameter: true, supportsES6: true };
/** Names that read well in TypeScript; the wire keeps its own. */
const PARAMETER_NAMES = {
  'NGSILD-Tenant': 'tenant',
  'Fiware-Service': 'service',
  'Fiware-ServicePath': 'servicePath',
  'Fiware-TimeIndex-Attribute': 'timeIndexAttribute',
  Link: 'link',
  options: 'ngsiOptions',
};

class MissingTool extends Error {}

main();

function main() {
  const isCheck = process.argv.includes('--check');
  try {
    requireJava();
    const jar = generatorJar();
    const stale = CLIENTS.filter((client) => !update(jar, client, isCheck));
    if (stale.length > 0) {
      fail(
        `not what the generator makes of the documents: ${stale.map((client) => client.target).join(', ')}\nrun: npm run generate`,
      );
    }
  } catch (error) {
    if (!(error instanceof MissingTool)) throw error;
    fail(error.message);
  }
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

function requireJava() {
  const { stderr, error } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(stderr ?? '')?.[1]);
  if (error === undefined && version >= LEAST_JAVA) return;
  throw new MissingTool(
    `Generating the clients needs Java ${LEAST_JAVA} or newer (found: ${Number.isNaN(version) ? 'none' : version}).\n` +
      'Install it, for instance: apt-get install default-jre-headless | brew install openjdk | winget install EclipseAdoptium.Temurin.21.JRE\n' +
      'You do not need it to build or to run the platform: the generated clients are part of the repository.',
  );
}

function generatorJar() {
  const name = `openapi-generator-cli-${GENERATOR.version}.jar`;
  const given = process.env.OPENAPI_GENERATOR_JAR;
  const folder = join(ROOT, 'node_modules', '.cache', 'contor');
  const jar = given ?? join(folder, name);
  if (given === undefined && !existsSync(jar)) fetchJar(folder);
  if (!existsSync(jar)) throw new MissingTool(`There is no ${jar}.`);
  const hash = createHash('sha256').update(readFileSync(jar)).digest('hex');
  if (hash !== GENERATOR.sha256) {
    if (given === undefined) rmSync(jar);
    throw new MissingTool(`${jar} is not the archive we pinned.\nexpected ${GENERATOR.sha256}\nfound    ${hash}`);
  }
  return jar;
}

function fetchJar(folder) {
  mkdirSync(folder, { recursive: true });
  const artifact = `org.openapitools:openapi-generator-cli:${GENERATOR.version}`;
  console.error(`fetching ${artifact} with Maven`);
  const { error, status, stdout } = spawnSync(
    'mvn',
    ['-B', '-q', COPY_GOAL, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`],
    // On Windows mvn is a .cmd file, which only a shell can start.
    { encoding: 'utf8', shell: process.platform === 'win32' },
  );
  if (error === undefined && status === 0) return;
  throw new MissingTool(
    error === undefined
      ? `Maven could not fetch ${artifact}:\n${stdout}`
      : 'Fetching the generator needs Maven. Install it, for instance: apt-get install maven | brew install maven\n' +
          `or set OPENAPI_GENERATOR_JAR to ${artifact} as a file.`,
  );
}

/** True when the committed code already is what the generator makes, or now is. */
function update(jar, { document, target }, isCheck) {
  const made = generate(jar, document);
  const folder = join(ROOT, target);
  const present = existsSync(folder) ? readdirSync(folder) : [];
  const changed = [...made]
    .filter(([file, text]) => !present.includes(file) || read(folder, file) !== text)
    .map(([file]) => file);
  const gone = present.filter((file) => !made.has(file));
  console.log(`${target}: ${changed.length + gone.length === 0 ? 'unchanged' : [...changed, ...gone].join(', ')}`);
  if (isCheck) return changed.length + gone.length === 0;
  mkdirSync(folder, { recursive: true });
  for (const file of gone) rmSync(join(folder, file));
  for (const file of changed) writeFileSync(join(folder, file), made.get(file));
  return true;
}

/** Runs the generator in a folder of its own and keeps the TypeScript, not the shell scripts and papers around it. */
function generate(jar, document) {
  const output = mkdtempSync(join(tmpdir(), 'contor-generate-'));
  try {
    const { status, stdout, stderr } = spawnSync(
      'java',
      ['-jar', jar, 'generate', '-g', 'typescript-axios', '-i', join(ROOT, document), '-o', output]
        .concat('--additional-properties', pairs(PROPERTIES))
        .concat('--parameter-name-mappings', pairs(PARAMETER_NAMES)),
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    );
    if (status !== 0) throw new Error(`openapi-generator failed on ${document}:\n${stdout}\n${stderr}`);
    const files = readdirSync(output)
      .filter((file) => file.endsWith('.ts'))
      .sort();
    return new Map(files.map((file) => [file, read(output, file)]));
  } finally {
    rmSync(output, { recursive: true, force: true });
  }
}

/** Line ends do not depend on the machine. */
function read(folder, file) {
  return readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
}

function pairs(table) {
  return Object.entries(table)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
