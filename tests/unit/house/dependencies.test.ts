/** Every dependency has its reason: a row in docs/dependencies.md, and no row without a dependency. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/root.js';

type Manifest = Readonly<Record<string, Readonly<Record<string, string>> | undefined>> & { readonly name: string };

const read = (folder: string) => JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as Manifest;
const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { workspaces: string[] };
const manifests = ['.', ...workspaces].map(read);
const own = new Set(manifests.map(({ name }) => name));
const used = new Set(
  manifests.flatMap(({ dependencies, devDependencies }) => Object.keys({ ...dependencies, ...devDependencies })),
);
const page = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));
const named = new Set(
  rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name)),
);

describe('docs/dependencies.md', () => {
  it('gives a reason for every dependency', () =>
    expect([...used].filter((name) => !own.has(name) && !named.has(name))).toEqual([]));
  it('names nothing that is gone', () => expect([...named].filter((name) => !used.has(name ?? ''))).toEqual([]));
});
