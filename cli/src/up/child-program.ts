/** Which file a child runs: the bundle when it was made of this very build, else the compiled modules themselves. */

import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILED = fileURLToPath(new URL('./child.js', import.meta.url));
const BUNDLED = fileURLToPath(new URL('../../bundle/child.js', import.meta.url));

export function childProgram(bundled: string = BUNDLED, compiled: string = COMPILED): string {
  return isOfThisBuild(dirname(bundled)) ? bundled : compiled;
}

function isOfThisBuild(folder: string): boolean {
  try {
    const madeOf = JSON.parse(readFileSync(join(folder, 'made-of.json'), 'utf8')) as Readonly<Record<string, number>>;
    return Object.entries(madeOf).every(([path, mtimeMs]) => statSync(join(folder, path)).mtimeMs === mtimeMs);
  } catch {
    // No bundle, or a build beside it is gone: the compiled modules say what is missing.
    return false;
  }
}
