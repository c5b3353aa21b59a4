/** Calls of the gateway in the name of whoever is signed in. */
import { type Answer, ask, type Change, change } from '../api/gateway.js';
import { useSession } from './useSession.js';

export interface Gateway {
  ask(path: string, signal?: AbortSignal): Promise<Answer>;
  tell(method: Change['method'], path: string, body?: unknown, basedOn?: string): Promise<Answer>;
}

export function useGateway(): Gateway {
  const { session } = useSession();
  return {
    ask,
    tell: (method, path, body, basedOn) =>
      change({ method, path, body, basedOn, csrfToken: session.value?.csrfToken ?? '' }),
  };
}
