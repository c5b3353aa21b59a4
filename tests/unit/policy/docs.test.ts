/** docs/policy.md says what the tables say. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FUNCTION_NAMES, FUNCTIONS, isSpecial, type RoleEntry, SEED_ROLES } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';
import { tableRows } from '../../support/markdown.js';
import { ROOT } from '../../support/root.js';

const page = readFileSync(join(ROOT, 'docs/policy.md'), 'utf8');
const roles: readonly RoleEntry[] = SEED_ROLES;

describe('docs/policy.md', () => {
  it('has the functions and roles of the code', () => {
    const told = tableRows(page).filter(({ cells }) => 'function' in cells);
    const expected = FUNCTION_NAMES.map((name) => ({
      cells: {
        function: `\`${name}\``,
        page: FUNCTIONS[name].page,
        what: FUNCTIONS[name].about,
        special: isSpecial(name) ? 'yes' : '',
        'in the roles': roles
          .filter(({ functions }) => functions.includes(name))
          .map((role) => role.name)
          .join(', '),
      },
    }));
    expect(told).toEqual(expected);
  });
  it('names nothing of the package that is not there', async () => {
    const policy: object = await import('@contor/policy');
    const names = [...page.matchAll(/`([a-z]\w+)[`(]/g)].map((match) => match[1] ?? '');
    const own = names.filter((name) => /^(create|narrow|plan|read|check|redact|is[A-Z]\w*ture|decide)/.test(name));
    expect(own.filter((name) => !(name in policy))).toEqual([]);
  });
});
