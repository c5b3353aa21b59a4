/** Open sessions, one's own or everybody's, and ending them. */
import { type OpenSession, toSessions } from '../logic/sessions.js';
import { useAction } from './useAction.js';
import { useGateway } from './useGateway.js';
import { usePolling } from './usePolling.js';
import { useRemote } from './useRemote.js';
import { useSession } from './useSession.js';

const PLACES = { own: '/api/sessions', all: '/api/admin/sessions' } as const;
const EVERY_MS = 30_000;

export function useSessions(whose: keyof typeof PLACES) {
  const { ask, tell } = useGateway();
  const { check } = useSession();
  const path = PLACES[whose];
  const { remote, refresh } = useRemote<readonly OpenSession[]>({
    key: () => path,
    load: async (signal) => toSessions((await ask(path, signal)).body),
    isEmpty: (sessions) => sessions.length === 0,
  });
  usePolling(refresh, EVERY_MS);
  const ending = useAction(async ({ id, isCurrent }: OpenSession) => {
    await tell('DELETE', `${path}/${encodeURIComponent(id)}`);
    if (isCurrent) await check();
    else refresh();
    return true;
  });
  return { remote, refresh, ending };
}
