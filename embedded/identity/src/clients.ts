/**
 * Clients of partners: programs that sign in for themselves by client credentials (RFC 6749, 4.4). Their secret is 256 random bits
 * and is shown once; what is kept is its SHA-256, which needs to be no slower than that.
 */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { type DocumentStore, sameSecret } from '@contor/kit';
import type { AdapterPayload } from 'oidc-provider';
import { API_SCOPE } from './settings.js';

export interface PartnerClient {
  readonly id: string;
  readonly clientId: string;
  readonly name: string;
  readonly isEnabled: boolean;
  readonly secretHash: string;
  readonly createdAtMs: number;
}

export interface Clients {
  byId(id: string): PartnerClient | undefined;
  byClientId(clientId: string): PartnerClient | undefined;
  all(): readonly PartnerClient[];
  add(
    client: Pick<PartnerClient, 'clientId' | 'name' | 'isEnabled'>,
    secret: string,
    nowMs: number,
  ): Promise<AddedClient>;
  change(id: string, fields: Partial<Pick<PartnerClient, 'name' | 'isEnabled'>>): Promise<void>;
  /** A new secret; the old one is worth nothing from then on. */
  renewSecret(id: string): Promise<string | undefined>;
  remove(id: string): Promise<void>;
}

export type AddedClient = PartnerClient | 'taken' | 'full';

const KIND = 'client';
const SECRET_BYTES = 32;
/** Partners are companies; each client is about 300 bytes. */
const CLIENTS_LIMIT = 1_000;
/** Marks a stored hash, so that it can never be taken for a secret itself. */
const HASHED = 'sha256:';

export function openClients(documents: DocumentStore): Clients {
  const byId = (id: string) => documents.get(KIND, id) as PartnerClient | undefined;
  const all = () => [...documents.all(KIND)].map(({ value }) => value as PartnerClient);
  const save = (client: PartnerClient) => documents.put({ kind: KIND, id: client.id, value: client });
  return {
    byId,
    all,
    byClientId: (clientId) => all().find((client) => client.clientId === clientId),
    async add(fields, secret, nowMs) {
      if (all().length >= CLIENTS_LIMIT) return 'full';
      if (all().some(({ clientId }) => clientId === fields.clientId)) return 'taken';
      const client = { ...fields, id: randomUUID(), secretHash: hashOf(secret), createdAtMs: nowMs };
      await save(client);
      return client;
    },
    async change(id, fields) {
      const client = byId(id);
      if (client !== undefined) await save({ ...client, ...fields });
    },
    async renewSecret(id) {
      const client = byId(id);
      if (client === undefined) return undefined;
      const secret = newSecret();
      await save({ ...client, secretHash: hashOf(secret) });
      return secret;
    },
    remove: (id) => documents.remove(KIND, id),
  };
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** As oidc-provider wants to know it (RFC 7591, 2). */
export function metadataOf(client: PartnerClient | undefined): AdapterPayload | undefined {
  if (client === undefined || !client.isEnabled) return undefined;
  return {
    client_id: client.clientId,
    client_name: client.name,
    client_secret: client.secretHash,
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
    scope: API_SCOPE,
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

/** `known` is what is kept: a hash, or the plain secret of the dashboard, which shares it through a file. */
export function isSecretOf(known: string, shown: string): boolean {
  if (!known.startsWith(HASHED)) return sameSecret(known, shown);
  return sameSecret(known, hashOf(shown));
}

function hashOf(secret: string): string {
  return HASHED + createHash('sha256').update(secret).digest('base64url');
}
