/** The person of a session, as policy sees them. */

import { functionsOf, SEED_ROLES, type Subject } from '@contor/policy';
import type { Person } from './store.js';

export function subjectOf({ subject, username, roles }: Person): Subject {
  return {
    id: subject,
    kind: 'person',
    username,
    tenant: 'default',
    functions: new Set(functionsOf(roles, SEED_ROLES)),
    scope: { kind: 'everything' },
  };
}
