/** The chapter of partners: programs of others, known by an API key or by their client at the OpenID provider. */

import {
  KEYS_PER_PARTNER,
  PARTNERS_LIMIT,
  type PartnerEntry,
  type PartnerKey,
  partnerSubject,
  type Rights,
} from './entries.js';
import { done, isRefused, type Ledger, type Outcome, type Refused, refused, unknownRoleIn } from './ledger.js';

export type PartnerFields = Pick<PartnerEntry, 'name' | 'clientId' | 'quota'> & Rights;

/** `null` takes a field away. */
export type PartnerChange = Partial<Rights> & {
  readonly name?: string;
  readonly clientId?: string | null;
  readonly quota?: number | null;
};

export interface Partners {
  get(id: string): PartnerEntry | undefined;
  all(): readonly PartnerEntry[];
  ofKey(keyId: string): PartnerEntry | undefined;
  ofClient(clientId: string): PartnerEntry | undefined;
  add(id: string, fields: PartnerFields): Promise<Outcome<PartnerEntry>>;
  change(id: string, change: PartnerChange, expected: number): Promise<Outcome<PartnerEntry>>;
  remove(id: string, expected: number): Promise<Outcome<PartnerEntry>>;
  /** A new key; those that work now end at `othersEndAtMs`, or earlier if they would anyway. */
  addKey(id: string, key: PartnerKey, othersEndAtMs: number): Promise<Outcome<PartnerEntry>>;
}

export function createPartners(ledger: Ledger): Partners {
  const { partners, inTurn, commit, clock, tenant } = ledger;
  const byKey = new Map<string, PartnerEntry>();
  const byClient = new Map<string, PartnerEntry>();
  const index = () => {
    byKey.clear();
    byClient.clear();
    for (const partner of partners.all()) {
      for (const { id } of partner.keys) byKey.set(id, partner);
      if (partner.clientId !== undefined) byClient.set(partner.clientId, partner);
    }
  };
  ledger.onChange(index);
  index();

  function takenClient({ id, clientId }: PartnerEntry): Refused | undefined {
    const holder = clientId === undefined ? undefined : byClient.get(clientId);
    return holder === undefined || holder.id === id ? undefined : refused('client.taken');
  }

  async function save(after: PartnerEntry, before: PartnerEntry | undefined): Promise<Outcome<PartnerEntry>> {
    const refusal = unknownRoleIn(ledger, after) ?? takenClient(after);
    if (refusal !== undefined) return refusal;
    await commit(partners.put(after.id, after), [partnerSubject(after.id)]);
    return done(after, before);
  }

  return {
    get: (id) => partners.get(id),
    all: () => partners.all(),
    ofKey: (keyId) => byKey.get(keyId),
    ofClient: (clientId) => byClient.get(clientId),
    add: (id, fields) =>
      inTurn(async () => {
        if (partners.get(id) !== undefined) return refused('entry.exists');
        if (partners.all().length >= PARTNERS_LIMIT) return refused('entry.limit');
        return save({ ...fields, tenant, id, keys: [], createdAtMs: clock.nowMs(), revision: 1 }, undefined);
      }),
    change: (id, { clientId, quota, ...rest }, expected) =>
      inTurn(async () => {
        const before = partners.read(id, expected);
        if (isRefused(before)) return before;
        const optional = { clientId: changed(before.clientId, clientId), quota: changed(before.quota, quota) };
        return save({ ...before, ...rest, ...optional, revision: before.revision + 1 }, before);
      }),
    remove: (id, expected) =>
      inTurn(async () => {
        const before = partners.read(id, expected);
        if (isRefused(before)) return before;
        await commit(partners.remove(id), [partnerSubject(id)]);
        return done(before, before);
      }),
    addKey: (id, key, othersEndAtMs) =>
      inTurn(async () => {
        const before = partners.get(id);
        if (before === undefined) return refused('entry.unknown');
        const others = before.keys
          .filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > key.createdAtMs)
          .map((old) => ({ ...old, expiresAtMs: Math.min(othersEndAtMs, old.expiresAtMs ?? othersEndAtMs) }));
        const keys = [...others.slice(1 - KEYS_PER_PARTNER), key];
        return save({ ...before, keys, revision: before.revision + 1 }, before);
      }),
  };
}

function changed<T>(before: T | undefined, wish: T | null | undefined): T | undefined {
  return wish === undefined ? before : (wish ?? undefined);
}
