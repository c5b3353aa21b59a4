/** Whoever is alone does not pay for the database that others share: its driver is not loaded with the kit. */

import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { ROOT } from '../../../support/root.js';

const PROGRAM = `
import { createRequire } from 'node:module';
await import('@contor/agent-kit');
const loaded = Object.keys(createRequire(import.meta.url).cache);
const of = (name) => loaded.filter((path) => path.split(/[\\\\/]/).includes(name)).length;
console.log(JSON.stringify({ mongodb: of('mongodb'), bson: of('bson'), express: of('express') }));
`;

it('does not load the driver before it is asked for', () => {
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    cwd: `${ROOT}/tests`,
    encoding: 'utf8',
  });
  const { mongodb, bson, express } = JSON.parse(text) as Record<string, number>;
  expect({ mongodb, bson }).toEqual({ mongodb: 0, bson: 0 });
  // The control: something that is loaded is seen to be.
  expect(express).toBeGreaterThan(0);
});
