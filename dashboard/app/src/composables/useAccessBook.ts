/** People, roles and partners as the gateway keeps them. Each is asked for once per page and again when something was changed. */
import { type Partner, type Person, toPartners, toPeople } from '../logic/people.js';
import { type Role, toRoles } from '../logic/roles.js';
import { useGateway } from './useGateway.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

/** As an entity tag (RFC 9110, 8.8.3): what If-Match has to name. */
export function tagOf(revision: number | undefined): string | undefined {
  return revision === undefined ? undefined : `"${revision}"`;
}

export function usePeople() {
  const { ask } = useGateway();
  return useRemote<readonly Person[]>({
    key: () => 'people',
    load: async (signal) => toPeople((await ask('/api/admin/people', signal)).body),
    isEmpty: (people) => people.length === 0,
  });
}

/** Whoever may see partners but not people sees the names of roles as they are. */
export function useRoles() {
  const { ask } = useGateway();
  const { may } = useSession();
  return useRemote<readonly Role[]>({
    key: () => (may('people.view') ? 'roles' : undefined),
    load: async (signal) => toRoles((await ask('/api/admin/roles', signal)).body),
    isEmpty: (roles) => roles.length === 0,
  });
}

export function usePartners() {
  const { ask } = useGateway();
  return useRemote<readonly Partner[]>({
    key: () => 'partners',
    load: async (signal) => toPartners((await ask('/api/admin/partners', signal)).body),
    isEmpty: (partners) => partners.length === 0,
  });
}
