/** The people who may sign in. Stored beside the sessions; the password only as its hash. */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DocumentStore } from '@contor/kit';
import { hashPassword, readablePassword } from './passwords.js';
import { readOrCreateSecretFile, readSecretFile } from './secret-files.js';

export interface User {
  /** Becomes `sub`; never reused, so that a new person of the same name inherits nothing. */
  readonly id: string;
  readonly username: string;
  readonly fullName: string;
  readonly roles: readonly string[];
  readonly password: string;
  readonly isEnabled: boolean;
  readonly createdAtMs: number;
}

export interface Users {
  byId(id: string): User | undefined;
  byName(username: string): User | undefined;
  add(user: NewUser, nowMs: number): Promise<User>;
  save(user: User): Promise<void>;
  readonly count: number;
}

export interface NewUser {
  readonly username: string;
  readonly fullName: string;
  readonly roles: readonly string[];
  readonly password: string;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const KIND = 'user';
const MANAGER_FILE = 'manager.json';

export function openUsers(documents: DocumentStore): Users {
  const all = () => [...documents.all(KIND)].map(({ value }) => value as User);
  const save = (user: User) => documents.put({ kind: KIND, id: user.id, value: user });
  return {
    byId: (id) => documents.get(KIND, id) as User | undefined,
    byName: (username) => all().find((user) => user.username === username.trim().toLowerCase()),
    async add({ username, fullName, roles, password }, nowMs) {
      const user: User = {
        id: randomUUID(),
        username: username.trim().toLowerCase(),
        fullName,
        roles,
        password: await hashPassword(password),
        isEnabled: true,
        createdAtMs: nowMs,
      };
      await save(user);
      return user;
    },
    save,
    get count() {
      return all().length;
    },
  };
}

/**
 * The first start makes a manager, so that there is somebody to sign in. The file comes before the user: after a crash
 * in between, the next start makes the user with the password that was already written down.
 */
export async function ensureManager(users: Users, dataFolder: string, nowMs: number): Promise<boolean> {
  if (users.count > 0) return false;
  const text = await readOrCreateSecretFile(managerFile(dataFolder), async () =>
    JSON.stringify({ username: 'manager', password: readablePassword() } satisfies Credentials),
  );
  const { username, password } = JSON.parse(text) as Credentials;
  await users.add({ username, fullName: 'Manager', roles: ['manager'], password }, nowMs);
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
