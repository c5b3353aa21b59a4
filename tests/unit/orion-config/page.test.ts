import { readFileSync } from 'node:fs';
import { ENTITY_TYPES, UNITS } from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';

const page = readFileSync(new URL('../../../../docs/vocabulary.md', import.meta.url), 'utf8');

describe('docs/vocabulary.md', () => {
  it.each(Object.entries(ENTITY_TYPES))('says what %s holds', (type, { about }) => {
    expect(page).toMatch(
      new RegExp(`^\\| ${type} \\| [^|]+ \\| ${about.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')} \\|$`, 'm'),
    );
  });
  it.each(Object.entries(UNITS))('lists the unit %s', (code, { name }) =>
    expect(page).toContain(`| ${code} | ${name} |`),
  );
});
