/**
 * Settings as a table: one row per setting, read from the environment once at start, checked as a whole, frozen. The same
 * rows give the command line its flags and its help.
 */

import { ConfigError, type ConfigFault } from './errors.js';
import { parseKind, type SettingKind, type ValueOfKind } from './setting-kinds.js';

export type { SettingKind } from './setting-kinds.js';

export interface SettingRow {
  /** The environment variable, e.g. 'BROKER_PORT'. */
  readonly name: string;
  readonly kind: SettingKind;
  /** One line for `--help`. */
  readonly about: string;
  /** Used when the variable is not set; written as the variable would be, or as the finished value. */
  readonly fallback?: string | number | boolean | readonly string[];
  /** Neither set nor given a fallback is fine: the value is undefined. */
  readonly optional?: boolean;
  /** Bounds of a number (in its unit: ms, bytes), or of the length of a text or secret. */
  readonly min?: number;
  readonly max?: number;
  /** The only values allowed for a text. */
  readonly choices?: readonly string[];
}

export type SettingsTable = Readonly<Record<string, SettingRow>>;

type ValueOf<Row extends SettingRow> = Row extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : ValueOfKind[Row['kind']];

export type SettingsOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table]: Table[Key] extends { readonly optional: true }
    ? ValueOf<Table[Key]> | undefined
    : ValueOf<Table[Key]>;
};

export type SettingsSource = Readonly<Record<string, string | undefined>>;

/** Reads a whole table. Throws one ConfigError that names every fault and what to do about it. */
export function readSettings<const Table extends SettingsTable>(
  table: Table,
  source: SettingsSource,
): SettingsOf<Table> {
  const faults: ConfigFault[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(table)) {
    const outcome = readRow(row, source[row.name]);
    if ('fault' in outcome) faults.push(outcome.fault);
    else values[key] = outcome.value;
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values) as SettingsOf<Table>;
}

type Outcome = { readonly value: unknown } | { readonly fault: ConfigFault };

/** An empty variable counts as not set: that is what `X= command` and an empty line in a Compose file mean. */
function readRow(row: SettingRow, text: string | undefined): Outcome {
  const given = text === undefined || text.trim() === '' ? undefined : text.trim();
  if (given !== undefined) return check(row, parseKind(row.kind, given), given);
  if (row.fallback !== undefined) {
    return typeof row.fallback === 'string'
      ? check(row, parseKind(row.kind, row.fallback), row.fallback)
      : { value: row.fallback };
  }
  if (row.optional) return { value: undefined };
  return {
    fault: { code: 'config.missing', message: `${row.name} is not set (${row.about}).`, fix: `Set ${row.name}.` },
  };
}

function check(row: SettingRow, parsed: ReturnType<typeof parseKind>, text: string): Outcome {
  // A secret is never repeated, not even a wrong one.
  const shown = row.kind === 'secret' ? 'a value' : `'${text.slice(0, 80)}'`;
  const refuse = (code: string, why: string, fix: string): Outcome => ({
    fault: { code, message: `${row.name} is ${shown}, but ${why}.`, fix },
  });
  if (!parsed.ok) return refuse('config.malformed', `it must be ${parsed.expected}`, `Correct ${row.name}.`);
  const { value } = parsed;
  if (row.choices && !row.choices.includes(String(value))) {
    return refuse('config.choice', `only ${row.choices.join(', ')} are known`, `Set ${row.name} to one of them.`);
  }
  const size = typeof value === 'number' ? value : typeof value === 'string' ? value.length : undefined;
  const what = typeof value === 'number' ? 'it' : 'its length';
  if (size !== undefined && row.min !== undefined && size < row.min) {
    return refuse('config.range', `${what} must be at least ${row.min}`, `Raise ${row.name}.`);
  }
  if (size !== undefined && row.max !== undefined && size > row.max) {
    return refuse('config.range', `${what} must be at most ${row.max}`, `Lower ${row.name}.`);
  }
  return { value };
}
