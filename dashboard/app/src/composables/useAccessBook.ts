/** People, roles and partners as the gateway keeps them. Each is asked for once per page and again when something was changed. */
import { ref } from 'vue';
import { type Partner, type PeoplePage, type Person, toPartners, toPeople } from '../logic/people.js';
import { type Role, toRoles } from '../logic/roles.js';
import { useGateway } from './useGateway.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

/** As an entity tag (RFC 9110, 8.8.3): what If-Match has to name. */
export function tagOf(revision: number | undefined): string | undefined {
  return revision === undefined ? undefined : `"${revision}"`;
}

/** The gateway's largest page. */
const PAGE = 1_000;

/** The first thousand, which is everybody nearly everywhere; where it is not, the gateway searches. */
export function usePeople(search: () => string = () => '') {
  const { ask } = useGateway();
  const isLarge = ref(false);
  return useRemote<PeoplePage>({
    key: () => (isLarge.value ? `people ${search()}` : 'people'),
    load: async (signal) => {
      const query = new URLSearchParams({ limit: String(PAGE), ...(isLarge.value && { search: search() }) });
      const page = toPeople((await ask(`/api/admin/people?${query}`, signal)).body);
      isLarge.value ||= page.total > page.people.length;
      return page;
    },
    isEmpty: ({ people }) => people.length === 0 && search() === '',
  });
}

/** One of them, wherever in the list. */
export function usePerson(subject: () => string) {
  const { ask } = useGateway();
  return useRemote<{ readonly person: Person | undefined; readonly isFollowing: boolean }>({
    key: () => `person ${subject()}`,
    load: async (signal) => {
      for (let offset = 0; ; offset += PAGE) {
        const query = new URLSearchParams({ limit: String(PAGE), offset: String(offset) });
        const { people, total, isFollowing } = toPeople((await ask(`/api/admin/people?${query}`, signal)).body);
        const person = people.find((candidate) => candidate.subject === subject());
        if (person !== undefined || offset + PAGE >= total) return { person, isFollowing };
      }
    },
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
