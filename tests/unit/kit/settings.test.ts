import { ConfigError, readSettings, type SettingsOf, type SettingsTable } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const SETTINGS = {
  host: { name: 'T_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address' },
  port: { name: 'T_PORT', kind: 'port', fallback: 1026, about: 'Port' },
  data: { name: 'T_DATA', kind: 'path', about: 'Where the log lives' },
  wait: { name: 'T_WAIT', kind: 'duration', fallback: '10s', min: 1000, about: 'Patience' },
  size: { name: 'T_SIZE', kind: 'bytes', fallback: '64MiB', about: 'Bound' },
  open: { name: 'T_OPEN', kind: 'flag', fallback: false, about: 'Open' },
  base: { name: 'T_URL', kind: 'url', fallback: 'http://127.0.0.1:1026', about: 'Broker' },
  hosts: { name: 'T_HOSTS', kind: 'list', fallback: 'localhost, 127.0.0.1', about: 'Hosts' },
  context: { name: 'T_CONTEXT', kind: 'text', choices: ['contor', 'core'], fallback: 'contor', about: 'Context' },
  secret: { name: 'T_SECRET', kind: 'secret', optional: true, min: 16, about: 'Secret' },
} as const satisfies SettingsTable;

describe('settings', () => {
  it('come from the environment, else from the fallback, typed and frozen', () => {
    const config: SettingsOf<typeof SETTINGS> = readSettings(SETTINGS, {
      T_DATA: ' /data ',
      T_PORT: '0',
      T_URL: 'https://b.example/',
    });
    const context: 'contor' | 'core' = config.context;
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 0,
      data: '/data',
      wait: 10_000,
      size: 64 * 2 ** 20,
      open: false,
      base: 'https://b.example',
      hosts: ['localhost', '127.0.0.1'],
      context,
      secret: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('name every fault together, say what to do, and never repeat a secret', () => {
    const source = {
      T_PORT: '70000',
      T_WAIT: '5ms',
      T_CONTEXT: 'other',
      T_SECRET: 'hunter2',
      T_OPEN: 'perhaps',
      T_URL: 'localhost:1',
    };
    let error: unknown;
    try {
      readSettings(SETTINGS, source);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ConfigError);
    const { code, faults, message } = error as ConfigError;
    expect(code).toBe('config.faults');
    expect(faults.map((fault) => fault.code)).toEqual([
      'config.malformed',
      'config.missing',
      'config.range',
      'config.malformed',
      'config.malformed',
      'config.choice',
      'config.range',
    ]);
    for (const name of ['T_PORT', 'T_DATA', 'T_WAIT', 'T_OPEN', 'T_URL', 'T_CONTEXT', 'T_SECRET'])
      expect(message).toContain(name);
    expect(faults.every((fault) => fault.fix.length > 0)).toBe(true);
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['duration', '250ms', 250],
    ['duration', '1.5h', 5_400_000],
    ['duration', '10', undefined],
    ['bytes', '512', 512],
    ['bytes', '2GiB', 2 ** 31],
    ['bytes', '1 MB', undefined],
    ['integer', '-3', -3],
    ['integer', '99999999999999999', undefined],
    ['port', '-1', undefined],
    ['flag', 'YES', true],
    ['list', ' , a ,', ['a']],
    ['url', 'mqtt://127.0.0.1:1883', 'mqtt://127.0.0.1:1883'],
    ['url', 'http://', undefined],
  ] as const)('of kind %s read %j as %j', (kind, text, value) => {
    const table = { one: { name: 'T_ONE', kind, about: 'One' } } satisfies SettingsTable;
    const read = (): unknown => readSettings(table, { T_ONE: text }).one;
    if (value === undefined) expect(read).toThrow(expect.objectContaining({ code: 'config.malformed' }));
    else expect(read()).toEqual(value);
  });
});
