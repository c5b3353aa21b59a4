/** The people who may sign in, one document each beside the sessions; the password only as its hash. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type Document, type DocumentStore, readOrCreateSecretFile, readSecretFile } from '@contor/kit';
import { type Passwords, passwordsAt, readablePassword } from './passwords.js';
import type { OtpCredential } from './second-factor/credential.js';

/** What somebody must do before the next sign-in is complete; Keycloak's words. */
export const REQUIRED_ACTIONS = ['UPDATE_PASSWORD', 'CONFIGURE_TOTP'] as const;
export type RequiredAction = (typeof REQUIRED_ACTIONS)[number];

export interface User {
  /** Becomes `sub`; never reused, so that a new person of the same name inherits nothing. */
  readonly id: string;
  /** Lower case. */
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email?: string;
  readonly roles: readonly string[];
  /** Without one nobody can sign in. */
  readonly password?: string;
  readonly otp?: OtpCredential | undefined;
  readonly requiredActions: readonly RequiredAction[];
  readonly isEnabled: boolean;
  readonly createdAtMs: number;
}

export type NewUser = Pick<User, 'username' | 'firstName' | 'lastName' | 'roles'> &
  Partial<Pick<User, 'email' | 'requiredActions' | 'isEnabled'>> & { readonly password?: string };

export interface Users {
  byId(id: string): User | undefined;
  byName(username: string): User | undefined;
  all(): readonly User[];
  /** `taken`: somebody has this name, in whatever letters. `full`: there is no room for more. */
  add(user: NewUser, nowMs: number): Promise<User | 'taken' | 'full'>;
  /** Changes what is there now, in one step; `undefined` when the person is gone meanwhile. */
  change(id: string, fields: Partial<Omit<User, 'id' | 'username' | 'createdAtMs'>>): Promise<User | undefined>;
  remove(id: string): Promise<void>;
  readonly count: number;
  readonly passwords: Passwords;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const KIND = 'user';
const MANAGER_FILE = 'manager.json';
/** The first person may do everything, so that there is somebody who can let others in. */
const MANAGER_ROLES = ['manager', 'data-administrator'];
/** A large utility's staff and customers with an account; each is about 600 bytes in memory and in the log. */
const USERS_LIMIT = 50_000;

export function openUsers(documents: DocumentStore, passwords: Passwords = passwordsAt()): Users {
  const all = () => [...documents.all(KIND)].map(userOf);
  const byId = (id: string) => {
    const value = documents.get(KIND, id);
    return value === undefined ? undefined : userOf({ kind: KIND, id, value });
  };
  const byName = (username: string) => all().find((user) => user.username === normalName(username));
  const save = async (user: User) => {
    await documents.put({ kind: KIND, id: user.id, value: user });
    return user;
  };
  return {
    byId,
    byName,
    all,
    passwords,
    async add({ password, ...fields }, nowMs) {
      const hash = password === undefined ? {} : { password: await passwords.hash(password) };
      // Looked at only now: between this and `put`, which is visible at once, nobody else comes in.
      const everybody = all();
      if (everybody.length >= USERS_LIMIT) return 'full';
      const username = normalName(fields.username);
      if (everybody.some((user) => user.username === username)) return 'taken';
      const defaults = { requiredActions: [], isEnabled: true };
      return save({ ...defaults, ...fields, ...hash, username, id: randomUUID(), createdAtMs: nowMs });
    },
    async change(id, fields) {
      const user = byId(id);
      return user === undefined ? undefined : save({ ...user, ...fields });
    },
    remove: (id) => documents.remove(KIND, id),
    get count() {
      return all().length;
    },
  };
}

export function fullNameOf({ firstName, lastName, username }: User): string {
  return [firstName, lastName].filter((name) => name !== '').join(' ') || username;
}

export function normalName(username: string): string {
  return username.trim().toLowerCase();
}

/** Accounts of the first format have one name and nothing that is asked of them. */
function userOf({ value }: Document): User {
  const { fullName, firstName, lastName, requiredActions, ...fields } = value as User & { readonly fullName?: string };
  return {
    ...fields,
    firstName: firstName ?? fullName ?? '',
    lastName: lastName ?? '',
    requiredActions: requiredActions ?? [],
  };
}

/**
 * The first start makes a manager, so that there is somebody to sign in. The file comes before the user: after a crash
 * in between, the next start makes the user with the password that was already written down. On a machine by itself that password may
 * stay; where others can reach the server, it is changed at the first sign-in, because it lies in a file.
 */
export async function ensureManager(
  users: Users,
  dataFolder: string,
  nowMs: number,
  isAlone: boolean,
): Promise<boolean> {
  if (users.count > 0) return false;
  const text = await readOrCreateSecretFile(managerFile(dataFolder), async () =>
    JSON.stringify({ username: 'manager', password: readablePassword() } satisfies Credentials),
  );
  const { username, password } = JSON.parse(text) as Credentials;
  const requiredActions: readonly RequiredAction[] = isAlone ? [] : ['UPDATE_PASSWORD'];
  const names = { username, firstName: 'Manager', lastName: '' };
  await users.add({ ...names, roles: MANAGER_ROLES, requiredActions, password }, nowMs);
  return true;
}

/** The first manager's name and password, as long as the file is kept. */
export async function readCredentials(dataFolder: string): Promise<Credentials | undefined> {
  const text = await readSecretFile(managerFile(dataFolder));
  return text === undefined ? undefined : (JSON.parse(text) as Credentials);
}

function managerFile(dataFolder: string): string {
  return join(dataFolder, MANAGER_FILE);
}
