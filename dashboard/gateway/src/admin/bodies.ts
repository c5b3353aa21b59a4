/** What administrators send, read under limits: a value, or what is wrong with it in a sentence. */

import { type FunctionName, type Grant, isFunction } from '@contor/policy';
import { GRANTS_PER_ENTRY, type Rights, ROLES_PER_ENTRY } from '../book/entries.js';
import type { PartnerChange, PartnerFields } from '../book/partners.js';
import { Fields } from '../http/fields.js';

export type Read<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'fault'; readonly detail: string };

/** Of roles and partners: what fits into an address, a log line and a select box. */
const NAME = /^[a-z][a-z0-9-]{1,39}$/;
const NAME_RULE = { most: 40, pattern: NAME, about: '2 to 40 small letters, digits and hyphens' } as const;
/** Sites, customers, points and groups, which is what access can be given to. */
const GRANTED = /^urn:ngsi-ld:(Site|Customer|ConsumptionPoint|MeterGroup):[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/;
const SITE = /^urn:ngsi-ld:Site:[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/;
const USERNAME = {
  most: 128,
  pattern: /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,127}$/u,
  about: 'a name of letters, digits and . _ @ + -',
} as const;
const CLIENT = { most: 100, pattern: /^[\w.:~/-]{1,100}$/, about: 'the identifier of a client' } as const;
const TITLE = { most: 100 } as const;
const EMAIL = { most: 200, pattern: /^[^\s@]{1,64}@[^\s@]{1,180}$/, about: 'an e-mail address' } as const;
/** Far beyond what a partner reads in a day, and still an integer. */
const MOST_QUOTA = 1_000_000_000;
const MOST_OVERLAP_HOURS = 30 * 24;
const OVERLAP_HOURS = 24;
const FUNCTIONS_PER_ROLE = 100;
/** 1900 to 2200: a grant whose milliseconds are seconds would otherwise end in 1970. */
const INSTANT = { least: Date.UTC(1900, 0), most: Date.UTC(2200, 0) } as const;

export function isName(text: string): boolean {
  return NAME.test(text);
}

export function isSite(text: string): boolean {
  return SITE.test(text);
}

export function readRole(body: unknown): Read<{ title: string; functions: readonly FunctionName[] }> {
  const fields = new Fields(body, ['title', 'functions', 'name', 'isBuiltIn', 'revision', 'holders']);
  const title = fields.text('title', TITLE) ?? fields.fail('title is needed.');
  const functions =
    fields.list('functions', FUNCTIONS_PER_ROLE, functionOf, 'the name of a function') ??
    fields.fail('functions is needed.');
  return fields.fault === undefined && title !== undefined && functions !== undefined
    ? { kind: 'value', value: { title, functions } }
    : fault(fields);
}

const RIGHTS = ['roles', 'everything', 'grants', 'isLocked'] as const;

export function readAccess(body: unknown): Read<Partial<Rights>> {
  const fields = new Fields(body, RIGHTS);
  const change = rightsOf(fields);
  if (Object.keys(change).length === 0) fields.fail('Send roles, everything, grants or isLocked.');
  return fields.fault === undefined ? { kind: 'value', value: change } : fault(fields);
}

export interface WantedAccount {
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | undefined;
}

export function readAccount(body: unknown): Read<WantedAccount> {
  const fields = new Fields(body, ['username', 'firstName', 'lastName', 'email']);
  const username = fields.text('username', USERNAME) ?? fields.fail('username is needed.');
  const firstName = fields.text('firstName', TITLE) ?? '';
  const lastName = fields.text('lastName', TITLE) ?? '';
  const email = fields.text('email', EMAIL);
  return fields.fault === undefined && username !== undefined
    ? { kind: 'value', value: { username: username.toLowerCase(), firstName, lastName, email } }
    : fault(fields);
}

export function readNewPartner(body: unknown): Read<PartnerFields & { readonly id: string }> {
  const fields = new Fields(body, ['id', 'name', 'clientId', 'quota', ...RIGHTS]);
  const id = fields.text('id', NAME_RULE) ?? fields.fail('id is needed.');
  const name = fields.text('name', TITLE) ?? fields.fail('name is needed.');
  const clientId = fields.isNull('clientId') ? undefined : fields.text('clientId', CLIENT);
  const quota = fields.isNull('quota') ? undefined : fields.whole('quota', { least: 1, most: MOST_QUOTA });
  const { roles = [], everything = false, grants = [], isLocked = false } = rightsOf(fields);
  if (fields.fault !== undefined || id === undefined || name === undefined) return fault(fields);
  return { kind: 'value', value: { id, name, clientId, quota, roles, everything, grants, isLocked } };
}

export function readPartnerChange(body: unknown): Read<PartnerChange> {
  const fields = new Fields(body, ['name', 'clientId', 'quota', ...RIGHTS]);
  const name = fields.text('name', TITLE);
  const clientId = fields.isNull('clientId') ? null : fields.text('clientId', CLIENT);
  const quota = fields.isNull('quota') ? null : fields.whole('quota', { least: 1, most: MOST_QUOTA });
  const change: PartnerChange = {
    ...(name !== undefined && { name }),
    ...(clientId !== undefined && { clientId }),
    ...(quota !== undefined && { quota }),
    ...rightsOf(fields),
  };
  if (Object.keys(change).length === 0) fields.fail('Send at least one field.');
  return fields.fault === undefined ? { kind: 'value', value: change } : fault(fields);
}

/** How long the earlier keys go on working. */
export function readKeyWish(body: unknown): Read<{ readonly overlapMs: number }> {
  const fields = new Fields(body ?? {}, ['overlapHours']);
  const hours = fields.whole('overlapHours', { least: 0, most: MOST_OVERLAP_HOURS }) ?? OVERLAP_HOURS;
  return fields.fault === undefined ? { kind: 'value', value: { overlapMs: hours * 3_600_000 } } : fault(fields);
}

export function readConsent(body: unknown): Read<{ readonly profiling: boolean }> {
  const fields = new Fields(body, ['profiling']);
  const profiling = fields.flag('profiling') ?? fields.fail('profiling must be true or false.');
  return fields.fault === undefined && profiling !== undefined
    ? { kind: 'value', value: { profiling } }
    : fault(fields);
}

function rightsOf(fields: Fields): Partial<Rights> {
  const roles = fields.list('roles', ROLES_PER_ENTRY, roleOf, 'the name of a role');
  const everything = fields.flag('everything');
  const grants = fields.list(
    'grants',
    GRANTS_PER_ENTRY,
    grantOf,
    '{to: URN of a Site, Customer, ConsumptionPoint or MeterGroup, fromMs?, toMs?} with fromMs before toMs',
  );
  const isLocked = fields.flag('isLocked');
  return {
    ...(roles !== undefined && { roles }),
    ...(everything !== undefined && { everything }),
    ...(grants !== undefined && { grants }),
    ...(isLocked !== undefined && { isLocked }),
  };
}

function grantOf(item: unknown): Grant | undefined {
  const fields = new Fields(item, ['to', 'fromMs', 'toMs']);
  const to = fields.text('to', { most: 250, pattern: GRANTED });
  const fromMs = fields.whole('fromMs', INSTANT);
  const toMs = fields.whole('toMs', INSTANT);
  if (fields.fault !== undefined || to === undefined) return undefined;
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) return undefined;
  return { to, ...(fromMs !== undefined && { fromMs }), ...(toMs !== undefined && { toMs }) };
}

function roleOf(item: unknown): string | undefined {
  return typeof item === 'string' && NAME.test(item) ? item : undefined;
}

function functionOf(item: unknown): FunctionName | undefined {
  return typeof item === 'string' && isFunction(item) ? item : undefined;
}

function fault({ fault: detail }: Fields): { readonly kind: 'fault'; readonly detail: string } {
  return { kind: 'fault', detail: detail ?? 'Check its fields.' };
}
