/**
 * Where somebody is signed in. oidc-provider keeps the sessions; beside each stands from where it was begun, and ending one takes
 * with it every grant, and so every refresh token, that it gave out.
 */

import type { Document, DocumentStore } from '@contor/kit';
import type { AdapterPayload } from 'oidc-provider';
import { LIFETIMES } from './settings.js';
import { PROGRESS, type Progress } from './sign-in/progress.js';

/** One sign-in on one device. */
export interface OwnSession {
  /** Known to the person and to administrators; the cookie is another secret. */
  readonly uid: string;
  readonly accountId: string;
  readonly sinceMs: number;
  readonly address: string | undefined;
  readonly agent: string | undefined;
  readonly clients: readonly string[];
}

export interface Sessions {
  of(accountId: string): readonly OwnSession[];
  byUid(uid: string): OwnSession | undefined;
  /** Told at each sign-in, so that people recognise their devices. */
  seen(uid: string, from: Origin): Promise<void>;
  end(uid: string): Promise<void>;
  /** All sessions, and all sign-ins under way, but those that ask. */
  endAll(accountId: string, but?: Spared): Promise<void>;
}

export interface Spared {
  readonly session?: string | undefined;
  readonly signIn?: string | undefined;
}

export interface Origin {
  readonly address: string;
  readonly agent: string | undefined;
}

const ORIGIN = 'origin';
const SESSION = 'oidc:Session';
/** Everything that can be renewed or redeemed; a grant that is gone refuses what names it. */
const GRANTED = ['oidc:Grant', 'oidc:RefreshToken', 'oidc:AuthorizationCode'] as const;
const AGENT_LIMIT = 200;

export function openSessions(documents: DocumentStore, nowMs: () => number): Sessions {
  const all = () => [...documents.all(SESSION)];
  const describe = ({ value }: Document): OwnSession | undefined => {
    const { uid, accountId, loginTs, authorizations } = value as SessionPayload;
    if (uid === undefined || accountId === undefined) return undefined; // Nobody has signed in there yet.
    const { address, agent } = (documents.get(ORIGIN, uid) ?? {}) as Partial<Origin>;
    const clients = Object.keys(authorizations ?? {});
    return { uid, accountId, sinceMs: (loginTs ?? 0) * 1000, address, agent, clients };
  };
  const described = () => all().flatMap((document) => describe(document) ?? []);

  async function endDocument(document: Document): Promise<void> {
    const { uid, authorizations } = document.value as SessionPayload;
    const grants = new Set(Object.values(authorizations ?? {}).map(({ grantId }) => grantId));
    await documents.remove(SESSION, document.id);
    if (uid !== undefined) await documents.remove(ORIGIN, uid);
    for (const kind of GRANTED) await removeGranted(kind, grants);
  }

  async function removeGranted(kind: string, grants: ReadonlySet<string | undefined>): Promise<void> {
    const isOf = ({ id, value }: Document) =>
      grants.has(kind === 'oidc:Grant' ? id : (value as AdapterPayload).grantId);
    const gone = [...documents.all(kind)].filter(isOf);
    await Promise.all(gone.map(({ id }) => documents.remove(kind, id)));
  }

  return {
    of: (accountId) => described().filter((session) => session.accountId === accountId),
    byUid: (uid) => described().find((session) => session.uid === uid),
    async seen(uid, { address, agent }) {
      const value: Origin = { address, agent: agent?.slice(0, AGENT_LIMIT) };
      const before = documents.get(ORIGIN, uid) as Origin | undefined;
      if (before?.address === value.address && before.agent === value.agent) return;
      await documents.put({ kind: ORIGIN, id: uid, value, expiresAtMs: nowMs() + LIFETIMES.Session * 1000 });
    },
    async end(uid) {
      const found = all().find(({ value }) => (value as SessionPayload).uid === uid);
      if (found !== undefined) await endDocument(found);
    },
    async endAll(accountId, but = {}) {
      const isOf = ({ value }: Document) =>
        (value as SessionPayload).accountId === accountId && (value as SessionPayload).uid !== but.session;
      for (const document of all().filter(isOf)) await endDocument(document);
      const underWay = [...documents.all(PROGRESS)].filter(
        ({ id, value }) => (value as Progress).accountId === accountId && id !== but.signIn,
      );
      for (const { id } of underWay) await documents.remove(PROGRESS, id);
    },
  };
}

interface SessionPayload extends AdapterPayload {
  readonly authorizations?: Readonly<Record<string, { readonly grantId?: string }>>;
}
