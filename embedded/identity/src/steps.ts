/**
 * What a sign-in still needs, as one pure function: first the proofs, then the duties, in Keycloak's order. A page never decides what
 * comes next; it changes what is known, and this is asked again.
 */

import type { Method } from './authentication.js';
import { isPrivileged } from './realm-roles.js';
import type { User } from './users.js';

export type Step = 'password' | 'code' | 'newPassword' | 'setUpCode' | 'done';

/** Who must have a second factor: nobody, those who can switch supply or change rights, everybody. */
export const OTP_POLICIES = ['optional', 'privileged', 'all'] as const;
export type OtpPolicy = (typeof OTP_POLICIES)[number];

export function nextStep(user: User | undefined, methods: readonly Method[], policy: OtpPolicy): Step {
  if (user === undefined || !methods.includes('pwd')) return 'password';
  if (user.otp !== undefined && !methods.includes('otp')) return 'code';
  if (user.requiredActions.includes('UPDATE_PASSWORD')) return 'newPassword';
  if (mustSetUpCode(user, policy)) return 'setUpCode';
  return 'done';
}

function mustSetUpCode(user: User, policy: OtpPolicy): boolean {
  if (user.otp !== undefined) return false;
  return user.requiredActions.includes('CONFIGURE_TOTP') || isCodeDemanded(user, policy);
}

/** Whoever needs one cannot give it up. */
export function isCodeDemanded({ roles }: User, policy: OtpPolicy): boolean {
  return policy === 'all' || (policy === 'privileged' && isPrivileged(roles));
}
