/**
 * What a person can be allowed to do, one row each. A role is a set of these; a route asks for exactly one. `page` is where the
 * function is offered, so that permissions can be given page by page; `special` ones are never part of a role unless somebody puts them there.
 */

export const FUNCTIONS = {
  'live.view': { page: 'live', about: 'See live values and alerts.' },
  'history.view': { page: 'meters', about: 'See past readings as charts and tables.' },
  'site.view': { page: 'sites', about: 'See sites, their points and their totals.' },
  'export.csv': { page: 'reports', about: 'Save readings as CSV.' },
  'report.view': { page: 'reports', about: 'Make and see reports.' },
  'context.subscribe': { page: 'partners', about: 'Be notified of changes of what one may see.' },
  'context.write': { page: 'partners', about: 'Write entities of the context back.', isSpecial: true },
  'meter.read': { page: 'commands', about: 'Ask a meter for its values now.' },
  'meter.store': { page: 'commands', about: 'Keep the values of such a read in history.', isSpecial: true },
  'meter.clock': { page: 'commands', about: 'Set the clock of a meter.' },
  'supply.request': { page: 'commands', about: 'Ask for a supply to be switched off, on or limited.', isSpecial: true },
  'supply.approve': { page: 'commands', about: 'Approve what somebody else asked for.', isSpecial: true },
  'supply.stop': { page: 'commands', about: 'Press the switch that stops all commands.' },
  'supply.resume': { page: 'commands', about: 'Be one of the two who let commands run again.', isSpecial: true },
  'consent.change': { page: 'sites', about: 'Record whether a site agrees to profiling.' },
  'people.view': { page: 'people', about: 'See who has an account, and who is signed in.' },
  'people.change': { page: 'people', about: 'Make accounts, lock them, end their sessions.' },
  'access.change': {
    page: 'roles',
    about: 'Change roles, and what a person or partner may see and do.',
    isSpecial: true,
  },
  'partner.view': { page: 'partners', about: 'See partners, their keys and quotas.' },
  'audit.view': { page: 'audit', about: 'Search the audit trail.' },
  'audit.export': { page: 'audit', about: 'Save the audit trail and its anchors.' },
  'secret.change': {
    page: 'secrets',
    about: 'Replace keys and passwords of meters; they can never be read.',
    isSpecial: true,
  },
  'admin.health': { page: 'health', about: 'See how the platform itself is doing.' },
} as const satisfies Readonly<Record<string, FunctionRow>>;

export interface FunctionRow {
  readonly page: string;
  readonly about: string;
  readonly isSpecial?: true;
}

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES = Object.freeze(Object.keys(FUNCTIONS) as FunctionName[]);

export function isFunction(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}
