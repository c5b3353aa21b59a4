/**
 * The realm as Keycloak imports it (`kc.sh import` or `--import-realm`): roles, clients, what tokens say, the sign-in flow, limits on
 * guessing, people. Pure but for new temporary passwords.
 */

import type { PartnerClient } from '../clients.js';
import { PASSWORD_LEAST } from '../password-policy.js';
import { PASSWORD_LIMIT } from '../passwords.js';
import { REALM_ROLES } from '../realm-roles.js';
import { ALGORITHM, DIGITS, PERIOD_SECONDS } from '../second-factor/totp.js';
import { LIFETIMES, REALM } from '../settings.js';
import type { User } from '../users.js';
import { type DashboardFacts, dashboardClient, dashboardServiceAccount, partnerClient } from './clients.js';
import { flowsOfRealm } from './flows.js';
import { type ExportedPerson, exportPerson, type PeopleOptions } from './people.js';
import { scopesOfRealm } from './scopes.js';

export interface RealmFacts extends DashboardFacts, PeopleOptions {
  readonly users: readonly User[];
  readonly clients: readonly PartnerClient[];
}

export interface ExportedRealm {
  readonly realm: object;
  readonly people: readonly ExportedPerson[];
}

export function exportRealm(facts: RealmFacts): ExportedRealm {
  const people = facts.users.map((user) => exportPerson(user, facts));
  const realm = {
    ...{ realm: REALM, displayName: 'Contor', enabled: true, sslRequired: 'external' },
    ...{ registrationAllowed: false, resetPasswordAllowed: false, editUsernameAllowed: false },
    ...{ internationalizationEnabled: true, supportedLocales: ['en', 'ro'], defaultLocale: 'en' },
    ...lifetimes(),
    ...guessing(),
    ...secondFactor(),
    ...flowsOfRealm(),
    ...scopesOfRealm(),
    roles: { realm: REALM_ROLES.map(({ name, about }) => ({ name, description: about, composite: false })) },
    clients: [dashboardClient(facts), ...facts.clients.map(partnerClient)],
    users: [dashboardServiceAccount(), ...people.map(({ representation }) => representation)],
    components: userProfile(),
  };
  return { realm, people };
}

function lifetimes(): object {
  return {
    ...{ accessTokenLifespan: LIFETIMES.AccessToken, accessCodeLifespan: LIFETIMES.AuthorizationCode },
    ...{ ssoSessionMaxLifespan: LIFETIMES.Session, ssoSessionIdleTimeout: LIFETIMES.Session },
    // A refresh token is used once; a second use ends the session.
    ...{ revokeRefreshToken: true, refreshTokenMaxReuse: 0 },
  };
}

function guessing(): object {
  return {
    passwordPolicy: `length(${PASSWORD_LEAST}) and maxLength(${PASSWORD_LIMIT}) and notUsername(undefined)`,
    ...{ bruteForceProtected: true, permanentLockout: false, failureFactor: 10 },
    ...{ waitIncrementSeconds: 30, maxFailureWaitSeconds: 900, maxDeltaTimeSeconds: 3600 },
  };
}

function secondFactor(): object {
  return {
    ...{ otpPolicyType: 'totp', otpPolicyAlgorithm: `Hmac${ALGORITHM.toUpperCase()}`, otpPolicyDigits: DIGITS },
    ...{ otpPolicyPeriod: PERIOD_SECONDS, otpPolicyLookAheadWindow: 1, otpPolicyCodeReusable: false },
  };
}

/** Keycloak's default demands an e-mail address and both names at the first sign-in; here nobody has to have them. */
function userProfile(): object {
  const permissions = { view: ['admin', 'user'], edit: ['admin', 'user'] };
  const attributes = [
    { name: 'username', permissions: { view: ['admin', 'user'], edit: ['admin'] } },
    { name: 'email', permissions, validations: { email: {} } },
    { name: 'firstName', permissions },
    { name: 'lastName', permissions },
  ];
  const config = { 'kc.user.profile.config': [JSON.stringify({ attributes })] };
  return { 'org.keycloak.userprofile.UserProfileProvider': [{ providerId: 'declarative-user-profile', config }] };
}
