/** Where the audit trail and the communication log are told to broker and history: a tenant of their own, which the gateway relays to nobody. */

/** Names of tenants have at most 50 characters. */
const LONGEST_TENANT = 50;
const SUFFIX = '_audit';

export function auditTenant(tenant: string): string {
  return `${tenant.slice(0, LONGEST_TENANT - SUFFIX.length)}${SUFFIX}`;
}
