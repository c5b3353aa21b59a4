/** A settings table as command-line flags: the same names, help texts and defaults, one place for both. */

import type { SettingsTable } from '@contor/kit';
import { Option } from 'commander';

const kebab = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function flagsOf(table: SettingsTable): readonly Option[] {
  return Object.entries(table).map(([key, row]) => {
    const isSwitch = row.kind === 'flag';
    const option = new Option(
      isSwitch ? `--${kebab(key)}` : `--${kebab(key)} <${row.kind}>`,
      `${row.about} (or ${row.name})`,
    );
    if (row.kind !== 'secret' && row.fallback !== undefined) option.defaultValueDescription = String(row.fallback);
    return option;
  });
}

/** The environment with the given flags laid over it, so that a service reads all its settings from one source. */
export function withFlags(
  table: SettingsTable,
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const source = { ...environment };
  for (const [key, row] of Object.entries(table)) {
    const given = flags[key];
    if (given !== undefined) source[row.name] = String(given);
  }
  return source;
}
