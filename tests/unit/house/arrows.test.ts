/** The tree's own imports obey the house: down only, no circle between packages or between the files of one package. */

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Arrow, circles, faultsOf, importsOf } from '../../support/arrows.js';
import { ROOT } from '../../support/root.js';

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { workspaces: string[] };
const PACKAGES = manifest.workspaces.filter((folder) => folder !== 'tests');
const FOLDER_OF = new Map(
  PACKAGES.map((folder) => [
    (JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as { name: string }).name,
    folder,
  ]),
);

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|vue)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

function packageArrows(): readonly Arrow[] {
  return PACKAGES.flatMap((from) =>
    sourcesOf(from).flatMap((path) =>
      importsOf(readFileSync(path, 'utf8')).flatMap((target) => {
        const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
        const to = FOLDER_OF.get(name);
        return to === undefined ? [] : [{ from, to, file: relative(ROOT, path) }];
      }),
    ),
  );
}

function fileArrows(folder: string): readonly { from: string; to: string }[] {
  return sourcesOf(folder).flatMap((path) =>
    importsOf(readFileSync(path, 'utf8').replaceAll(/import type [^;]*;|export type [^;]*;/g, ''))
      .filter((target) => target.startsWith('.'))
      .map((target) => ({ from: path, to: normalize(join(dirname(path), target.replace(/\.js$/, '.ts'))) })),
  );
}

describe('the arrows of the house', () => {
  const arrows = packageArrows();

  it('are found at all', () => expect(arrows.length).toBeGreaterThan(20));
  it('point down, never up or sideways, never in a circle', () => expect(faultsOf(arrows)).toEqual([]));
  it.each(PACKAGES)('make no circle among the files of %s', (folder) => {
    const faults = circles(fileArrows(folder)).map((circle) =>
      circle.map((path) => relative(ROOT, path).split(sep).join('/')),
    );
    expect(faults).toEqual([]);
  });
  it('never go round to the front door of their own package', () => {
    const own = arrows.filter(({ from, to }) => from === to).map(({ file }) => file);
    expect(own).toEqual([]);
  });
});

describe('the rule itself', () => {
  it.each([
    ['upwards', { from: 'kit', to: 'embedded/broker', file: 'kit/src/x.ts' }],
    ['sideways between agents', { from: 'iot-agents/json', to: 'iot-agents/dlms', file: 'iot-agents/json/src/x.ts' }],
    [
      'sideways between adapters',
      { from: 'context-adapters/billing', to: 'context-adapters/aggregation', file: 'x.ts' },
    ],
    ['from a server to an agent', { from: 'embedded/broker', to: 'iot-agents/json', file: 'x.ts' }],
  ])('catches an arrow that points %s', (_, arrow) => expect(faultsOf([arrow])).toHaveLength(1));
  it('catches a circle', () => {
    const circle = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'a' },
    ];
    expect(circles(circle)).toEqual([['a', 'b', 'c', 'a']]);
  });
  it('sees every way to import', () => {
    const source =
      "import { a } from 'one';\nimport type { b } from 'two';\nexport * from 'three';\nimport 'four';\nconst x = await import('five');\nimport {\n  c,\n} from 'six';";
    expect(importsOf(source)).toEqual(['one', 'two', 'three', 'four', 'five', 'six']);
  });
});
