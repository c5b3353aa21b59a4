/**
 * A check is worth what it catches: a copy of a compiled package with one line changed for the worse, beside the real one so that it finds the
 * same libraries. The copy is imported as if it were the package; the check must fail on it.
 */

import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './root.js';

export interface Mutation {
  /** Folder of the package, e.g. `embedded/identity`. */
  readonly folder: string;
  /** Compiled file below its `dist`. */
  readonly file: string;
  readonly find: string | RegExp;
  readonly replace: string;
}

export interface Mutant {
  /** Imports a compiled file of the copy. */
  load<Module>(file: string): Promise<Module>;
  remove(): Promise<void>;
}

export async function makeMutant({ folder, file, find, replace }: Mutation): Promise<Mutant> {
  const home = join(ROOT, 'coverage', 'mutants'); // Below the root, so that libraries are found; never in git.
  await mkdir(home, { recursive: true });
  const copy = await mkdtemp(join(home, 'm-'));
  await cp(join(ROOT, folder, 'dist'), join(copy, 'dist'), { recursive: true });
  await cp(join(ROOT, folder, 'package.json'), join(copy, 'package.json'));
  const path = join(copy, 'dist', file);
  const text = await readFile(path, 'utf8');
  const changed = text.replace(find, replace);
  if (changed === text)
    throw new Error(`${folder}/${file} has nothing like ${String(find)}: the mutation is out of date.`);
  await writeFile(path, changed);
  return {
    load: (name) => import(pathToFileURL(join(copy, 'dist', name)).href),
    remove: () => rm(copy, { recursive: true, force: true }),
  };
}
