/**
 * oidc-provider's storage over our documents: one kind per model, an index from session uid and from grant. Sessions,
 * grants, refresh tokens and half-finished sign-ins survive a restart; access tokens are signed and never stored.
 */

import type { Document, DocumentStore, DocumentWatcher } from '@contor/kit';
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { InvalidGrant } from 'oidc-provider/lib/helpers/errors.js';

/** Models that end when their grant is revoked: a stolen refresh token takes its whole family with it (RFC 9700, 4.14.2). */
const GRANTABLE: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken']);
/** Beside the users in one store. */
const PREFIX = 'oidc:';

export class OidcIndex implements DocumentWatcher {
  readonly #sessionByUid = new Map<string, string>();
  readonly #membersByGrant = new Map<string, Map<string, Document>>();

  came(document: Document): void {
    const payload = payloadOf(document);
    if (payload === undefined) return;
    if (document.kind === `${PREFIX}Session` && payload.uid !== undefined) {
      this.#sessionByUid.set(payload.uid, document.id);
    }
    if (payload.grantId === undefined || !GRANTABLE.has(modelOf(document))) return;
    const members = this.#membersByGrant.get(payload.grantId) ?? new Map<string, Document>();
    members.set(memberKey(document), document);
    this.#membersByGrant.set(payload.grantId, members);
  }

  went(document: Document): void {
    const payload = payloadOf(document);
    if (payload === undefined) return;
    if (payload.uid !== undefined && this.#sessionByUid.get(payload.uid) === document.id) {
      this.#sessionByUid.delete(payload.uid);
    }
    if (payload.grantId === undefined) return;
    const members = this.#membersByGrant.get(payload.grantId);
    members?.delete(memberKey(document));
    if (members?.size === 0) this.#membersByGrant.delete(payload.grantId);
  }

  sessionOf(uid: string): string | undefined {
    return this.#sessionByUid.get(uid);
  }

  membersOf(grantId: string): readonly Document[] {
    return [...(this.#membersByGrant.get(grantId)?.values() ?? [])];
  }
}

export function createAdapterFactory(documents: DocumentStore, index: OidcIndex, nowMs: () => number): AdapterFactory {
  return (model) => new StoredModel(model, documents, index, nowMs);
}

/** Clients are made by administrators, never by the protocol; the provider may only look. */
export class ClientsModel implements Adapter {
  readonly #find: (clientId: string) => AdapterPayload | undefined;

  constructor(find: (clientId: string) => AdapterPayload | undefined) {
    this.#find = find;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#find(id);
  }

  async findByUid(): Promise<undefined> {
    return undefined;
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  upsert(): Promise<void> {
    return refuseWrite();
  }

  consume(): Promise<void> {
    return refuseWrite();
  }

  destroy(): Promise<void> {
    return refuseWrite();
  }

  revokeByGrantId(): Promise<void> {
    return refuseWrite();
  }
}

function refuseWrite(): Promise<void> {
  return Promise.reject(new Error('The protocol does not write clients.'));
}

class StoredModel implements Adapter {
  readonly #kind: string;
  readonly #documents: DocumentStore;
  readonly #index: OidcIndex;
  readonly #nowMs: () => number;

  constructor(model: string, documents: DocumentStore, index: OidcIndex, nowMs: () => number) {
    this.#kind = PREFIX + model;
    this.#documents = documents;
    this.#index = index;
    this.#nowMs = nowMs;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const expiry = expiresIn === undefined ? {} : { expiresAtMs: this.#nowMs() + expiresIn * 1000 };
    await this.#documents.put({ kind: this.#kind, id, value: payload, ...expiry });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#payload(id);
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const id = this.#index.sessionOf(uid);
    return id === undefined ? undefined : this.#payload(id);
  }

  /** The device flow is switched off. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  /** A code or refresh token is used up in the same step that looks at it, so two requests at once cannot both win. */
  async consume(id: string): Promise<void> {
    const payload = this.#payload(id);
    if (payload === undefined || payload.consumed !== undefined) throw new InvalidGrant('already used');
    const consumed = Math.floor(this.#nowMs() / 1000);
    const { exp } = payload;
    const expiry = exp === undefined ? {} : { expiresAtMs: exp * 1000 };
    await this.#documents.put({ kind: this.#kind, id, value: { ...payload, consumed }, ...expiry });
  }

  async destroy(id: string): Promise<void> {
    await this.#documents.remove(this.#kind, id);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const members = this.#index.membersOf(grantId);
    await Promise.all(members.map(({ kind, id }) => this.#documents.remove(kind, id)));
  }

  #payload(id: string): AdapterPayload | undefined {
    return this.#documents.get(this.#kind, id) as AdapterPayload | undefined;
  }
}

function payloadOf(document: Document): AdapterPayload | undefined {
  return document.kind.startsWith(PREFIX) ? (document.value as AdapterPayload) : undefined;
}

function modelOf(document: Document): string {
  return document.kind.slice(PREFIX.length);
}

function memberKey(document: Document): string {
  return `${document.kind}\n${document.id}`;
}
