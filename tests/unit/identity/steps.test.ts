/** What a sign-in still needs: one row a case. */

import { REALM_ROLES } from '@contor/identity/realm-roles.js';
import { nextStep, type OtpPolicy } from '@contor/identity/steps.js';
import type { User } from '@contor/identity/users.js';
import { SEED_ROLES } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';

const person = (fields: Partial<User>): User => ({
  ...{ id: 'u-1', username: 'ana', firstName: 'Ana', lastName: 'Pop', roles: [], requiredActions: [] },
  ...{ isEnabled: true, createdAtMs: 0, ...fields },
});
const otp = { id: 'o-1', sealed: 'sealed', lastStep: 1, createdAtMs: 0, recovery: [] };
const plain = person({});
const enrolled = person({ otp });
const operator = person({ roles: ['operator'] });
const withDuties = person({ requiredActions: ['CONFIGURE_TOTP', 'UPDATE_PASSWORD'] });

describe('the next step', () => {
  it.each<[string, User | undefined, ('pwd' | 'otp')[], OtpPolicy, string]>([
    ['of nobody', undefined, [], 'optional', 'password'],
    ['of nobody with methods', undefined, ['pwd', 'otp'], 'optional', 'password'],
    ['without a password', plain, ['otp'], 'optional', 'password'],
    ['with a password', plain, ['pwd'], 'optional', 'done'],
    ['of whoever is enrolled', enrolled, ['pwd'], 'optional', 'code'],
    ['of whoever is enrolled and has shown it', enrolled, ['pwd', 'otp'], 'all', 'done'],
    ['of an operator where it is optional', operator, ['pwd'], 'optional', 'done'],
    ['of an operator where the privileged must', operator, ['pwd'], 'privileged', 'setUpCode'],
    ['of a viewer where the privileged must', person({ roles: ['viewer'] }), ['pwd'], 'privileged', 'done'],
    ['of an approver where the privileged must', person({ roles: ['approver'] }), ['pwd'], 'privileged', 'setUpCode'],
    ['of an administrator', person({ roles: ['viewer', 'data-administrator'] }), ['pwd'], 'privileged', 'setUpCode'],
    ['of anybody where all must', plain, ['pwd'], 'all', 'setUpCode'],
    ['with two duties', withDuties, ['pwd'], 'optional', 'newPassword'],
    ['with the second duty', person({ requiredActions: ['CONFIGURE_TOTP'] }), ['pwd'], 'optional', 'setUpCode'],
    ['with a duty, before the second factor', { ...withDuties, otp }, ['pwd'], 'optional', 'code'],
  ])('%s', (_name, user, methods, policy, step) => expect(nextStep(user, methods, policy)).toBe(step));
});

it('realm roles are the seeds of the policy', () => {
  expect(REALM_ROLES.map(({ name }) => name)).toEqual(SEED_ROLES.map(({ name }) => name));
});
