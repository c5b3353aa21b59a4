/** Settings as flags: one table, two ways to give a value. */

import { readSettings, type SettingsTable } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { flagsOf, withFlags } from 'contor/flags.js';
import { SERVICES, type ServiceRow } from 'contor/services.js';

const TABLE = {
  port: { name: 'THING_PORT', kind: 'port', fallback: 1026, about: 'TCP port' },
  dataFolder: { name: 'THING_DATA', kind: 'path', about: 'Where it lives' },
  isQuiet: { name: 'THING_QUIET', kind: 'flag', fallback: false, about: 'Says less' },
  secret: { name: 'PLATFORM_SECRET', kind: 'secret', optional: true, about: 'Shared secret' },
} as const satisfies SettingsTable;

/** What commander makes of the flags: camel case, texts, and true for a switch. */
type Given = Readonly<Partial<Record<keyof typeof TABLE, string | boolean>>>;

const read = (flags: Given, environment: Record<string, string> = {}) =>
  readSettings(TABLE, withFlags(TABLE, flags, environment));

describe('flags of a settings table', () => {
  it('are the keys in kebab case, with what the setting is about', () => {
    expect(flagsOf(TABLE).map(({ flags }) => flags)).toEqual([
      '--port <port>',
      '--data-folder <path>',
      '--is-quiet',
      '--secret <secret>',
    ]);
    expect(flagsOf(TABLE).map(({ description }) => description)).toContain('TCP port (or THING_PORT; default 1026)');
  });

  it('are found again by the names that commander gives them', () => {
    expect(flagsOf(TABLE).map((option) => option.attributeName())).toEqual(Object.keys(TABLE));
  });

  it('win over the environment, which wins over the fallback', () => {
    expect(read({ dataFolder: '/a' }).port).toBe(1026);
    expect(read({ dataFolder: '/a' }, { THING_PORT: '2000' }).port).toBe(2000);
    expect(read({ dataFolder: '/a', port: '3000' }, { THING_PORT: '2000' }).port).toBe(3000);
  });

  it('switch a flag on', () => {
    expect(read({ dataFolder: '/a', isQuiet: true }).isQuiet).toBe(true);
    expect(read({ dataFolder: '/a' }).isQuiet).toBe(false);
  });

  it('leave the given environment as it was', () => {
    const environment = { THING_PORT: '2000' };
    withFlags(TABLE, { port: '3000' }, environment);
    expect(environment).toEqual({ THING_PORT: '2000' });
  });

  it('show no secret as a default', () => {
    const secret = flagsOf(TABLE).find(({ long }) => long === '--secret');
    expect(secret?.defaultValueDescription).toBeUndefined();
  });
});

describe.each(SERVICES as readonly ServiceRow[])('the service $name', (row) => {
  it('has flags that do not clash, each with a description', async () => {
    const { settings } = await row.load();
    const flags = flagsOf(settings);
    expect(new Set(flags.map(({ long }) => long)).size).toBe(flags.length);
    for (const { description } of flags) expect(description).toMatch(/^\S.*\(or [A-Z0-9_]+(?:; [^()]+)*\)$/s);
  });

  it('has an example that starts with its own command', () => {
    expect(row.example.startsWith(`contor ${row.command.filter(Boolean).join(' ')}`)).toBe(true);
  });
});
