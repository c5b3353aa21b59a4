/**
 * What can be asked of a meter, one row a command: which function asking needs, and whether it takes a second person (trust T21). The
 * gateway asks by this table and the command service judges by it, without importing one another.
 */

import type { FunctionName } from './functions.js';

export interface CommandRow {
  /** Needed to ask for it. */
  readonly function: FunctionName;
  /** It takes somebody's supply away: a second person, caps, a random delay, the protected list. */
  readonly isRestricted: boolean;
  readonly parameters: readonly ParameterRow[];
}

interface ParameterRow {
  readonly name: string;
  readonly isNeeded: boolean;
  readonly isValid: (value: unknown) => boolean;
  /** Needed besides, where the parameter is given and not false. */
  readonly function?: FunctionName;
}

/** The largest three-phase connection an E350 is made for is 100 A: 69 kW. */
const MOST_WATTS = 100_000;

export const COMMANDS = {
  disconnect: { function: 'supply.request', isRestricted: true, parameters: [] },
  limit: {
    function: 'supply.request',
    isRestricted: true,
    parameters: [
      {
        name: 'watts',
        isNeeded: true,
        isValid: (value) => typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MOST_WATTS,
      },
    ],
  },
  reconnect: { function: 'supply.request', isRestricted: false, parameters: [] },
  read: {
    function: 'meter.read',
    isRestricted: false,
    parameters: [
      { name: 'store', isNeeded: false, isValid: (value) => typeof value === 'boolean', function: 'meter.store' },
    ],
  },
  setClock: { function: 'meter.clock', isRestricted: false, parameters: [] },
} as const satisfies Readonly<Record<string, CommandRow>>;

export type CommandName = keyof typeof COMMANDS;

export const COMMAND_NAMES = Object.freeze(Object.keys(COMMANDS) as CommandName[]);

/** Parts of the names under which other systems know what takes a supply away or changes what a device is. */
const GUARDED_PARTS = ['connect', 'breaker', 'limiter', 'firmware'] as const;
const GUARDED_NAMES: ReadonlySet<string> = new Set(COMMAND_NAMES.map((name) => name.toLowerCase()));

/** Whether a command of this name, however it is spelled, takes an order that the command service has signed (trust T22). */
export function isGuarded(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return GUARDED_NAMES.has(plain) || GUARDED_PARTS.some((part) => plain.includes(part));
}

/** A bulk request names no more devices. */
export const MOST_TARGETS = 10_000;

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** What is wrong with the parameters of a command, or nothing. */
export function parameterFault(name: CommandName, parameters: Readonly<Record<string, unknown>>): string | undefined {
  const rows: readonly ParameterRow[] = COMMANDS[name].parameters;
  const stray = Object.keys(parameters).find((given) => !rows.some((row) => row.name === given));
  if (stray !== undefined) return `${name} has no parameter ${stray.slice(0, 60)}`;
  for (const row of rows) {
    const value = parameters[row.name];
    if (value === undefined && row.isNeeded) return `${name} needs ${row.name}`;
    if (value !== undefined && !row.isValid(value)) return `${row.name} of ${name} cannot be this`;
  }
  return undefined;
}

/** Every function that asking for this needs. */
export function functionsFor(
  name: CommandName,
  parameters: Readonly<Record<string, unknown>>,
): readonly FunctionName[] {
  const rows: readonly ParameterRow[] = COMMANDS[name].parameters;
  const more = rows.flatMap((row) =>
    row.function !== undefined && parameters[row.name] === true ? [row.function] : [],
  );
  return [COMMANDS[name].function, ...more];
}
