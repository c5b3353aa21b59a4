/** Accounts as Keycloak's Admin REST API shows and changes them (UserRepresentation). */

import { faultOfPassword, PASSWORD_LEAST, type PasswordFault } from '../password-policy.js';
import { fullNameOf, type NewUser, REQUIRED_ACTIONS, type RequiredAction, type User } from '../users.js';
import {
  type Answer,
  booleanOf,
  type Fields,
  fieldsOf,
  given,
  listOf,
  NO_CONTENT,
  needText,
  pageOf,
  Refusal,
  textOf,
} from './answer.js';
import type { AdminCall, AdminParts } from './routes.js';

/** What can be typed anywhere and read aloud; an e-mail address fits. */
const USERNAME = /^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,127}$/u;
/** Keycloak's names for the accounts of clients: a person of that name would look like one. */
const OF_CLIENTS = /^service-account-/i;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,180}$/;

const FAULTS: Readonly<Record<PasswordFault, string>> = {
  passwordShort: `invalidPasswordMinLengthMessage: at least ${PASSWORD_LEAST} characters.`,
  passwordLong: 'invalidPasswordMaxLengthMessage: too long.',
  passwordCommon: 'invalidPasswordBlacklistedMessage: it is among the first that are tried.',
  passwordLikeName: 'invalidPasswordNotUsernameMessage: it contains the name of the account.',
};

export function listUsers({ users }: AdminParts, { query }: AdminCall): Answer {
  const found = users.all().filter((user) => matches(user, query));
  found.sort((a, b) => (a.username < b.username ? -1 : 1));
  return { status: 200, body: pageOf(found, query).map(represent) };
}

export function countUsers({ users }: AdminParts, { query }: AdminCall): Answer {
  return { status: 200, body: users.all().filter((user) => matches(user, query)).length };
}

export function showUser(parts: AdminParts, call: AdminCall): Answer {
  return { status: 200, body: represent(userOf(parts, call)) };
}

export async function makeUser(parts: AdminParts, { body, url }: AdminCall): Promise<Answer> {
  const fields = fieldsOf(body);
  const username = needText(fields, 'username');
  if (!USERNAME.test(username) || OF_CLIENTS.test(username)) throw new Refusal(400, 'error-invalid-username');
  const credential = firstPassword(fields);
  if (credential !== undefined) checkPassword(credential.value, [username]);
  const user: NewUser = {
    username,
    firstName: textOf(fields, 'firstName') ?? '',
    lastName: textOf(fields, 'lastName') ?? '',
    ...given('email', emailOf(fields)),
    roles: [],
    requiredActions: withTemporary(actionsOf(fields) ?? [], credential?.isTemporary),
    isEnabled: booleanOf(fields, 'enabled') ?? false, // As Keycloak: whoever forgets it has let nobody in.
    ...given('password', credential?.value),
  };
  const made = await parts.users.add(user, parts.nowMs());
  if (made === 'taken') throw new Refusal(409, 'User exists with same username');
  if (made === 'full') throw new Refusal(507, 'There is no room for more accounts.');
  return { status: 201, location: `${url}/${made.id}` };
}

export async function changeUser(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const { id } = userOf(parts, call);
  const fields = fieldsOf(call.body);
  const isEnabled = booleanOf(fields, 'enabled');
  await parts.users.change(id, {
    ...given('firstName', textOf(fields, 'firstName')),
    ...given('lastName', textOf(fields, 'lastName')),
    ...given('email', emailOf(fields)),
    ...given('requiredActions', actionsOf(fields)),
    ...given('isEnabled', isEnabled),
  });
  if (isEnabled === false) await parts.sessions.endAll(id);
  return NO_CONTENT;
}

export async function removeUser(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const { id } = userOf(parts, call);
  await parts.users.remove(id);
  await parts.sessions.endAll(id);
  return NO_CONTENT;
}

/** Whoever knew the old password is signed out with it. */
export async function resetPassword(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const { id, username, requiredActions } = userOf(parts, call);
  const { value, isTemporary } = passwordOf(fieldsOf(call.body));
  checkPassword(value, [username]);
  const password = await parts.users.passwords.hash(value);
  const others = requiredActions.filter((action) => action !== 'UPDATE_PASSWORD');
  await parts.users.change(id, { password, requiredActions: withTemporary(others, isTemporary) });
  await parts.sessions.endAll(id);
  return NO_CONTENT;
}

