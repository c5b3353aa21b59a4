/**
 * The launcher's children as a few dozen files instead of hundreds for each: the same compiled code, but Node opens and resolves far less, which
 * halves the time to the first live value. `made-of.json` says which build it was made of, so that a newer build is never hidden by it.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const FOLDER = 'cli/bundle';

export async function bundle(root) {
  const { rolldown } = await import('rolldown');
  const output = join(root, FOLDER);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output, { recursive: true });
  const build = await rolldown({
    input: {
      child: join(root, 'cli/dist/up/child.js'),
      // Loaded by its address beside the code that starts it (embedded/history, worker/client.ts).
      worker: join(root, 'embedded/history/dist/worker/worker.js'),
    },
    platform: 'node',
    // The first finds its native library by its own place on disk; the second is loaded only where a database is shared, and looks for companions nobody installed.
    external: [/^@duckdb\//, 'mongodb'],
    logLevel: 'silent',
  });
  await build.write({ dir: output, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
  await build.close();
  writeFileSync(join(output, 'made-of.json'), JSON.stringify(buildInfos(root, output), undefined, 1));
}

/** The compiler's note of each package, relative to the bundle, with its time: it is rewritten whenever a package is built anew. */
function buildInfos(root, from) {
  const { workspaces } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return Object.fromEntries(
    workspaces
      .filter((workspace) => workspace !== 'tests' && readdirSync(join(root, workspace)).includes('dist'))
      .map((workspace) => join(root, workspace, 'dist/.tsbuildinfo'))
      .map((path) => [relative(from, path), statSync(path).mtimeMs]),
  );
}
