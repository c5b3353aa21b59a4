/**
 * The second factor of an account: set up with a first code, asked for at each sign-in, given up or replaced. What a code has opened is
 * on disk before anybody is let in, so that the same code opens nothing after a crash either.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { type DocumentStore, type Keyring, wrappedBy } from '@contor/kit';
import type { User, Users } from '../users.js';
import { hashRecoveryCode, newRecoveryCodes } from './recovery.js';
import { SECRET_BYTES, stepOfCode } from './totp.js';

export interface SecondFactor {
  /** The secret to be shown while somebody sets up; the same until they are done or too late. */
  pending(user: User): Promise<Uint8Array>;
  /** With a code made from the pending secret. The recovery codes, which are shown this one time; `undefined`: wrong code. */
  enrol(user: User, code: string): Promise<readonly string[] | undefined>;
  /** A code of the app or a recovery code; it is used up when the answer is yes. */
  check(user: User, code: string): Promise<boolean>;
  renewRecovery(user: User): Promise<readonly string[] | undefined>;
  giveUp(user: User): Promise<void>;
  /** For an export that somebody asked for. */
  secretOf(user: User): Uint8Array | undefined;
  /** After a change of the master key: what an older one wrapped gets the newest. */
  rewrap(): Promise<void>;
}

export interface SecondFactorParts {
  readonly users: Users;
  readonly documents: DocumentStore;
  readonly keyring: Keyring;
  readonly nowMs: () => number;
}

const PENDING = 'otp-setup';
/** Time to install an app. */
const PENDING_MS = 30 * 60_000;
const BEFORE_ANY = -1;

export function createSecondFactor({ users, documents, keyring, nowMs }: SecondFactorParts): SecondFactor {
  const pendingName = (id: string) => `otp-setup ${id}`;
  const credentialName = (id: string) => `otp ${id}`;
  const unwrap = (name: string, sealed: string) => keyring.unwrap(name, sealed);
  const kept = ({ id, otp }: User) => (otp === undefined ? undefined : unwrap(credentialName(id), otp.sealed));

  return {
    async pending({ id }) {
      const sealed = documents.get(PENDING, id);
      if (typeof sealed === 'string') return unwrap(pendingName(id), sealed);
      const secret = randomBytes(SECRET_BYTES);
      const value = keyring.wrap(pendingName(id), secret);
      await documents.put({ kind: PENDING, id, value, expiresAtMs: nowMs() + PENDING_MS });
      return secret;
    },
    async enrol({ id }, code) {
      const sealed = documents.get(PENDING, id);
      if (typeof sealed !== 'string') return undefined;
      const secret = unwrap(pendingName(id), sealed);
      const lastStep = stepOfCode(secret, digitsOf(code), nowMs(), BEFORE_ANY);
      const user = users.byId(id);
      if (lastStep === undefined || user === undefined) return undefined;
      const codes = newRecoveryCodes();
      await users.change(id, {
        otp: {
          ...{ id: randomUUID(), sealed: keyring.wrap(credentialName(id), secret), lastStep, createdAtMs: nowMs() },
          recovery: codes.map(hashRecoveryCode),
        },
        requiredActions: user.requiredActions.filter((action) => action !== 'CONFIGURE_TOTP'),
      });
      await documents.remove(PENDING, id);
      return codes;
    },
    async check({ id }, code) {
      const user = users.byId(id); // As it is now: another request may have used the code meanwhile.
      const secret = user === undefined ? undefined : kept(user);
      if (user?.otp === undefined || secret === undefined) return false;
      const step = stepOfCode(secret, digitsOf(code), nowMs(), user.otp.lastStep);
      if (step !== undefined) {
        await users.change(id, { otp: { ...user.otp, lastStep: step } });
        return true;
      }
      const hash = hashRecoveryCode(code);
      if (!user.otp.recovery.includes(hash)) return false;
      await users.change(id, { otp: { ...user.otp, recovery: user.otp.recovery.filter((one) => one !== hash) } });
      return true;
    },
    async renewRecovery({ id }) {
      const otp = users.byId(id)?.otp;
      if (otp === undefined) return undefined;
      const codes = newRecoveryCodes();
      await users.change(id, { otp: { ...otp, recovery: codes.map(hashRecoveryCode) } });
      return codes;
    },
    async giveUp({ id }) {
      await users.change(id, { otp: undefined });
    },
    secretOf: kept,
    async rewrap() {
      for (const { id, otp } of users.all()) {
        if (otp === undefined || wrappedBy(otp.sealed) === keyring.keyId) continue;
        await users.change(id, { otp: { ...otp, sealed: keyring.rewrap(credentialName(id), otp.sealed) } });
      }
    },
  };
}

/** Apps show 123 456. */
function digitsOf(code: string): string {
  return code.replace(/\s/g, '');
}
