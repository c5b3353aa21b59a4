/**
 * The same suites seen from the root, because V8's coverage only counts files below jest's root folder. Compiled files are measured and
 * their source maps lead back to the .ts files; what no test loads counts as not covered. Processes that a test starts are not counted.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import base from './jest.config.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GENERATED = ['openapi/ngsi-ld-client', 'openapi/quantumleap-client'];
const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const measured = workspaces.filter(
  (folder) => folder !== 'tests' && !GENERATED.includes(folder) && existsSync(join(ROOT, folder, 'dist')),
);

/** By source, so that what an older build left behind is not asked for a source that is gone. */
function compiledFilesOf(folder) {
  const source = join(ROOT, folder, 'src');
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.ts$/.test(entry.name))
    .map((entry) => relative(source, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .map((name) => `${folder}/dist/${name.replace(/\.ts$/, '.js')}`);
}

export default {
  ...base,
  rootDir: ROOT,
  // A realm for each file: jest measures only what its own runtime loaded.
  runtime: undefined,
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/tests/dist/support/few-runs.js'],
  roots: ['tests', ...measured].map((folder) => `<rootDir>/${folder}/dist`),
  testMatch: ['<rootDir>/tests/dist/{unit,contract}/**/*.test.js'],
  collectCoverageFrom: measured.flatMap(compiledFilesOf),
  coverageDirectory: '<rootDir>/coverage',
  coverageReporters: ['text-summary', 'json-summary', 'lcovonly', 'html'],
};
