/** Our OpenAPI documents and what was generated from them. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const CLIENTS = [
  ['openapi/ngsi-ld.yaml', 'openapi/ngsi-ld-client'],
  ['openapi/quantumleap.yaml', 'openapi/quantumleap-client'],
] as const;

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe.each(CLIENTS)('%s', (document, client) => {
  const text = read(document);
  const generated = read(`${client}/src/api.ts`);
  it('is OpenAPI 3.0.3, which the generator reads', () => expect(text.startsWith('openapi: 3.0.3\n')).toBe(true));
  it('spells its media types right', () => {
    const types = [...text.matchAll(/\b(?:application|text)\/[a-z+.-]+/g)].map(([type]) => type);
    const known = [
      'application/json',
      'application/ld+json',
      'application/geo+json',
      'application/problem+json',
      'text/plain',
    ];
    expect([...new Set(types)].filter((type) => !known.includes(type))).toEqual([]);
  });
  it('refers to components that exist', () => {
    const references = [...text.matchAll(/'#\/components\/(\w+)\/(\w+)'/g)].map(([, kind, name]) => `${kind}/${name}`);
    const missing = [...new Set(references)].filter((one) => {
      const [kind, name] = one.split('/');
      const chapter = text.slice(text.indexOf(`\n  ${kind}:\n`));
      return !chapter.includes(`\n    ${name}:`);
    });
    expect(missing).toEqual([]);
  });
  it('has a function for each operation', () => {
    const operations = [...text.matchAll(/operationId: (\w+)/g)].map(([, name]) => name);
    expect(new Set(operations).size).toBe(operations.length);
    expect(operations.filter((name) => !generated.includes(`public ${name}(`))).toEqual([]);
  });
});

describe('what browsers load', () => {
  const packages = ['openapi/ngsi-ld-client', 'openapi/quantumleap-client', 'openapi/history-query', 'orion-config'];
  const files = packages.flatMap((folder) =>
    (readdirSync(join(ROOT, folder, 'dist'), { recursive: true }) as string[])
      .filter((file) => file.endsWith('.js'))
      .map((file) => `${folder}/dist/${file}`),
  );
  it.each(files.filter((file) => !file.endsWith('agents-node.js')))('%s needs nothing of Node', (file) => {
    const imports = [...read(file).matchAll(/(?:from|import) ['"]([^'"]+)['"]/g)].map(
      ([, specifier]) => specifier ?? '',
    );
    expect(
      imports.filter((one) => one.startsWith('node:') || ['url', 'http', 'https', '@contor/kit'].includes(one)),
    ).toEqual([]);
  });
  it('is told to use its own connections', () => {
    const { imports } = JSON.parse(read('openapi/history-query/package.json')) as {
      imports: Record<string, Record<string, string>>;
    };
    expect(Object.entries(imports['#agents'] ?? {})).toEqual([
      ['browser', './dist/agents-browser.js'],
      ['default', './dist/agents-node.js'],
    ]);
  });
});

// Generating needs Java and, the first time, a download: only who asks for it gets it.
const isAsked = process.env.CONTOR_GENERATE === '1';
describe('generating again', () => {
  (isAsked ? it : it.skip)(
    `makes what is committed${isAsked ? '' : ' (set CONTOR_GENERATE=1; needs Java 11 or newer)'}`,
    () => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/generate.mjs'), '--check'], {
        encoding: 'utf8',
      });
      expect({ status, stderr, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining('unchanged') });
    },
    300_000,
  );
});
