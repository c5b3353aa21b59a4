/** What a person can be allowed to do, one row each. A role is a set of these; a route asks for exactly one. */

export const FUNCTIONS = {
  'live.view': { about: 'See live values and alerts.' },
  'history.view': { about: 'See past readings as charts and tables.' },
  'site.view': { about: 'See sites, their points and their totals.' },
  'export.csv': { about: 'Save readings as CSV.' },
  'admin.health': { about: 'See how the platform itself is doing.' },
} as const satisfies Readonly<Record<string, FunctionRow>>;

export interface FunctionRow {
  readonly about: string;
}

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES = Object.freeze(Object.keys(FUNCTIONS) as FunctionName[]);
