/**
 * People of the exported realm. They keep their id, so that what the gateway knows of them stays theirs. Their password cannot go along:
 * Keycloak verifies PBKDF2 and Argon2, not scrypt; so each chooses a new one, perhaps with a temporary password from a list.
 */

import { randomUUID } from 'node:crypto';
import { readablePassword } from '../passwords.js';
import { ALGORITHM, DIGITS, encodeBase32, PERIOD_SECONDS } from '../second-factor/totp.js';
import type { RequiredAction, User } from '../users.js';

export interface PeopleOptions {
  /** The secret of somebody's app, when second factors are to go along. */
  readonly secretOf: (user: User) => Uint8Array | undefined;
  readonly hasTemporaryPasswords: boolean;
}

export interface ExportedPerson {
  readonly representation: object;
  readonly username: string;
  readonly temporaryPassword: string | undefined;
}

export function exportPerson(user: User, { secretOf, hasTemporaryPasswords }: PeopleOptions): ExportedPerson {
  const { id, username, firstName, lastName, email, isEnabled, createdAtMs, roles } = user;
  const secret = secretOf(user);
  const temporaryPassword = hasTemporaryPasswords ? readablePassword() : undefined;
  const password =
    temporaryPassword === undefined ? [] : [{ type: 'password', value: temporaryPassword, temporary: true }];
  const otp = secret === undefined ? [] : [otpCredential(secret, user.otp?.createdAtMs ?? createdAtMs)];
  const actions: RequiredAction[] = ['UPDATE_PASSWORD'];
  // Whoever had a second factor and does not take it along sets up another one.
  if (secret === undefined && (user.otp !== undefined || user.requiredActions.includes('CONFIGURE_TOTP')))
    actions.push('CONFIGURE_TOTP');
  const representation = {
    ...{ id, username, firstName, lastName, ...(email === undefined ? {} : { email }) },
    ...{ enabled: isEnabled, emailVerified: false, createdTimestamp: createdAtMs, realmRoles: roles },
    ...{ requiredActions: actions, credentials: [...password, ...otp] },
  };
  return { representation, username, temporaryPassword };
}

/** Keycloak's own format of an OTP credential; the secret is given as the base32 that an app shows. */
function otpCredential(secret: Uint8Array, createdDate: number): object {
  const algorithm = `Hmac${ALGORITHM.toUpperCase()}`;
  const credentialData = { subType: 'totp', digits: DIGITS, counter: 0, period: PERIOD_SECONDS, algorithm };
  return {
    ...{ id: randomUUID(), type: 'otp', createdDate },
    secretData: JSON.stringify({ value: encodeBase32(secret) }),
    credentialData: JSON.stringify({ ...credentialData, secretEncoding: 'BASE32' }),
  };
}
