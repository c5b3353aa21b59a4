/** A settings table as command-line flags: the same names, help texts and defaults, one place for both. */

import type { SettingsTable } from '@contor/kit';
import { Option } from 'commander';

const kebab = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export function flagsOf(table: SettingsTable): readonly Option[] {
  return Object.entries(table).map(([key, row]) => {
    const isSwitch = row.kind === 'flag';
    // The default stands in the text: as a value of its own it would win over the environment.
    const notes = [`or ${row.name}`, ...choicesOf(row), ...defaultOf(row)];
    return new Option(
      isSwitch ? `--${kebab(key)}` : `--${kebab(key)} <${row.kind}>`,
      `${row.about} (${notes.join('; ')})`,
    );
  });
}

type Row = SettingsTable[string];

function choicesOf(row: Row): readonly string[] {
  return 'choices' in row && row.choices !== undefined ? [row.choices.join(' | ')] : [];
}

function defaultOf(row: Row): readonly string[] {
  if (row.kind === 'secret' || row.kind === 'flag' || row.fallback === undefined) return [];
  const text = String(Array.isArray(row.fallback) ? row.fallback.join(',') : row.fallback);
  return text === '' ? [] : [`default ${text}`];
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