/** For a lost phone: the second factor goes, and with it what was signed in by it. */
export async function removeCredential(parts: AdminParts, call: AdminCall): Promise<Answer> {
  const user = userOf(parts, call);
  if (user.otp === undefined || user.otp.id !== call.names.credential) throw new Refusal(404, 'Credential not found');
  await parts.users.change(user.id, { otp: undefined });
  await parts.sessions.endAll(user.id);
  return NO_CONTENT;
}

export function listCredentials(parts: AdminParts, call: AdminCall): Answer {
  const { password, otp, createdAtMs, id } = userOf(parts, call);
  const first = password === undefined ? [] : [{ id: `${id}-password`, type: 'password', createdDate: createdAtMs }];
  const second = otp === undefined ? [] : [{ id: otp.id, type: 'otp', createdDate: otp.createdAtMs }];
  return { status: 200, body: [...first, ...second] };
}

export async function endSessions(parts: AdminParts, call: AdminCall): Promise<Answer> {
  await parts.sessions.endAll(userOf(parts, call).id);
  return NO_CONTENT;
}

export function userOf({ users }: AdminParts, { names }: AdminCall): User {
  const user = users.byId(names.user ?? '');
  if (user === undefined) throw new Refusal(404, 'User not found');
  return user;
}

export function represent(user: User): object {
  const { id, username, firstName, lastName, email, isEnabled, otp, createdAtMs, requiredActions } = user;
  return {
    ...{ id, username, firstName, lastName },
    ...given('email', email),
    ...{ emailVerified: false, enabled: isEnabled, totp: otp !== undefined },
    ...{ createdTimestamp: createdAtMs, requiredActions },
  };
}

function matches(user: User, query: URLSearchParams): boolean {
  const { username, email, isEnabled } = user;
  const isExact = query.get('exact') === 'true';
  const fits = (value: string, wish: string | null) =>
    wish === null || (isExact ? value === wish.toLowerCase() : value.includes(wish.toLowerCase()));
  const search = query.get('search')?.toLowerCase();
  const enabled = query.get('enabled');
  const isFound =
    search === undefined || `${username} ${fullNameOf(user)} ${email ?? ''}`.toLowerCase().includes(search);
  const isWanted = enabled === null || String(isEnabled) === enabled;
  return isFound && isWanted && fits(username, query.get('username')) && fits(email ?? '', query.get('email'));
}

interface GivenPassword {
  readonly value: string;
  readonly isTemporary: boolean;
}

function firstPassword(fields: Fields): GivenPassword | undefined {
  const credentials = fields.credentials === undefined ? [] : listOf(fields.credentials);
  const [first] = credentials;
  if (credentials.length > 1) throw new Refusal(400, 'One password is enough.');
  return first === undefined ? undefined : passwordOf(first);
}

function passwordOf(fields: Fields): GivenPassword {
  const { type = 'password', value } = fields;
  if (type !== 'password') throw new Refusal(400, 'Only passwords can be set here.');
  if (typeof value !== 'string') throw new Refusal(400, 'value is needed.');
  return { value, isTemporary: booleanOf(fields, 'temporary') ?? false };
}

function checkPassword(password: string, names: readonly string[]): void {
  const fault = faultOfPassword(password, names);
  if (fault !== undefined) throw new Refusal(400, FAULTS[fault]);
}

function withTemporary(actions: readonly RequiredAction[], isTemporary = false): readonly RequiredAction[] {
  return isTemporary ? [...new Set<RequiredAction>([...actions, 'UPDATE_PASSWORD'])] : actions;
}

function actionsOf({ requiredActions }: Fields): readonly RequiredAction[] | undefined {
  if (requiredActions === undefined || requiredActions === null) return undefined;
  const isList = Array.isArray(requiredActions) && requiredActions.every(isAction);
  if (!isList) throw new Refusal(400, `requiredActions may hold ${REQUIRED_ACTIONS.join(' and ')}.`);
  return [...new Set<RequiredAction>(requiredActions)];
}

function isAction(value: unknown): value is RequiredAction {
  return REQUIRED_ACTIONS.some((action) => action === value);
}

function emailOf(fields: Fields): string | undefined {
  const email = textOf(fields, 'email');
  if (email === undefined || email === '' || EMAIL.test(email)) return email?.toLowerCase();
  throw new Refusal(400, 'error-invalid-email');
}
