/** What the access book holds: persons, roles, partners with their keys, consents. Documents, one per entry, each with a revision. */

import type { FunctionName, Grant } from '@contor/policy';

/** Two administrators who edit the same entry are told apart by it: whoever saves second must have read the first one's. */
interface Revised {
  readonly revision: number;
}

/** What a person or a partner may do (roles) and see (everything, or grants). */
export interface Rights {
  readonly roles: readonly string[];
  readonly everything: boolean;
  readonly grants: readonly Grant[];
  readonly isLocked: boolean;
}

export interface PersonEntry extends Rights, Revised {
  readonly tenant: string;
  /** `sub` of the OpenID provider. */
  readonly subject: string;
  readonly username: string;
  readonly fullName: string;
  readonly createdAtMs: number;
}

export interface RoleEntry extends Revised {
  readonly name: string;
  readonly title: string;
  readonly functions: readonly FunctionName[];
  /** Came with the platform: may be edited, not removed. */
  readonly isBuiltIn: boolean;
}

export interface PartnerEntry extends Rights, Revised {
  readonly tenant: string;
  readonly id: string;
  readonly name: string;
  /** `azp` of its access tokens, when it signs in by OAuth client credentials. */
  readonly clientId?: string | undefined;
  /** Cost units per UTC day; none means no quota beside the rate. */
  readonly quota?: number | undefined;
  readonly keys: readonly PartnerKey[];
  readonly createdAtMs: number;
}

/** An API key as we keep it: its public beginning and a hash. */
export interface PartnerKey {
  readonly id: string;
  /** SHA-256 of the whole key, hex. The key is 256 random bits, so nothing slower is needed. */
  readonly hash: string;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number | undefined;
}

/** Whether a site agrees to profiling (T34). No entry means no. */
export interface ConsentEntry extends Revised {
  readonly tenant: string;
  readonly siteId: string;
  readonly profiling: boolean;
  readonly sinceMs: number;
  readonly by: string;
  /** Oldest first, the present state included. */
  readonly history: readonly ConsentChange[];
}

export interface ConsentChange {
  readonly profiling: boolean;
  readonly atMs: number;
  readonly by: string;
}

/** In documents of 200 bytes to a few kB, all in memory: some 100 MB when everything is full. */
export const PEOPLE_LIMIT = 20_000;
export const PARTNERS_LIMIT = 1_000;
export const CONSENTS_LIMIT = 100_000;
/** One list on one page. */
export const ROLES_LIMIT = 200;
export const ROLES_PER_ENTRY = 20;
/** A tenant of a house has one or two, a supplier's customers are a group. */
export const GRANTS_PER_ENTRY = 1_000;
/** The one in use, its successor, and a forgotten one. */
export const KEYS_PER_PARTNER = 3;
/** Older changes are in the audit trail. */
export const CONSENT_CHANGES = 1_000;

/** Keeps partners and persons apart in everything that goes by the id of a subject: caches, limits, the audit trail. */
const PARTNER_PREFIX = 'partner:';

export function partnerSubject(partnerId: string): string {
  return PARTNER_PREFIX + partnerId;
}

export function partnerOfSubject(subjectId: string): string | undefined {
  return subjectId.startsWith(PARTNER_PREFIX) ? subjectId.slice(PARTNER_PREFIX.length) : undefined;
}
