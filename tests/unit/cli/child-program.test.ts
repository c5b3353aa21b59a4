/** A bundle stands in for the compiled modules only while it was made of them. */

import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { childProgram } from 'contor/up/child-program.js';

let folder: string;
const bundled = () => join(folder, 'bundle', 'child.js');
const compiled = () => join(folder, 'dist', 'child.js');
const info = () => join(folder, 'dist', '.tsbuildinfo');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contor-bundle-'));
  for (const name of ['bundle', 'dist']) mkdirSync(join(folder, name));
  for (const path of [bundled(), compiled(), info()]) writeFileSync(path, '');
  const madeOf = { [join('..', 'dist', '.tsbuildinfo')]: statSync(info()).mtimeMs };
  writeFileSync(join(folder, 'bundle', 'made-of.json'), JSON.stringify(madeOf));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the program of a child', () => {
  it('is the bundle of this build', () => expect(childProgram(bundled(), compiled())).toBe(bundled()));
  it('is what was compiled since the bundle was made', () => {
    utimesSync(info(), new Date(), new Date(Date.now() + 5_000));
    expect(childProgram(bundled(), compiled())).toBe(compiled());
  });
  it('is what was compiled when a build or the bundle is gone', () => {
    rmSync(info());
    expect(childProgram(bundled(), compiled())).toBe(compiled());
    rmSync(join(folder, 'bundle'), { recursive: true });
    expect(childProgram(bundled(), compiled())).toBe(compiled());
  });
});
