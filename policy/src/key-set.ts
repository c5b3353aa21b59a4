/**
 * Public keys as files, by which gateway, command service and agents know one another: a JWK Set (RFC 7517, 5) in which `kid`
 * is the tenant, so that nobody's key speaks for another tenant. The folder they lie in belongs to the operator.
 */

import type { JWK } from 'jose';

export function formatKeySet(tenant: string, { kty, crv = '', x = '' }: JWK): string {
  return `${JSON.stringify({ keys: [{ kty, crv, x, kid: tenant }] }, undefined, 2)}\n`;
}

/** `undefined` when the text is no such file or has no key for this tenant. */
export function keyOfTenant(text: string, tenant: string): JWK | undefined {
  const keys = keysOf(text);
  return keys.find((key) => key.kid === tenant && key.kty === 'OKP' && key.crv === 'Ed25519' && key.x !== undefined);
}

function keysOf(text: string): readonly JWK[] {
  try {
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    return Array.isArray(keys) ? keys.filter((key): key is JWK => typeof key === 'object' && key !== null) : [];
  } catch {
    return []; // No JSON, or `null`: as good as no key.
  }
}
